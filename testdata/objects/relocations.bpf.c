// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Every CO-RE relocation kind (programs kind_*), the shapes an access can have (shape_*) and the
 * instructions that can carry a relocation (insn_*).
 *
 * Types that a kernel has too are spelled with members that have been there from 5.10 on, so that
 * most relocations find an answer. Types called shape_* exist nowhere: they are here for their
 * layout, and their relocations are poisoned, or answered "no", on every kernel.
 */
#include "bpf.h"

struct list_head {
  struct list_head *next, *prev;
} __core;

struct rlimit {
  unsigned long rlim_cur, rlim_max;
} __core;

struct signal_struct {
  int group_exit_code;
  unsigned int is_child_subreaper : 1;
  struct rlimit rlim[16];
} __core;

struct sched_entity {
  __u64 exec_start, sum_exec_runtime;
} __core;

/* The kernel keeps all of this in an anonymous struct inside mm_struct. */
struct mm_struct {
  unsigned long start_code, end_code;
} __core;

struct task_struct {
  unsigned int flags;
  int prio;
  struct sched_entity se;
  struct list_head tasks;
  struct mm_struct* mm;
  int exit_code;
  int pid, tgid;
  struct task_struct* real_parent;
  __u64 start_time;
  char comm[16];
  struct signal_struct* signal;
} __core;

/* task_struct.state became __state in 5.14: a program chooses between two flavors of the type. */
struct task_struct___old {
  volatile long state;
} __core;

struct task_struct___new {
  unsigned int __state;
} __core;

struct netdev_tc_txq {
  __u16 count, offset;
} __core;

struct net_device {
  unsigned int mtu;
  struct netdev_tc_txq tc_to_txq[16];
  __u8 prio_tc_map[16];
  unsigned char addr_len;
} __core;

struct sock_common {
  union {
    __u64 skc_addrpair;
    struct {
      __u32 skc_daddr, skc_rcv_saddr;
    };
  };
  unsigned short skc_family;
} __core;

struct sock {
  struct sock_common __sk_common;
} __core;

struct in6_addr {
  union {
    __u8 u6_addr8[16];
    __u32 u6_addr32[4];
  } in6_u;
} __core;

/*
 * nr_pages[generation][file or anonymous][zone], in 6.12 and other kernels. There BTF has it as one
 * dimension of 40, which is how pahole writes arrays; clang writes one array per dimension.
 */
struct lru_gen_folio {
  unsigned long max_seq;
  long nr_pages[4][2][5];
} __core;

struct perf_callchain_entry {
  __u64 nr, ip[];
} __core;

typedef struct {
  unsigned int val;
} __core kuid_t;

typedef struct {
  int counter;
} __core atomic_t;

struct cred {
  atomic_t usage;
  kuid_t uid;
} __core;

typedef struct task_struct shape_task_alias;
typedef shape_task_alias shape_task_alias_of_alias;

typedef int (*initcall_t)(void);
typedef unsigned long __kernel_ulong_t;
typedef int shape_numbers[7];
typedef int shape_function(struct task_struct* task, const char* name);

struct shape_inner {
  int first, second;
} __core;

typedef const struct shape_inner shape_const_inner;
typedef volatile shape_const_inner shape_volatile_inner;

struct shape_qualifiers {
  const volatile int number;
  shape_volatile_inner chain;
  const volatile struct shape_inner* const volatile pointer;
  const volatile struct shape_inner items[3];
} __core;

struct shape_missing {
  int member;
} __core;

struct shape_widths {
  __u8 byte;
  __u16 half;
  __u32 word;
  __u64 quad;
  __s8 signed_byte;
  __s16 signed_half;
  __s32 signed_word;
} __core;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID };

struct shape_anonymous {
  int before;
  struct {
    int in_struct;
    union {
      int in_union;
      struct {
        short in_deep_struct, after_it;
      };
    };
  };
} __core;

#define TRACEPOINT SEC("raw_tp/sys_enter")

TRACEPOINT int kind_byte_off(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  return core_field_byte_offset(task->tgid) + core_field_byte_offset(task->se.sum_exec_runtime) +
         core_field_byte_offset(signal->is_child_subreaper);
}

TRACEPOINT int kind_byte_sz(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  return core_field_byte_size(task->comm) + core_field_byte_size(task->real_parent) +
         core_field_byte_size(task->comm[3]);
}

TRACEPOINT int kind_field_exists(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct task_struct___old* old = (void*)ctx[0];
  struct task_struct___new* new = (void*)ctx[0];
  struct shape_missing* missing = (void*)ctx[1];
  return core_field_exists(task->pid) + core_field_exists(old->state) +
         core_field_exists(new->__state) + core_field_exists(missing->member);
}

TRACEPOINT int kind_signed(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  return core_field_signed(task->pid) + core_field_signed(task->flags) +
         core_field_signed(signal->is_child_subreaper);
}

