// Verify that an atomic operation on a record's member is relocated and stays atomic.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o && %btfreloc dump --insns %t.o | FileCheck %s

#include "kernel.h"

struct refs {
  long other;
  u64 count;
} KERNEL;
// CHECK: byte_off  refs.count  8
// CHECK: atomic_fetch_or((u64 *)
SECTION("raw_tp/a") u64 a(struct refs *refs) {
  return __atomic_fetch_or(&refs->count, 4, __ATOMIC_SEQ_CST);
}
