// Verify that --mcpu chooses the instructions: 32-bit registers from v3 on, 32-bit jumps, and sign
// extension in v4.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: %emit in.bc --mcpu v1 -o v1.o && %btfreloc dump --insns v1.o | FileCheck --check-prefix=V1 %s
// RUN: %emit in.bc --mcpu v2 -o v2.o && %btfreloc dump --insns v2.o | FileCheck --check-prefix=V1 %s
// RUN: %emit in.bc --mcpu v3 -o v3.o && %btfreloc dump --insns v3.o | FileCheck --check-prefix=V3 %s
// RUN: %emit in.bc --mcpu v4 -o v4.o && %btfreloc dump --insns v4.o | FileCheck --check-prefix=V4 %s

#include "kernel.h"

// V1: s>>= 0x38
// V3: s>>= 0x18
// V4: = *(s8 *)(r1 + 0x8)
SECTION("raw_tp/sys_enter") long program(struct task_struct *task) {
  return (signed char)task->comm[0] < -1;
}
