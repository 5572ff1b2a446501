// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Two fields of a task, by a struct that knows neither their places nor the kernel's. */
#include "../../llvm-pass/include/btfreloc_magic.h"

struct task_struct {
  int tgid;
  unsigned int sched_reset_on_fork : 1;
} __attribute__((btf_decl_tag("btfreloc")));

int tgid;
unsigned int resets;

__attribute__((section("raw_tp/sched_switch"), used)) int on_switch(unsigned long long* args) {
  struct task_struct* next = (struct task_struct*)args[2];
  tgid = next->tgid;
  if (__btfreloc_field_exists("struct task_struct", "sched_reset_on_fork"))
    resets = next->sched_reset_on_fork;
  return 0;
}

char LICENSE[] __attribute__((section("license"), used)) = "GPL";
