;; Verify that a #dbg_assign record is read as the intrinsic is.
; UNSUPPORTED: llvm-15, llvm-16, llvm-17, llvm-18
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[T:.*]] = load ptr, ptr %slot
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %[[T]], i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f() !dbg !3 {
  %slot = alloca ptr, !DIAssignID !40
    #dbg_assign(i1 undef, !4, !DIExpression(), !40, ptr %slot, !DIExpression(), !5)
  %t = load ptr, ptr %slot, !dbg !6
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}

!40 = distinct !DIAssignID()

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !7, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocalVariable(name: "t", scope: !3, file: !2, type: !8)
!5 = !DILocation(line: 1, scope: !3)
!6 = !DILocation(line: 2, scope: !3)
!7 = !DISubroutineType(types: !10)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!9 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!10 = !{!9}
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 128, elements: !15)
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !16, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !11, file: !2, baseType: !9, size: 32, offset: 64)
!15 = !{!13, !14}
!16 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
