;; Verify that nothing is made of a pointer that a function returns in a record that may hold one
;; of several.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; CHECK: define i32 @f()
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: getelementptr inbounds i8, ptr %t, i64 8
; ERROR: a.rs:2:{{.*}}btfreloc: 4 bytes at offset 8 of a pointer whose type debug info does not tell

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

declare !dbg !27 ptr @g()

define i32 @f() !dbg !12 {
  %t = call ptr @g(), !dbg !14
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !14
  %v = load i32, ptr %p, !dbg !14
  ret i32 %v
}

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !{!4}
!11 = !DISubroutineType(types: !10)
!12 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!13 = !DILocation(line: 1, scope: !12)
!14 = !DILocation(line: 2, scope: !12)
!15 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "sock", scope: !5, file: !2, size: 128, elements: !18)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !15, file: !2, baseType: !3, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "port", scope: !15, file: !2, baseType: !4, size: 32, offset: 64)
!18 = !{!16, !17}
!19 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!20 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !15, size: 64)
!21 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "Wrapper", file: !2, size: 64, elements: !24)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "task", scope: !21, file: !2, baseType: !19, size: 64)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "sock", scope: !21, file: !2, baseType: !20, size: 64)
!24 = !{!22, !23}
!25 = !{!21}
!26 = !DISubroutineType(types: !25)
!27 = !DISubprogram(name: "g", scope: !2, file: !2, line: 1, type: !26, spFlags: 0)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
