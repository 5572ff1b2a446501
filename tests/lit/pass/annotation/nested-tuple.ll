;; Verify that a tuple in an annotated record is not annotated with it: its members keep their
;; distance from it.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[PAIR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: %[[SECOND:.*]] = getelementptr i8, ptr {{.*}}, i64 4
; CHECK: %[[APART:.*]] = call ptr asm "", "=r,0"(ptr %[[SECOND]])
; CHECK: load i32, ptr %[[APART]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !17 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !20, metadata !DIExpression()), !dbg !18
  %p = getelementptr inbounds i8, ptr %t, i64 12, !dbg !19
  %v = load i32, ptr %p, !dbg !19
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "(u32, u32)", file: !2, size: 64, elements: !7)
!5 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !4, file: !2, baseType: !3, size: 32)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "__1", scope: !4, file: !2, baseType: !3, size: 32, offset: 32)
!7 = !{!5, !6}
!8 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!9 = !DINamespace(name: "vmlinux", scope: null)
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !9, file: !2, size: 128, elements: !13)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !10, file: !2, baseType: !8, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "pair", scope: !10, file: !2, baseType: !4, size: 64, offset: 64)
!13 = !{!11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!15 = !{!3, !14}
!16 = !DISubroutineType(types: !15)
!17 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !16, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!18 = !DILocation(line: 1, scope: !17)
!19 = !DILocation(line: 2, scope: !17)
!20 = !DILocalVariable(name: "t", arg: 1, scope: !17, file: !2, line: 1, type: !14)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
