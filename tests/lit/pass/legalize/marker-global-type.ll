;; Verify that a global of type Relocatable<Record> marks the record, and goes.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: @MARKER
; CHECK: @kept = global
; CHECK: @llvm.compiler.used = appending global [1 x ptr] [ptr @kept], section "llvm.metadata"
; CHECK-NOT: name: "MARKER"
; CHECK: name: "task", {{.*}}annotations: ![[MARKS:[0-9]+]]
; CHECK-DAG: ![[MARKS]] = !{![[MARK:[0-9]+]]}
; CHECK-DAG: ![[MARK]] = !{!"btfreloc", !"relocatable"}
; CHECK-NOT: name: "MARKER"

target triple = "bpfel"

@MARKER = internal constant [0 x i8] zeroinitializer, !dbg !4
@kept = global i32 0, !dbg !20
@llvm.compiler.used = appending global [2 x ptr] [ptr @MARKER, ptr @kept], section "llvm.metadata"

!3 = !{!4, !20}
!4 = !DIGlobalVariableExpression(var: !5, expr: !DIExpression())
!5 = distinct !DIGlobalVariable(name: "MARKER", scope: !0, file: !2, type: !6, isLocal: true, isDefinition: true)
!6 = !DICompositeType(tag: DW_TAG_structure_type, name: "Relocatable<a::task>", file: !2, elements: !10, templateParams: !7, identifier: "r")
!7 = !{!8}
!8 = !DITemplateTypeParameter(name: "T", type: !9)
!9 = !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 32, elements: !10, identifier: "t")
!10 = !{}
!11 = !{!9}
!20 = !DIGlobalVariableExpression(var: !21, expr: !DIExpression())
!21 = distinct !DIGlobalVariable(name: "kept", scope: !0, file: !2, type: !22, isLocal: false, isDefinition: true)
!22 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !11, globals: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
