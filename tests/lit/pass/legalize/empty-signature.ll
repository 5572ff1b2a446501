;; Verify that a function type without the type of a result, as clang writes it for the functions that
;; initialize C++ globals, gets one.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s

; CHECK: [1] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0
; CHECK-NEXT: [2] FUNC '_GLOBAL__sub_I_a' type_id=1 linkage=static

target triple = "bpfel"

define internal void @_GLOBAL__sub_I_a() !dbg !4 {
  ret void
}

!4 = distinct !DISubprogram(linkageName: "_GLOBAL__sub_I_a", file: !2, type: !5, flags: DIFlagArtificial, spFlags: DISPFlagLocalToUnit | DISPFlagDefinition, unit: !0, retainedNodes: !6)
!5 = !DISubroutineType(types: !6)
!6 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
