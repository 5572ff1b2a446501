;; Verify that IR without a target is an error.
; RUN: rm -rf %t && mkdir %t && %refuses 2 %emit %s -o %t/x.o | FileCheck %s

; CHECK: error[unsupported]: {{.*}}no target
; CHECK: errors: 1
define i32 @f() { ret i32 0 }
