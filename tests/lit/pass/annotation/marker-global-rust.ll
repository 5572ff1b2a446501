;; Verify that a global of type Relocatable<T> annotates T, and is gone.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK-NOT: @MARKER
; CHECK: define
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]
; CHECK-NOT: "MARKER"

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@MARKER = internal constant [0 x i8] zeroinitializer, !dbg !40
@llvm.used = appending global [1 x ptr] [ptr @MARKER], section "llvm.metadata"

define i32 @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}

!40 = !DIGlobalVariableExpression(var: !41, expr: !DIExpression())
!41 = distinct !DIGlobalVariable(name: "MARKER", scope: !0, file: !2, type: !42, isLocal: true, isDefinition: true)
!42 = !DICompositeType(tag: DW_TAG_structure_type, name: "Relocatable<a::task>", file: !2, elements: !43, templateParams: !44, identifier: "r")
!43 = !{}
!44 = !{!45}
!45 = !DITemplateTypeParameter(name: "T", type: !7)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !9)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !10, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 128, elements: !13)
!8 = !{!40}
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
!10 = !DISubroutineType(types: !15)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !7, file: !2, baseType: !16, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !7, file: !2, baseType: !14, size: 32, offset: 64)
!13 = !{!11, !12}
!14 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!15 = !{!14, !9}
!16 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, globals: !8)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
