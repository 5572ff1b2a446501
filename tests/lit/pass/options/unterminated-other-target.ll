;; Verify that options that do not end are an error for every target.
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict' -disable-output %s 2>&1 | FileCheck %s

; CHECK: btfreloc<strict: the options do not end in `>`

target triple = "x86_64-unknown-linux-gnu"

@n = global i32 0



!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