TRACEPOINT int kind_lshift_u64(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  return core_field_lshift_u64(task->prio) + core_field_lshift_u64(signal->is_child_subreaper);
}

TRACEPOINT int kind_rshift_u64(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  return core_field_rshift_u64(task->prio) + core_field_rshift_u64(signal->is_child_subreaper);
}

TRACEPOINT long kind_local_type_id(__u64* ctx) {
  /* A local type id may be that of a type without a name. */
  struct {
    int a, b;
  }* nameless = (void*)ctx[0];
  return core_type_id_local(struct task_struct) + core_type_id_local(shape_task_alias) +
         core_type_id_local(int) + core_type_id_local(shape_numbers) +
         core_type_id_local(enum pid_type) + core_type_id_local(*nameless);
}

TRACEPOINT long kind_target_type_id(__u64* ctx) {
  return core_type_id_target(struct task_struct) + core_type_id_target(enum pid_type) +
         core_type_id_target(initcall_t) + core_type_id_target(kuid_t) +
         core_type_id_target(struct shape_missing);
}

TRACEPOINT long kind_type_exists(__u64* ctx) {
  return core_type_exists(struct task_struct) + core_type_exists(initcall_t) +
         core_type_exists(atomic_t) + core_type_exists(enum pid_type) +
         core_type_exists(shape_function) + core_type_exists(struct shape_missing);
}

TRACEPOINT long kind_type_size(__u64* ctx) {
  return core_type_size(struct task_struct) + core_type_size(struct task_struct___old) +
         core_type_size(kuid_t) + core_type_size(initcall_t) + core_type_size(__kernel_ulong_t) +
         core_type_size(shape_numbers) + core_type_size(struct shape_missing);
}

TRACEPOINT long kind_enumval_exists(__u64* ctx) {
  return core_enum_value_exists(enum pid_type, PIDTYPE_TGID) +
         core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_ARENA);
}

TRACEPOINT long kind_enumval_value(__u64* ctx) {
  return core_enum_value(enum pid_type, PIDTYPE_PGID) +
         core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF);
}

/*
 * Matching compares the names of integers. What clang calls "unsigned short" is "short unsigned
 * int" to the gcc that compiled the kernel, so netdev_tc_txq and rlimit match no such kernel's
 * types.
 */
TRACEPOINT long kind_type_matches(__u64* ctx) {
  return core_type_matches(struct list_head) + core_type_matches(struct netdev_tc_txq) +
         core_type_matches(struct rlimit) + core_type_matches(kuid_t) +
         core_type_matches(initcall_t) + core_type_matches(enum pid_type) +
         core_type_matches(struct task_struct___old) + core_type_matches(struct shape_missing);
}

#define KPROBE SEC("kprobe/do_exit")

/* A chain of pointers takes one relocation per step; members by value share one. */
KPROBE int shape_nested(__u64* ctx) {
  struct task_struct *task = (void*)ctx[0], *parent = 0;
  __u64 runtime = 0;
  int tgid = 0;
  core_read(&parent, &task->real_parent);
  core_read(&tgid, &parent->tgid);
  core_read(&runtime, &task->se.sum_exec_runtime);
  return tgid + runtime;
}

/* The first number of the access string counts whole structs: 3:1 and 2:2:1. */
KPROBE int shape_pointer_index(__u64* ctx) {
  struct list_head* heads = (void*)ctx[0];
  struct task_struct* tasks = (void*)ctx[1];
  void* prev = 0;
  __u64 runtime = 0;
  core_read(&prev, &heads[3].prev);
  core_read(&runtime, &tasks[2].se.sum_exec_runtime);
  return (long)prev + runtime;
}

KPROBE int shape_array(__u64* ctx) {
  struct net_device* device = (void*)ctx[0];
  struct in6_addr* address = (void*)ctx[1];
  __u8 whole[16] = {}, one = 0;
  __u32 word = 0;
  core_read(&whole, &device->prio_tc_map);
  core_read(&one, &device->prio_tc_map[5]);
  core_read(&word, &address->in6_u.u6_addr32[3]);
  return whole[1] + one + word;
}

KPROBE int shape_array_of_structs(__u64* ctx) {
  struct net_device* device = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  struct netdev_tc_txq queues = {};
  unsigned long limit = 0;
  __u16 offset = 0;
  core_read(&queues, &device->tc_to_txq[2]);
  core_read(&offset, &device->tc_to_txq[7].offset);
  core_read(&limit, &signal->rlim[3].rlim_max);
  return queues.count + offset + limit;
}

KPROBE int shape_multidimensional_array(__u64* ctx) {
  struct lru_gen_folio* folio = (void*)ctx[0];
  long pages = 0, row[5] = {};
  core_read(&pages, &folio->nr_pages[3][1][4]);
  core_read(&row, &folio->nr_pages[2][1]);
  return pages + row[0];
}

