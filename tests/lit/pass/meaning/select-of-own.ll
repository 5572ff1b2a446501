;; Verify that an access to what is either the program's own record or the kernel's is left and
;; said.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:0: not relocated:
; CHECK: define i32 @f
; CHECK-NOT: call ptr @llvm.preserve
; CHECK: getelementptr inbounds i8, ptr %t, i64 8

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %a, i1 %c) !dbg !6 {
  %mine = alloca [16 x i8]
  call void @llvm.dbg.declare(metadata ptr %mine, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %a, metadata !5, metadata !DIExpression()), !dbg !4
  %t = select i1 %c, ptr %a, ptr %mine
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  %v = load i32, ptr %p, !dbg !7
  ret i32 %v
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "mine", scope: !6, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "a", arg: 1, scope: !6, file: !2, type: !9)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !10, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !11, file: !2, size: 128, elements: !14)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!10 = !DISubroutineType(types: !16)
!11 = !DINamespace(name: "vmlinux", scope: null)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !8, file: !2, baseType: !17, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !8, file: !2, baseType: !15, size: 32, offset: 64)
!14 = !{!12, !13}
!15 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!16 = !{!15, !9}
!17 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
