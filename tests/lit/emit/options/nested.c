// Verify that --nested stop leaves records inside of the kernel's alone, and the default does not.
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc -o %t.o && %btfreloc dump --core %t.o | FileCheck --check-prefix=INHERIT %s
// RUN: %emit %t.bc --nested stop -o %t.stop.o && %btfreloc dump --core %t.stop.o | FileCheck --check-prefix=STOP %s

#include "kernel.h"

struct inner { long a; int b; };
struct outer { long first; struct inner inner; } KERNEL;
// INHERIT: byte_off  outer.inner.b  16
// INHERIT: byte_off  inner.b  8
// STOP: byte_off  outer.inner  8
// STOP-NOT: byte_off
SECTION("raw_tp/a") int a(struct outer *outer) { return outer->inner.b; }
SECTION("raw_tp/b") int b(struct inner *inner) { return inner->b; }
