;; Verify that what a function returns is known by its prototype.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %t = call ptr @get()
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f() !dbg !3 {
  %t = call ptr @get(), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !4
  %v = load i32, ptr %p, !dbg !4
  ret i32 %v
}
declare !dbg !5 ptr @get()

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !6, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocation(line: 2, scope: !3)
!5 = !DISubprogram(name: "get", scope: !2, file: !2, type: !7, spFlags: 0)
!6 = !DISubroutineType(types: !9)
!7 = !DISubroutineType(types: !11)
!8 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!9 = !{!8}
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!11 = !{!10}
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !13, file: !2, size: 128, elements: !16)
!13 = !DINamespace(name: "vmlinux", scope: null)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !12, file: !2, baseType: !17, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !12, file: !2, baseType: !8, size: 32, offset: 64)
!16 = !{!14, !15}
!17 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
