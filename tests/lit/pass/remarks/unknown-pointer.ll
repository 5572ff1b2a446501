;; Verify that strict reports every access through a pointer of unknown type.
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: 4 bytes at offset 8 of a pointer whose type debug info does not tell

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !3 {
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !4
  %v = load i32, ptr %p, !dbg !4
  ret i32 %v
}

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !7, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocation(line: 2, scope: !3)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !8, file: !2, size: 128, elements: !11)
!6 = !{!5}
!7 = !DISubroutineType(types: !13)
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !5, file: !2, baseType: !14, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !5, file: !2, baseType: !12, size: 32, offset: 64)
!11 = !{!9, !10}
!12 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!13 = !{!12}
!14 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !6)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
