// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Value and existence of enumerators: unsigned, signed, 64 bits wide, above 0x7fffffff, flavored
 * type names, flavored enumerator names and typedefs of enums.
 *
 * BTF of clang 15 and later marks signed enums (kind_flag) and writes wide ones as ENUM64, which
 * kernels before 6.0 do not know: in 5.10 perf_callchain_context is an ENUM of size 8 whose values
 * have lost their upper halves.
 */
#include "bpf.h"

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

/* Values that depend on the configuration: the zones, and so all that follows them, move. */
enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE };

/* Unsigned, 32 bits: the last value has its top bit set and is not a negative number. */
enum rt_class_t { RT_TABLE_UNSPEC, RT_TABLE_MAIN = 254, RT_TABLE_MAX = 0xFFFFFFFF };

/* Signed, 32 bits. */
enum netdev_tx { __NETDEV_TX_MIN = -0x7fffffff - 1, NETDEV_TX_OK = 0, NETDEV_TX_BUSY = 0x10 };

/* Unsigned, 64 bits. */
enum perf_callchain_context {
  PERF_CONTEXT_HV = (__u64)-32,
  PERF_CONTEXT_KERNEL = (__u64)-128,
  PERF_CONTEXT_MAX = (__u64)-4095,
};

/* Enumerators have flavors too: all three mean LRU_ACTIVE_ANON, whatever its value. */
enum lru_list { LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, LRU_ACTIVE_ANON___again = 7 };
enum lru_list___flavored { LRU_ACTIVE_ANON___flavored = 11 };

typedef enum pid_type shape_pid_alias;
typedef enum { SHAPE_NAMELESS_A, SHAPE_NAMELESS_B = 42 } shape_nameless;

enum shape_signed { SHAPE_LOWEST = -2147483647 - 1, SHAPE_MINUS_ONE = -1, SHAPE_ONE = 1 };
enum shape_unsigned { SHAPE_ZERO, SHAPE_TOP_BIT = 0x80000000, SHAPE_ALL_BITS = 0xffffffff };
enum shape_signed64 {
  SHAPE_LOWEST64 = -0x7fffffffffffffffLL - 1,
  SHAPE_MINUS_ONE64 = -1,
  SHAPE_BIG64 = 0x100000000,
};
enum shape_unsigned64 { SHAPE_SMALL64 = 3, SHAPE_TOP_BIT64 = 0x8000000000000000 };

#define TRACEPOINT SEC("raw_tp/sys_enter")

TRACEPOINT long value_kernel(void* ctx) {
  return core_enum_value(enum pid_type, PIDTYPE_SID) +
         core_enum_value(enum zone_type, ZONE_NORMAL) +
         core_enum_value(enum zone_type, ZONE_DEVICE);
}

TRACEPOINT long value_unsigned32(void* ctx) {
  return core_enum_value(enum rt_class_t, RT_TABLE_MAIN) +
         core_enum_value(enum shape_unsigned, SHAPE_ZERO);
}

/*
 * libbpf takes these for negative numbers, finds the instructions to say otherwise, and gives up on
 * the whole object; hence the question mark, with which a program is not loaded unless asked for.
 */
SEC("?raw_tp/sys_enter") long value_top_bit(void* ctx) {
  return core_enum_value(enum rt_class_t, RT_TABLE_MAX) +
         core_enum_value(enum shape_unsigned, SHAPE_TOP_BIT) +
         core_enum_value(enum shape_unsigned, SHAPE_ALL_BITS);
}

TRACEPOINT long value_signed32(void* ctx) {
  return core_enum_value(enum netdev_tx, __NETDEV_TX_MIN) +
         core_enum_value(enum netdev_tx, NETDEV_TX_BUSY) +
         core_enum_value(enum shape_signed, SHAPE_LOWEST) +
         core_enum_value(enum shape_signed, SHAPE_MINUS_ONE) +
         core_enum_value(enum shape_signed, SHAPE_ONE);
}

TRACEPOINT long value_unsigned64(void* ctx) {
  return core_enum_value(enum perf_callchain_context, PERF_CONTEXT_KERNEL) +
         core_enum_value(enum perf_callchain_context, PERF_CONTEXT_MAX) +
         core_enum_value(enum shape_unsigned64, SHAPE_SMALL64) +
         core_enum_value(enum shape_unsigned64, SHAPE_TOP_BIT64);
}

TRACEPOINT long value_signed64(void* ctx) {
  return core_enum_value(enum shape_signed64, SHAPE_LOWEST64) +
         core_enum_value(enum shape_signed64, SHAPE_MINUS_ONE64) +
         core_enum_value(enum shape_signed64, SHAPE_BIG64);
}

TRACEPOINT long value_flavors(void* ctx) {
  return core_enum_value(enum lru_list, LRU_ACTIVE_ANON) +
         core_enum_value(enum lru_list, LRU_ACTIVE_ANON___again) +
         core_enum_value(enum lru_list___flavored, LRU_ACTIVE_ANON___flavored);
}

TRACEPOINT long value_typedefs(void* ctx) {
  return core_enum_value(shape_pid_alias, PIDTYPE_PGID) +
         core_enum_value(shape_nameless, SHAPE_NAMELESS_B);
}

TRACEPOINT long exists(void* ctx) {
  return core_enum_value_exists(enum pid_type, PIDTYPE_PID) +
         core_enum_value_exists(enum rt_class_t, RT_TABLE_MAX) +
         core_enum_value_exists(enum perf_callchain_context, PERF_CONTEXT_HV) +
         core_enum_value_exists(enum lru_list___flavored, LRU_ACTIVE_ANON___flavored) +
         core_enum_value_exists(enum shape_unsigned64, SHAPE_TOP_BIT64);
}

/* What a program does with an enumerator that old kernels lack. */
TRACEPOINT long guarded(void* ctx) {
  if (core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_ARENA))
    return core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARENA);
  return 0;
}

TRACEPOINT long types(void* ctx) {
  return core_type_exists(enum pid_type) + core_type_size(enum perf_callchain_context) +
         core_type_size(enum rt_class_t) + core_type_matches(enum netdev_tx) +
         core_type_matches(enum perf_callchain_context) + core_type_id_target(enum lru_list) +
         core_type_id_local(enum shape_signed64);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
