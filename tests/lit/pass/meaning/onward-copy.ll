;; Verify that as many elements may be copied from a pointer to the first as the relocated array
;; has.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[NUMS:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[FIRST:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0({{.*}} %[[NUMS]], i32 1, i32 0)
; CHECK-NOT: ptr align 4 %p
; CHECK: call void @llvm.memcpy

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %t, ptr %q) !dbg !17 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !20, metadata !DIExpression()), !dbg !18
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !19
  call void @llvm.dbg.value(metadata ptr %p, metadata !22, metadata !DIExpression()), !dbg !18
  call void @llvm.memcpy.p0.p0.i64(ptr align 4 %q, ptr align 4 %p, i64 32, i1 false), !dbg !19
  ret void
}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DISubrange(count: 8)
!6 = !{!5}
!7 = !DICompositeType(tag: DW_TAG_array_type, baseType: !4, size: 256, elements: !6)
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !8, file: !2, size: 384, elements: !13)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !3, size: 64)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "nums", scope: !9, file: !2, baseType: !7, size: 256, offset: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !9, file: !2, baseType: !4, size: 32, offset: 320)
!13 = !{!10, !11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!15 = !{null, !14}
!16 = !DISubroutineType(types: !15)
!17 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !16, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!18 = !DILocation(line: 1, scope: !17)
!19 = !DILocation(line: 2, scope: !17)
!20 = !DILocalVariable(name: "t", arg: 1, scope: !17, file: !2, line: 1, type: !14)
!21 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !4, size: 64)
!22 = !DILocalVariable(name: "p", scope: !17, file: !2, line: 1, type: !21)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
