// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * BTF-defined maps (types, flags, pinning, struct keys and values, maps inside maps, programs
 * inside maps), global data in .rodata, .data and .bss and in named sections, and externs: .kconfig
 * values of every type a loader fills in, .ksyms variables and kernel functions, strong and weak.
 */
#include "bpf.h"

enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1024, PIN_BY_NAME = 1 };

struct task_struct {
  int pid;
} __core;

struct flow_key {
  __u32 source, destination;
  __u16 ports[2];
  __u8 protocol;
};

struct flow_value {
  __u64 packets, bytes;
  enum { FLOW_NEW, FLOW_OPEN, FLOW_CLOSED } state;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct flow_key);
  __type(value, struct flow_value);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 16);
  __uint(map_flags, BPF_F_MMAPABLE);
  __type(key, __u32);
  __type(value, __u64);
  __uint(pinning, PIN_BY_NAME);
} pinned_array SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct flow_value);
} percpu_array SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 4);
  __uint(key_size, 8);
  __uint(value_size, 24);
} percpu_hash_without_types SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 512);
  __type(key, __u64);
  __type(value, __u8[20]);
} lru_hash SEC(".maps");

struct lpm_key {
  __u32 prefix_length;
  __u8 address[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 10000);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct lpm_key);
  __type(value, __u32);
} lpm_trie SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} perf_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct flow_value);
} task_storage SEC(".maps");

int tail_called(void* ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 8);
  __uint(key_size, sizeof(__u32));
  __array(values, int(void* ctx));
} programs SEC(".maps") = {
    .values = {[3] = (void*)&tail_called},
};

struct inner_map {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} inner_one SEC(".maps"), inner_two SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner_map);
} array_of_maps SEC(".maps") = {
    .values = {[0] = &inner_one, [2] = &inner_two},
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, 32);
        __type(key, struct flow_key);
        __type(value, __u32);
      });
} hash_of_maps SEC(".maps");

/* What a program is configured with before it is loaded. */
const volatile int target_pid = -1;
const volatile struct {
  __u64 threshold;
  char name[16];
  bool enabled;
} settings = {.threshold = 5, .name = "default"};
const volatile __u32 tuned SEC(".rodata.tuning") = 7;

__u64 initialized = 42;
static volatile int initialized_static = 1;
int in_named_data SEC(".data.foo") = 3;
struct flow_value zeroed;
static volatile __u64 zeroed_static[4];
__hidden __u32 hidden_data = 9;

/* libbpf's name for the answers n, y and m. */
enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };

extern int CONFIG_HZ __kconfig;
extern unsigned long CONFIG_NR_CPUS __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_NET_CLS_BPF __kconfig;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig;
extern char CONFIG_X86_64 __kconfig __weak;
extern unsigned int CONFIG_NOT_IN_ANY_KERNEL __kconfig __weak;
extern int LINUX_KERNEL_VERSION __kconfig;
extern bool LINUX_HAS_BPF_COOKIE __kconfig __weak;

struct rq;
extern const struct rq runqueues __ksym;
extern const int bpf_prog_active __ksym;
extern const void bpf_link_fops __ksym;
extern const void made_up_symbol __ksym __weak;
extern const int made_up_variable __ksym __weak;

extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;
extern int made_up_function(__u64 argument) __ksym __weak;

SEC("tc") int tail_called(void* ctx) {
  __u32 key = 1;
  __u64 value = initialized++;
  struct flow_value* flow = bpf_map_lookup_elem(&flows, &key);
  void* inner = bpf_map_lookup_elem(&array_of_maps, &key);
  if (inner) bpf_map_update_elem(inner, &key, &value, 0);
  inner = bpf_map_lookup_elem(&hash_of_maps, &key);
  if (inner) bpf_map_update_elem(inner, &key, &value, 0);
  bpf_map_update_elem(&pinned_array, &key, &value, 0);
  bpf_map_update_elem(&percpu_array, &key, (void*)&settings, 0);
  bpf_map_update_elem(&percpu_hash_without_types, &key, (void*)&settings, 0);
  bpf_map_lookup_elem(&lru_hash, &key);
  bpf_map_lookup_elem(&lpm_trie, &key);
  return flow ? flow->state : target_pid;
}

SEC("tc") int uses_data(void* ctx) {
  in_named_data += initialized_static++ + hidden_data;
  zeroed_static[1] += tuned;
  zeroed.packets += settings.enabled ? settings.threshold : 1;
  bpf_tail_call(ctx, &programs, 3);
  /* The text goes to .rodata.str1.1, which BTF does not describe. */
  bpf_trace_printk("no program in slot 3\n", 22);
  return 0;
}

SEC("tp_btf/task_newtask") int uses_externs(__u64* ctx) {
  struct task_struct* task = bpf_task_acquire((void*)ctx[0]);
  struct flow_value event = {.packets = CONFIG_HZ, .bytes = CONFIG_NR_CPUS};
  if (!task) return 0;
  if (CONFIG_BPF_SYSCALL && CONFIG_NET_CLS_BPF == TRI_MODULE && CONFIG_X86_64 == 'y')
    event.packets += CONFIG_DEFAULT_HOSTNAME[0] + CONFIG_NOT_IN_ANY_KERNEL;
  if (LINUX_KERNEL_VERSION > 0x060100 && LINUX_HAS_BPF_COOKIE) event.bytes += task->pid;
  if (made_up_function) event.bytes += made_up_function(event.packets);
  if (&made_up_symbol) event.bytes += (__u64)&made_up_symbol;
  if (&made_up_variable) event.bytes += made_up_variable;
  event.bytes += (__u64)&runqueues + bpf_prog_active + (__u64)&bpf_link_fops;
  bpf_task_storage_get(&task_storage, task, &event, 1);
  bpf_ringbuf_output(&events, &event, sizeof(event), 0);
  bpf_task_release(task);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
