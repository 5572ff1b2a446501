// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Bitfields: several widths, both signs, every storage size, fields that cross a unit of their
 * declared type, and fields that neighbour plain members. Each is read the two ways programs do it:
 * with loads of the relocated size (direct_*), and through bpf_probe_read_kernel (probed_*).
 * Both need five kinds of relocation: byte offset, byte size, sign, and the two shifts.
 *
 * Bits are numbered from the other end on big-endian targets, so bitfields.bpfeb.o holds other
 * offsets and shifts for the same source.
 */
#include "bpf.h"

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  __u8 ihl : 4, version : 4;
#else
  __u8 version : 4, ihl : 4;
#endif
  __u8 tos;
  __u16 tot_len;
} __core;

struct signal_struct {
  int group_exit_code;
  unsigned int is_child_subreaper : 1;
  unsigned int has_child_subreaper : 1;
} __core;

/* chrono_type and nonagle lie elsewhere in 6.12 than in 5.10, and in other company. */
struct tcp_sock {
  __u32 rcv_nxt;
  __u8 chrono_type : 2;
  __u8 save_syn : 2;
  __u8 nonagle : 4;
} __core;

struct bits_unsigned {
  __u8 in_byte : 3;
  __u8 rest_of_byte : 5;
  __u16 in_half : 9;
  __u16 rest_of_half : 7;
  __u32 in_word : 17;
  __u32 rest_of_word : 15;
  __u64 in_quad : 37;
  __u64 rest_of_quad : 27;
} __core;

struct bits_signed {
  __s8 in_byte : 3;
  __s16 in_half : 11;
  __s32 in_word : 1;
  __s32 : 0;
  __s32 after_gap : 31;
  __s64 in_quad : 42;
  int plain;
  __s64 : 12;
  __s64 shifted : 52;
} __core;

/* crossing lies in bits 20 to 39: no aligned load of its declared size covers it, 8 bytes do. */
struct bits_crossing {
  __u32 low : 20;
  __u32 crossing : 20;
  __u32 high : 24;
} __attribute__((packed, aligned(8))) __core;

enum bits_color { BITS_RED, BITS_GREEN, BITS_BLUE };
enum bits_level { BITS_LOWER = -1, BITS_LEVEL, BITS_UPPER };

struct bits_types {
  _Bool flag : 1;
  enum bits_color color : 2;
  enum bits_level level : 3;
  unsigned int all : 32;
} __core;

/* Bitfields of a nested and of an anonymous member. */
struct bits_nested {
  int before;
  struct bits_unsigned inner;
  union {
    __u32 word;
    struct {
      __u32 in_union : 6;
      __u32 in_union_too : 26;
    };
  };
} __core;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define low_end(value, size) (&(value))
#else
#define low_end(value, size) ((char*)&(value) + (8 - (size)))
#endif

/* The storage is in the low bytes of `raw`: drop the bits above the field, then those below. */
#define isolate(raw, field)                                                          \
  ({                                                                                 \
    (raw) <<= core_field_lshift_u64(field);                                          \
    core_field_signed(field) ? (__u64)((__s64)(raw) >> core_field_rshift_u64(field)) \
                             : (raw) >> core_field_rshift_u64(field);                \
  })

#define read_direct(base, field)                                                  \
  ({                                                                              \
    const void* at = (const void*)(base) + core_field_byte_offset((base)->field); \
    __u64 raw = 0;                                                                \
    /* Without this clang folds the offset into the load of each arm. */          \
    barrier_var(at);                                                              \
    switch (core_field_byte_size((base)->field)) {                                \
      case 1: raw = *(const __u8*)at; break;                                      \
      case 2: raw = *(const __u16*)at; break;                                     \
      case 4: raw = *(const __u32*)at; break;                                     \
      case 8: raw = *(const __u64*)at; break;                                     \
    }                                                                             \
    isolate(raw, (base)->field);                                                  \
  })

#define read_probed(base, field)                                                  \
  ({                                                                              \
    const void* at = (const void*)(base) + core_field_byte_offset((base)->field); \
    __u32 size = core_field_byte_size((base)->field);                             \
    __u64 raw = 0;                                                                \
    bpf_probe_read_kernel(low_end(raw, size), size, at);                          \
    isolate(raw, (base)->field);                                                  \
  })

#define BTF_TRACEPOINT SEC("tp_btf/sched_switch")

BTF_TRACEPOINT long direct_kernel(__u64* ctx) {
  struct iphdr* ip = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  struct tcp_sock* tcp = (void*)ctx[2];
  return read_direct(ip, ihl) + read_direct(ip, version) +
         read_direct(signal, has_child_subreaper) + read_direct(tcp, chrono_type) +
         read_direct(tcp, nonagle);
}

BTF_TRACEPOINT long probed_kernel(__u64* ctx) {
  struct iphdr* ip = (void*)ctx[0];
  struct signal_struct* signal = (void*)ctx[1];
  struct tcp_sock* tcp = (void*)ctx[2];
  return read_probed(ip, ihl) + read_probed(signal, is_child_subreaper) +
         read_probed(tcp, save_syn) + read_probed(tcp, nonagle);
}

BTF_TRACEPOINT long direct_unsigned(__u64* ctx) {
  struct bits_unsigned* bits = (void*)ctx[0];
  return read_direct(bits, in_byte) + read_direct(bits, rest_of_byte) + read_direct(bits, in_half) +
         read_direct(bits, rest_of_half) + read_direct(bits, in_word) +
         read_direct(bits, rest_of_word) + read_direct(bits, in_quad) +
         read_direct(bits, rest_of_quad);
}

BTF_TRACEPOINT long probed_signed(__u64* ctx) {
  struct bits_signed* bits = (void*)ctx[0];
  return read_probed(bits, in_byte) + read_probed(bits, in_half) + read_probed(bits, in_word) +
         read_probed(bits, after_gap) + read_probed(bits, in_quad) + read_probed(bits, plain) +
         read_probed(bits, shifted);
}

BTF_TRACEPOINT long direct_crossing(__u64* ctx) {
  struct bits_crossing* bits = (void*)ctx[0];
  return read_direct(bits, low) + read_direct(bits, crossing) + read_direct(bits, high);
}

BTF_TRACEPOINT long probed_types(__u64* ctx) {
  struct bits_types* bits = (void*)ctx[0];
  return read_probed(bits, flag) + read_probed(bits, color) + read_probed(bits, level) +
         read_probed(bits, all);
}

BTF_TRACEPOINT long probed_nested(__u64* ctx) {
  struct bits_nested* bits = (void*)ctx[0];
  return read_probed(bits, inner.in_word) + read_probed(bits, in_union) +
         read_probed(bits, in_union_too);
}

/*
 * A plain read of a bitfield: only the offset of the load is relocated, its size and the shifts are
 * what the local layout asked for. It compiles without a warning.
 */
BTF_TRACEPOINT long plain_read(__u64* ctx) {
  struct tcp_sock* tcp = (void*)ctx[0];
  struct bits_signed* bits = (void*)ctx[1];
  return tcp->nonagle + bits->in_half;
}

/* Existence of bitfields, and reads that are dead code where they do not exist. */
BTF_TRACEPOINT long guarded(__u64* ctx) {
  struct tcp_sock* tcp = (void*)ctx[0];
  struct bits_crossing* bits = (void*)ctx[1];
  if (core_field_exists(bits->crossing)) return read_probed(bits, crossing);
  if (core_field_exists(tcp->save_syn)) return read_probed(tcp, save_syn);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
