;; Verify that the first member, for which rustc 1.63 has no getelementptr, is relocated.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%"vmlinux::task") %t, i32 0, i32 0)
; CHECK: load i64, ptr %[[A]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%"vmlinux::task" = type { i64, i32, [1 x i32] }

define i64 @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %q = getelementptr inbounds %"vmlinux::task", ptr %t, i32 0, i32 1, !dbg !6
  store i32 0, ptr %q, !dbg !6
  %v = load i64, ptr %t, !dbg !7
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !9, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DILocation(line: 3, scope: !5)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!9 = !DISubroutineType(types: !12)
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !13, file: !2, size: 128, elements: !16)
!11 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!12 = !{!11, !8}
!13 = !DINamespace(name: "vmlinux", scope: null)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !10, file: !2, baseType: !11, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !10, file: !2, baseType: !17, size: 32, offset: 64)
!16 = !{!14, !15}
!17 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
