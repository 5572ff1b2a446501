;; Verify that a declaration with other parameters is an error.
; RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %s 2>&1 | FileCheck %s

; CHECK: error: a.rs:2:0: in function f {{.*}}: btfreloc: __btfreloc_field_exists: it takes 2 strings and returns an integer

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@0 = private unnamed_addr constant [12 x i8] c"struct task\00"

define i32 @f() !dbg !3 {
  %v = call i32 @__btfreloc_field_exists(ptr @0), !dbg !4
  ret i32 %v
}
declare i32 @__btfreloc_field_exists(ptr)

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !7, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocation(line: 2, scope: !3)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 128, elements: !10)
!6 = !{!5}
!7 = !DISubroutineType(types: !12)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !5, file: !2, baseType: !13, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !5, file: !2, baseType: !11, size: 32, offset: 64)
!10 = !{!8, !9}
!11 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!12 = !{!11}
!13 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !6)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
