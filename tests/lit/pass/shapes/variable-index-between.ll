;; Verify that one getelementptr with a variable index in the middle is the same as two.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S %s | FileCheck %s

; CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %o, i32 1, i32 1)
; CHECK: %[[E:.*]] = getelementptr inbounds [4 x %struct.inner], ptr %[[ARR]], i64 0, i64 %i
; CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[E]], i32 1, i32 1)
; CHECK: load i32, ptr %[[Y]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%struct.inner = type { i32, i32 }
%struct.outer = type { i32, [4 x %struct.inner] }

define i32 @f(ptr %o, i64 %i) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %o, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds %struct.outer, ptr %o, i64 0, i32 1, i64 %i, i32 1
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "o", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "outer", scope: !12, file: !2, size: 288, elements: !15)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !10, size: 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "in", scope: !9, file: !2, baseType: !16, size: 256, offset: 32)
!15 = !{!13, !14}
!16 = !DICompositeType(tag: DW_TAG_array_type, baseType: !18, size: 256, elements: !17)
!17 = !{!DISubrange(count: 4)}
!18 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "inner", file: !2, size: 64, elements: !21)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !18, file: !2, baseType: !10, size: 32)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !18, file: !2, baseType: !10, size: 32, offset: 32)
!21 = !{!19, !20}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
