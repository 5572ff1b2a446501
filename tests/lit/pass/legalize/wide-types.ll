;; Verify that numbers wider than BTF's become bytes, and complex ones two floats.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: !{![[WIDE:[0-9]+]], ![[COMPLEX:[0-9]+]], ![[X87:[0-9]+]]}
; CHECK-DAG: ![[WIDE]] = distinct !DICompositeType(tag: DW_TAG_array_type, baseType: ![[BYTE:[0-9]+]], size: 256
; CHECK-DAG: ![[BYTE]] = !DIBasicType(name: "unsigned char", size: 8, encoding: DW_ATE_unsigned_char)
; CHECK-DAG: ![[COMPLEX]] = distinct !DICompositeType(tag: DW_TAG_array_type, baseType: ![[DOUBLE:[0-9]+]], size: 128
; CHECK-DAG: ![[DOUBLE]] = !DIBasicType(name: "double", size: 64, encoding: DW_ATE_float)
; CHECK-DAG: ![[X87]] = !DIBasicType(name: "f80", size: 80, encoding: DW_ATE_unsigned)

target triple = "bpfel"

!3 = !{!10, !11, !12}
!10 = !DIBasicType(name: "_BitInt(256)", size: 256, encoding: DW_ATE_signed)
!11 = !DIBasicType(name: "complex", size: 128, encoding: DW_ATE_complex_float)
!12 = !DIBasicType(name: "f80", size: 80, encoding: DW_ATE_float)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