KPROBE int shape_flexible_array(__u64* ctx) {
  struct perf_callchain_entry* entry = (void*)ctx[0];
  __u64 first = 0, far = 0;
  core_read(&first, &entry->ip[0]);
  core_read(&far, &entry->ip[100]);
  return first + far;
}

KPROBE int shape_anonymous_members(__u64* ctx) {
  struct sock* sock = (void*)ctx[0];
  struct shape_anonymous* mine = (void*)ctx[1];
  struct mm_struct* mm = (void*)ctx[2];
  unsigned long start_code = 0;
  __u32 daddr = 0;
  short deep = 0;
  int in_union = 0;
  core_read(&daddr, &sock->__sk_common.skc_daddr);
  core_read(&start_code, &mm->start_code);
  core_read(&in_union, &mine->in_union);
  core_read(&deep, &mine->after_it);
  return daddr + start_code + in_union + deep;
}

/* Two flavors of one type; what does not apply is dead code once existence is known. */
KPROBE long shape_flavors(__u64* ctx) {
  struct task_struct___old* old = (void*)ctx[0];
  struct task_struct___new* new = (void*)ctx[0];
  long state = -1;
  if (core_field_exists(new->__state)) {
    unsigned int value = 0;
    core_read(&value, &new->__state);
    state = value;
  } else {
    core_read(&state, &old->state);
  }
  return state;
}

/* The root of the access is a typedef: of a struct without a name, of a typedef of a struct. */
KPROBE int shape_typedef_roots(__u64* ctx) {
  kuid_t* uid = (void*)ctx[0];
  shape_task_alias_of_alias* task = (void*)ctx[1];
  struct cred* cred = (void*)ctx[2];
  unsigned int val = 0, inner = 0;
  int pid = 0, usage = 0;
  core_read(&val, &uid->val);
  core_read(&pid, &task->pid);
  core_read(&inner, &cred->uid.val);
  core_read(&usage, &cred->usage.counter);
  return val + pid + inner + usage;
}

KPROBE int shape_qualified_types(__u64* ctx) {
  const volatile struct shape_qualifiers* const mine = (void*)ctx[0];
  void* pointer = 0;
  int number = 0, chain = 0, item = 0;
  core_read(&number, &mine->number);
  core_read(&chain, &mine->chain.second);
  core_read(&pointer, &mine->pointer);
  core_read(&item, &mine->items[2].first);
  return number + chain + (long)pointer + item;
}

#define BTF_TRACEPOINT SEC("tp_btf/sched_switch")

/* Loads of each width through an offset, sign-extending ones included from -mcpu=v4 on. */
BTF_TRACEPOINT long insn_ldx(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct shape_widths* widths = (void*)ctx[1];
  return task->pid + task->start_time + task->comm[2] + widths->byte + widths->half + widths->word +
         widths->quad + widths->signed_byte + widths->signed_half + widths->signed_word;
}

BTF_TRACEPOINT int insn_stx(__u64* ctx) {
  struct shape_widths* widths = (void*)ctx[0];
  __u64 value = ctx[1];
  widths->byte = value;
  widths->half = value;
  widths->word = value;
  widths->quad = value;
  return 0;
}

/* Stores of constants: ST from -mcpu=v4 on, STX of a register before. */
BTF_TRACEPOINT int insn_st(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct shape_widths* widths = (void*)ctx[1];
  task->exit_code = 9;
  widths->byte = 1;
  widths->half = 2;
  widths->word = 3;
  widths->quad = 4;
  return 0;
}

/* An offset to add to an address and a size (both mov), and shifts by a relocated amount. */
BTF_TRACEPOINT long insn_alu(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  void* address = core_access(&task->se.exec_start);
  __u64 value = ctx[2];
  barrier_var(address);
  value <<= core_field_lshift_u64(signal->is_child_subreaper);
  barrier_var(value);
  value >>= core_field_rshift_u64(signal->is_child_subreaper);
  barrier_var(value);
  value = (__s64)value >> core_field_rshift_u64(task->prio);
  return (long)address + value + core_field_byte_size(task->comm);
}

/* An atomic operation is given the finished address: its own offset is not relocated. */
BTF_TRACEPOINT int insn_atomic(__u64* ctx) {
  atomic_t* usage = (void*)ctx[0];
  struct cred* cred = (void*)ctx[1];
  __sync_fetch_and_add(&usage->counter, 1);
  __sync_fetch_and_add(&cred->usage.counter, 1);
  return 0;
}

BTF_TRACEPOINT long insn_ldimm64(__u64* ctx) {
  return core_enum_value(enum pid_type, PIDTYPE_TGID) + core_type_size(struct task_struct) +
         core_type_id_target(struct task_struct);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
