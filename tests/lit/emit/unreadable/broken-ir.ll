;; Verify that IR that LLVM's verifier finds broken is an error.
; RUN: rm -rf %t && mkdir %t && %refuses 2 %emit %s -o %t/x.o | FileCheck %s

; CHECK: error[bad-format]: broken IR: {{.+}}
; CHECK: errors: 1
target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"
define void @f() {
  call void @llvm.memcpy.p0.p0.i64(ptr null, ptr null, i64 %x, i1 false)
  %x = add i64 1, 2
  ret void
}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
