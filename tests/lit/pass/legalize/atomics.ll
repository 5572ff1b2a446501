;; Verify that an atomic type is the type that it makes atomic.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "counter", {{.*}}baseType: ![[INT:[0-9]+]]
; CHECK: ![[INT]] = !DIBasicType(name: "int"

target triple = "bpfel"

!3 = !{!4}
!4 = !DIDerivedType(tag: DW_TAG_typedef, name: "counter", file: !2, baseType: !5)
!5 = !DIDerivedType(tag: DW_TAG_atomic_type, baseType: !6)
!6 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
