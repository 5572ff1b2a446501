// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Reads the task that runs it through records whose every offset is wrong on purpose: only
 * relocations make it right. There is no preserve_access_index here, so they come from the pass.
 *
 * Records that only lie inside others are not annotated: they inherit it.
 */
#include "wrong_layout.h"

#define __relocated __attribute__((btf_decl_tag("btfreloc")))

typedef struct {
  unsigned int val;
} kuid_t;

struct cred {
  kuid_t other_first;
  char not_there[96];
  kuid_t fsuid;
};
/* The other way to say it, for headers that cannot be changed. */
static const struct cred* const __btfreloc_cred __attribute__((used));

struct ns_common {
  unsigned long not_there[3];
  unsigned int inum;
};

struct new_utsname {
  char release[13], nodename[65];
};

struct uts_namespace {
  struct ns_common ns;
  struct new_utsname name;
} __relocated;

struct nsproxy {
  char not_there[200];
  struct uts_namespace* uts_ns;
} __relocated;

/* The kernel keeps arg_start in an anonymous struct inside mm_struct. */
struct mm_struct {
  unsigned long not_there, arg_start;
} __relocated;

/* Larger than the kernel's, so that elements are further apart. */
struct rlimit {
  unsigned long rlim_max, not_there, rlim_cur;
};

/* In the kernel, oom_score_adj comes after the limits and the bitfield. */
struct signal_struct {
  short oom_score_adj;
  unsigned int not_there : 7, is_child_subreaper : 1;
  struct rlimit rlim[16];
} __relocated;

typedef struct {
  unsigned long sig[4];
} sigset_t;

struct task_struct {
  char comm[40];
  struct nsproxy* nsproxy;
  unsigned int not_there : 11, in_execve : 1, : 3, sched_reset_on_fork : 1;
  int tgid;
  struct task_struct* group_leader;
  union {
    char not_there_either[24];
    struct {
      sigset_t blocked;
      unsigned int policy;
    };
  };
  int pid;
  struct signal_struct* signal;
  struct mm_struct* mm;
  struct cred* cred;
  __u64 timer_slack_ns, start_boottime;
  unsigned int personality;
  struct task_struct* real_parent;
  int static_prio;
} __relocated;

struct wrong_layouts values = {};

/* Reads a member with a load or with a helper. The verifier, which follows a call with its
 * arguments, sees the one that `direct` picks; it follows 64 bits through the stack, not 32. */
#define get(direct, base, field)                                \
  ({                                                            \
    typeof((base)->field) value = {};                           \
    if (direct)                                                 \
      value = (base)->field;                                    \
    else                                                        \
      probe_read_kernel(&value, sizeof(value), &(base)->field); \
    value;                                                      \
  })

/* Functions of their own: without optimization, none may need more than 512 bytes of stack with
 * those that call it. */
static __noinline void read_ids(struct wrong_layout_values* out, struct task_struct* task,
                                unsigned long direct) {
  struct task_struct *parent = get(direct, task, real_parent),
                     *leader = get(direct, task, group_leader);
  struct cred* cred = get(direct, task, cred);
  out->pid = get(direct, task, pid);
  out->tgid = get(direct, task, tgid);
  if (parent) out->parent_tgid = get(direct, parent, tgid);
  if (leader) out->leader_pid = get(direct, leader, pid);
  if (cred) out->fsuid = get(direct, cred, fsuid.val);
}

static __noinline void read_attributes(struct wrong_layout_values* out, struct task_struct* task,
                                       unsigned long direct) {
  out->start_boottime = get(direct, task, start_boottime);
  out->timer_slack = get(direct, task, timer_slack_ns);
  out->blocked_signals = get(direct, task, blocked.sig[0]);
  out->policy = get(direct, task, policy);
  out->personality = get(direct, task, personality);
  out->static_prio = get(direct, task, static_prio);
}

static __noinline void read_process(struct wrong_layout_values* out, struct task_struct* task,
                                    unsigned long direct) {
  struct signal_struct* signal = get(direct, task, signal);
  struct mm_struct* mm = get(direct, task, mm);
  if (mm) out->arg_start = get(direct, mm, arg_start);
  if (!signal) return;
  out->oom_score_adj = get(direct, signal, oom_score_adj);
  out->stack_limit = get(direct, signal, rlim[3].rlim_cur);
}

static __noinline void read_host(struct wrong_layout_values* out, struct task_struct* task,
                                 unsigned long direct) {
  struct nsproxy* proxy = get(direct, task, nsproxy);
  struct uts_namespace* uts = 0;
  if (proxy) uts = get(direct, proxy, uts_ns);
  if (!uts) return;
  out->uts_ns = get(direct, uts, ns.inum);
  if (direct) {
    for (unsigned long i = 0; i < 64; i++) out->nodename[i] = uts->name.nodename[i];
  } else {
    probe_read_kernel(out->nodename, sizeof(out->nodename), &uts->name.nodename);
  }
}

TRACEPOINT int probed(void* ctx) {
  struct task_struct* task = current_task();
  struct wrong_layout_values* out = &values.probed;
  read_ids(out, task, 0);
  read_attributes(out, task, 0);
  read_process(out, task, 0);
  read_host(out, task, 0);
  probe_read_kernel(out->comm, sizeof(out->comm), &task->comm);
  return 0;
}

TRACEPOINT int direct(void* ctx) {
  struct task_struct* task = current_task_btf();
  struct wrong_layout_values* out = &values.direct;
  read_ids(out, task, 1);
  read_attributes(out, task, 1);
  read_process(out, task, 1);
  read_host(out, task, 1);
  for (unsigned long i = 0; i < 16; i++) out->comm[i] = task->comm[i];
  return 0;
}

TRACEPOINT int bits(void* ctx) {
  struct task_struct* task = current_task_btf();
  struct signal_struct* signal = task->signal;
  values.bits.reset_on_fork = task->sched_reset_on_fork;
  values.bits.in_execve = task->in_execve;
  if (signal) values.bits.child_subreaper = signal->is_child_subreaper;
  return 0;
}

TRACEPOINT int ancestry(void* ctx) {
  struct task_struct* task = current_task_btf();
  for (unsigned long i = 0; i < WRONG_LAYOUT_ANCESTORS && task; i++) {
    values.ancestors[i] = task->tgid;
    task = task->real_parent;
  }
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
