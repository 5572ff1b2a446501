// Verify that what is declared in .ksyms and .kconfig is the kernel's, and need not be defined; nor
// weak names.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o

#include "kernel.h"

extern int bpf_something(int number) __attribute__((section(".ksyms")));
extern const int kernel_variable __attribute__((section(".ksyms")));
extern u32 LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern const int perhaps __attribute__((section(".ksyms"), weak));
SECTION("raw_tp/a") int a(struct task_struct *task) {
  return bpf_something(task->pid) + kernel_variable + LINUX_KERNEL_VERSION + (&perhaps != 0);
}
