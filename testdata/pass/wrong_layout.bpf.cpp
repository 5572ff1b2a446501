// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//
// wrong_layout.bpf.c in C++, where the namespace is the annotation: base classes, methods,
// references, templates. All offsets are wrong on purpose.
//
// Methods are always inlined: without optimization each would be in a section of its own, where
// libbpf finds no functions.
#include "wrong_layout.h"

namespace vmlinux {

struct kuid_t {
  unsigned int val;
};

struct cred {
  char not_there[48];
  kuid_t fsuid;
};

struct ns_common {
  unsigned long not_there[3];
  unsigned int inum;
};

struct new_utsname {
  char release[13], nodename[65];
};

struct uts_namespace {
  ns_common ns;
  new_utsname name;
};

struct nsproxy {
  char not_there[200];
  uts_namespace* uts_ns;
};

struct mm_struct {
  unsigned long not_there, arg_start;
};

struct rlimit {
  unsigned long rlim_max, not_there, rlim_cur;
};

struct signal_struct {
  short oom_score_adj;
  unsigned int not_there : 7, is_child_subreaper : 1;
  rlimit rlim[16];

  __always_inline unsigned long stack_limit() const { return rlim[3].rlim_cur; }
};

struct sigset_t {
  unsigned long sig[4];
};

// No kernel has the base classes: their members are looked for in task_struct itself. So they have
// no methods, where `this` would be a pointer to a record that no kernel has.
template <unsigned size>
struct named {
  char comm[size];
};

struct identified {
  int tgid, pid;
};

struct task_struct : named<40>, identified {
  struct nsproxy* nsproxy;
  unsigned int not_there : 11, in_execve : 1, : 3, sched_reset_on_fork : 1;
  task_struct* group_leader;
  union {
    char not_there_either[24];
    struct {
      sigset_t blocked;
      unsigned int policy;
    };
  };
  signal_struct* signal;
  mm_struct* mm;
  struct cred* cred;
  unsigned long long timer_slack_ns, start_boottime;
  unsigned int personality;
  task_struct* real_parent;
  int static_prio;

  __always_inline int thread() const { return pid; }
  __always_inline int process() const { return tgid; }
  __always_inline const task_struct& parent() const { return *real_parent; }
  __always_inline bool is_reset_on_fork() const { return sched_reset_on_fork; }
};

}  // namespace vmlinux

wrong_layouts values = {};

namespace {

// How members are read. The address of the one that `from` refers to was relocated by the caller.
struct Probing {
  template <class T>
  static T get(const T& from) {
    T value = {};
    probe_read_kernel(&value, sizeof(value), &from);
    return value;
  }
};

struct Loading {
  template <class T>
  static T get(const T& from) {
    return from;
  }
};

// Functions of their own: without optimization, none may need more than 512 bytes of stack with
// those that call it.
template <class How>
__noinline void read_ids(wrong_layout_values& out, const vmlinux::task_struct& task) {
  const vmlinux::task_struct* parent = How::get(task.real_parent);
  const vmlinux::task_struct* leader = How::get(task.group_leader);
  const vmlinux::cred* cred = How::get(task.cred);
  out.pid = How::get(task.pid);
  out.tgid = How::get(task.tgid);
  if (parent) out.parent_tgid = How::get(parent->tgid);
  if (leader) out.leader_pid = How::get(leader->pid);
  if (cred) out.fsuid = How::get(cred->fsuid.val);
}

template <class How>
__noinline void read_attributes(wrong_layout_values& out, const vmlinux::task_struct& task) {
  out.start_boottime = How::get(task.start_boottime);
  out.timer_slack = How::get(task.timer_slack_ns);
  out.blocked_signals = How::get(task.blocked.sig[0]);
  out.policy = How::get(task.policy);
  out.personality = How::get(task.personality);
  out.static_prio = How::get(task.static_prio);
}

template <class How>
__noinline void read_process(wrong_layout_values& out, const vmlinux::task_struct& task) {
  const vmlinux::signal_struct* signal = How::get(task.signal);
  const vmlinux::mm_struct* mm = How::get(task.mm);
  if (mm) out.arg_start = How::get(mm->arg_start);
  if (!signal) return;
  out.oom_score_adj = How::get(signal->oom_score_adj);
  out.stack_limit = How::get(signal->rlim[3].rlim_cur);
}

template <class How>
__noinline const vmlinux::uts_namespace* uts_of(const vmlinux::task_struct& task) {
  const vmlinux::nsproxy* proxy = How::get(task.nsproxy);
  return proxy ? How::get(proxy->uts_ns) : nullptr;
}

// With methods, in place of the members they return.
__noinline void read_with_methods(wrong_layout_values& out, const vmlinux::task_struct& task) {
  out.pid = task.thread();
  out.tgid = task.process();
  out.parent_tgid = task.parent().process();
  if (const auto* signal = task.signal) out.stack_limit = signal->stack_limit();
}

}  // namespace

extern "C" {

TRACEPOINT int probed(void*) {
  const auto* task = static_cast<const vmlinux::task_struct*>(current_task());
  auto& out = values.probed;
  read_ids<Probing>(out, *task);
  read_attributes<Probing>(out, *task);
  read_process<Probing>(out, *task);
  if (const auto* uts = uts_of<Probing>(*task)) {
    out.uts_ns = Probing::get(uts->ns.inum);
    probe_read_kernel(out.nodename, sizeof(out.nodename), &uts->name.nodename);
  }
  probe_read_kernel(out.comm, sizeof(out.comm), &task->comm);
  return 0;
}

TRACEPOINT int direct(void*) {
  const auto* task = static_cast<const vmlinux::task_struct*>(current_task_btf());
  auto& out = values.direct;
  read_ids<Loading>(out, *task);
  read_attributes<Loading>(out, *task);
  read_process<Loading>(out, *task);
  read_with_methods(out, *task);
  if (const auto* uts = uts_of<Loading>(*task)) {
    out.uts_ns = Loading::get(uts->ns.inum);
    for (unsigned long i = 0; i < 64; i++) out.nodename[i] = uts->name.nodename[i];
  }
  for (unsigned long i = 0; i < 16; i++) out.comm[i] = task->comm[i];
  return 0;
}

TRACEPOINT int bits(void*) {
  const auto* task = static_cast<const vmlinux::task_struct*>(current_task_btf());
  values.bits.reset_on_fork = task->is_reset_on_fork();
  values.bits.in_execve = task->in_execve;
  if (const auto* signal = task->signal) {
    values.bits.child_subreaper = signal->is_child_subreaper;
  }
  return 0;
}

TRACEPOINT int ancestry(void*) {
  const auto* task = static_cast<const vmlinux::task_struct*>(current_task_btf());
  for (unsigned long i = 0; i < WRONG_LAYOUT_ANCESTORS && task; i++) {
    values.ancestors[i] = task->process();
    task = &task->parent();
  }
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

}  // extern "C"
