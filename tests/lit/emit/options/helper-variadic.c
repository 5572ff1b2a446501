// Verify that a helper with variable arguments, as bpf_trace_printk(), can be called.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o && %btfreloc dump --insns %t.o | FileCheck %s

#include "kernel.h"

// CHECK: call 0x6
static long (*const print)(const char *format, u32 size, ...) = (void *)6;
SECTION("raw_tp/a") int a(struct task_struct *task) {
  static const char format[] = "%d";
  return print(format, sizeof format, task->pid);
}
