;; Verify that a global pointer named __btfreloc_* marks the record that it points to, and goes.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: @__btfreloc_task
; CHECK: @kept = global
; CHECK: @llvm.used = appending global [1 x ptr] [ptr @kept], section "llvm.metadata"
; CHECK-NOT: name: "__btfreloc_task"
; CHECK: name: "task", {{.*}}annotations: ![[MARKS:[0-9]+]]
; CHECK-DAG: ![[MARKS]] = !{![[MARK:[0-9]+]]}
; CHECK-DAG: ![[MARK]] = !{!"btfreloc", !"relocatable"}
; CHECK-NOT: name: "__btfreloc_task"

target triple = "bpfel"

@__btfreloc_task = internal constant ptr null, !dbg !4
@kept = global i32 0, !dbg !20
@llvm.used = appending global [2 x ptr] [ptr @__btfreloc_task, ptr @kept], section "llvm.metadata"

!3 = !{!4, !20}
!4 = !DIGlobalVariableExpression(var: !5, expr: !DIExpression())
!5 = distinct !DIGlobalVariable(name: "__btfreloc_task", scope: !0, file: !2, type: !6, isLocal: true, isDefinition: true)
!6 = !DIDerivedType(tag: DW_TAG_const_type, baseType: !7)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_const_type, baseType: !9)
!9 = !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 32, elements: !10, identifier: "t")
!10 = !{}
!11 = !{!9}
!20 = !DIGlobalVariableExpression(var: !21, expr: !DIExpression())
!21 = distinct !DIGlobalVariable(name: "kept", scope: !0, file: !2, type: !22, isLocal: false, isDefinition: true)
!22 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !11, globals: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
