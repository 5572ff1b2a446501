;; Verify that a field of type Relocatable marks its record, and goes.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: _marker
; CHECK: name: "task", {{.*}}elements: ![[LIST:[0-9]+]], {{.*}}annotations: ![[MARKS:[0-9]+]]
; CHECK-NOT: _marker
; CHECK-DAG: ![[LIST]] = !{![[PID:[0-9]+]]}
; CHECK-DAG: ![[PID]] = {{.*}}name: "pid"
; CHECK-DAG: ![[MARKS]] = !{![[MARK:[0-9]+]]}
; CHECK-DAG: ![[MARK]] = !{!"btfreloc", !"relocatable"}

target triple = "bpfel"

!3 = !{!4}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 32, elements: !5, identifier: "t")
!5 = !{!6, !7}
!6 = !DIDerivedType(tag: DW_TAG_member, name: "_marker", scope: !4, file: !2, baseType: !8, offset: 32)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !4, file: !2, baseType: !9, size: 32)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "Relocatable", file: !2, elements: !10, identifier: "r")
!9 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!10 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
