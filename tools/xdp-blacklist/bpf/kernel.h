/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_KERNEL_H
#define XDP_BLACKLIST_KERNEL_H

/*
 * What the program needs of the kernel, in place of a vmlinux.h.
 *
 * The records at the end are the kernel's own, and nobody promises where their members are. They
 * are laid out wrong on purpose: only relocations find the members.
 */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#include <bpf/bpf_helpers.h>

/* Source: include/uapi/linux/bpf.h, whose layout is a promise. */
struct xdp_md {
  __u32 data;
  __u32 data_end;
  __u32 data_meta;
  __u32 ingress_ifindex;
  __u32 rx_queue_index;
  __u32 egress_ifindex;
};

enum { XDP_DROP = 1, XDP_PASS = 2 };

enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
  BPF_MAP_TYPE_RINGBUF = 27,
};

enum { BPF_F_NO_PREALLOC = 1 << 0 };

/* Which records get relocations: by clang's attribute, or by the pass. */
#ifdef WITH_PASS
#define KERNEL_RECORD __attribute__((btf_decl_tag("btfreloc")))
#else
#define KERNEL_RECORD __attribute__((preserve_access_index))
#endif

struct ns_common {
  __u32 not_there;
  __u32 inum;
} KERNEL_RECORD;

struct net {
  struct ns_common ns;
} KERNEL_RECORD;

typedef struct {
  struct net* net;
} KERNEL_RECORD possible_net_t;

struct net_device {
  int group;
  possible_net_t nd_net;
  char name[16];
} KERNEL_RECORD;

struct xdp_rxq_info {
  __u32 not_there;
  struct net_device* dev;
} KERNEL_RECORD;

struct xdp_buff {
  struct xdp_rxq_info* rxq;
} KERNEL_RECORD;

/* From 6.2 on. Linux kernel commit fd264ca02094 ("bpf: Add a kfunc to type cast from bpf uapi ctx
 * to kernel ctx"). */
extern void* bpf_cast_to_kern_ctx(void* context) __ksym __weak;

/* From 6.17 on: where `text` is in the first `length` bytes of `bytes`; negative: nowhere. */
extern int bpf_strnstr(const char* bytes, const char* text, __u64 length) __ksym __weak;

#endif
