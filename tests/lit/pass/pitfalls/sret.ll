;; Verify that the place where a function writes what it returns is the own memory of the program.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -S %s | FileCheck %s

; CHECK: %pid = getelementptr inbounds i8, ptr %result, i64 8
; CHECK: store i32 1, ptr %pid

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr sret([16 x i8]) %result) !dbg !12 {
  %pid = getelementptr inbounds i8, ptr %result, i64 8, !dbg !14
  store i32 1, ptr %pid, !dbg !14
  ret void
}

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !{null}
!11 = !DISubroutineType(types: !10)
!12 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!13 = !DILocation(line: 1, scope: !12)
!14 = !DILocation(line: 2, scope: !12)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
