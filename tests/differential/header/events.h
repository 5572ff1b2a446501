/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tracing.bpf.c sends to user space: a header without code, of which .BTF.ext has no line. */
#pragma once

struct event {
  __u64 when;
  pid_t pid;
  uid_t uid;
  char comm[TASK_COMM_LEN];
  struct in6_addr address;
  enum pid_type type;
};
