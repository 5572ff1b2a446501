// Verify that --bitfields clang relocates the place of a bitfield only, and the default its shifts,
// too.
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc -o %t.exact.o && %btfreloc dump --core %t.exact.o | FileCheck --check-prefix=EXACT %s
// RUN: %emit %t.bc --bitfields clang -o %t.clang.o && %btfreloc dump --core %t.clang.o | FileCheck --check-prefix=CLANG %s

#include "kernel.h"

// EXACT: lshift_u64  s.high
// EXACT: rshift_u64  s.high
// CLANG-NOT: shift_u64
// CLANG: byte_off  s.high
// CLANG-NOT: shift_u64
struct s {
  unsigned low : 3, high : 5;
} KERNEL;
SECTION("raw_tp/sys_enter") int program(struct s *s) { return s->high; }
