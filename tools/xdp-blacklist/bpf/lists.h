/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_LISTS_H
#define XDP_BLACKLIST_LISTS_H

/* Looks for the rule of an address or a port. Each returns its id, or 0. */

#include "kernel.h"
#include "layout.h"
#include "maps.h"
#include "wire.h"

/* What the lists of one packet are looked up with. */
struct lookup {
  __u32 used; /* USED_BIT of the active set, without what is switched off. */
  __u32 set;
  __u32 scopes[SCOPE_KINDS]; /* The packet's; set where `used` has rules of scopes. */
};

/* The active one of the two maps of a list, for functions that get `lookup` as a pointer: kernels
 * before 6.2 want keys of maps on the stack. */
static __always_inline void* active_list(void* lists, const struct lookup* lookup) {
  __u32 set = lookup->set;
  return bpf_map_lookup_elem(lists, &set);
}

#define USED_KERNEL_SCOPES (USED_OF_SCOPE(SCOPE_GROUP) | USED_OF_SCOPE(SCOPE_NETNS))
#define USED_SCOPED (USED_OF_SCOPE(SCOPE_INTERFACE) | USED_KERNEL_SCOPES)

static __always_inline struct net_device* device_of(struct xdp_md* ctx) {
  struct xdp_buff* buff = bpf_cast_to_kern_ctx(ctx);
  return buff->rxq->dev;
}

static __always_inline void read_scopes(struct xdp_md* ctx, struct lookup* lookup) {
  lookup->scopes[SCOPE_INTERFACE] = ctx->ingress_ifindex;
  if ((features & FEATURE_KERNEL_CONTEXT) && (lookup->used & USED_KERNEL_SCOPES)) {
    struct net_device* device = device_of(ctx);
    lookup->scopes[SCOPE_GROUP] = device->group;
    lookup->scopes[SCOPE_NETNS] = device->nd_net.net->ns.inum;
  }
}

/* Seconds of CLOCK_BOOTTIME. */
static __always_inline __u32 seconds_now(void) { return bpf_ktime_get_boot_ns() / 1000000000; }

static __always_inline __u32 active_id(const struct rule* rule) {
  if (!rule) return 0;
  const __u32 expires = rule->expires;
  if (__builtin_expect(expires != 0, 0) && seconds_now() >= expires) return 0;
  return rule->id;
}

/* Asks `list` for `key`, whose scopes are the packet's one after the other. */
#define FIND_SCOPED(lookup, number, list, key)                                 \
  ({                                                                           \
    __u32 found = 0;                                                           \
    if ((lookup)->used & USED_BITS(number)) {                                  \
      void* inner = bpf_map_lookup_elem(&(list), &(lookup)->set);              \
      if (inner) {                                                             \
        if ((lookup)->used & USED_BIT(number, SCOPE_ANY))                      \
          found = active_id(bpf_map_lookup_elem(inner, &(key)));               \
        if (!found && ((lookup)->used & USED_BITS(number) & USED_SCOPED)) {    \
          _Pragma("unroll") for (__u32 kind = 1; kind < SCOPE_KINDS; ++kind) { \
            if (found || !((lookup)->used & USED_BIT(number, kind))) continue; \
            (key).scope = kind;                                                \
            (key).scope_value = (lookup)->scopes[kind];                        \
            found = active_id(bpf_map_lookup_elem(inner, &(key)));             \
          }                                                                    \
        }                                                                      \
      }                                                                        \
    }                                                                          \
    found;                                                                     \
  })

/* Keys are written in words of 8 bytes, as the kernel reads them when it compares: a CPU waits for
 * a read that is not of one write just before. */
#define KEY __attribute__((aligned(8)))

static __always_inline void copy_address6(__u8* bytes, const struct address6* address) {
  const __u64 high = address->halves[0], low = address->halves[1];
  __builtin_memcpy(bytes, &high, 8);
  __builtin_memcpy(bytes + 8, &low, 8);
}

static __always_inline __u32 find_host4(struct lookup* lookup, __be32 address) {
  struct host4_key key KEY = {};
  key.address_be = address;
  return FIND_SCOPED(lookup, LIST_HOSTS4, hosts4, key);
}

static __always_inline __u32 find_net4(struct lookup* lookup, __be32 address) {
  struct net4_key key = {.prefixlen = NET_SCOPE_BITS + 32, .address_be = address};
  return FIND_SCOPED(lookup, LIST_NETS4, nets4, key);
}

static __always_inline __u32 find_host6(struct lookup* lookup, const struct address6* address) {
  struct host6_key key KEY = {};
  copy_address6(key.address, address);
  return FIND_SCOPED(lookup, LIST_HOSTS6, hosts6, key);
}

static __always_inline __u32 find_net6(struct lookup* lookup, const struct address6* address) {
  struct net6_key key KEY = {.prefixlen = NET_SCOPE_BITS + 128};
  copy_address6(key.address, address);
  return FIND_SCOPED(lookup, LIST_NETS6, nets6, key);
}

static __always_inline __u32 find_scoped_port(struct lookup* lookup, __u16 port, __u16 use) {
  void* inner = bpf_map_lookup_elem(&scoped_ports, &lookup->set);
  if (!inner) return 0;
  __u32 found = 0;
#pragma unroll
  for (__u32 kind = 1; kind < SCOPE_KINDS; ++kind) {
    if (found || !(lookup->used & USED_BIT(LIST_PORTS, kind))) continue;
    struct scoped_port_key key = {
        .scope = kind, .scope_value = lookup->scopes[kind], .port = port, .use = use};
    found = active_id(bpf_map_lookup_elem(inner, &key));
  }
  return found;
}

/* The rule of a port: of any scope, then of those of the packet. */
static __always_inline __u32 find_port(struct lookup* lookup, void* any, __u32 port, __u16 use) {
  __u32 found = 0;
  if (any) {
    struct port_rules* rules = bpf_map_lookup_elem(any, &port);
    if (rules) found = active_id(&rules->use[use]);
  }
  if (!found && (lookup->used & USED_BITS(LIST_PORTS) & USED_SCOPED))
    found = find_scoped_port(lookup, port, use);
  return found;
}

/* The rule of a packet's destination, else source port. `source_decides` tells which. */
static __always_inline __u32 find_ports(struct lookup* lookup, __u16 destination, __u16 source,
                                        __u16 protocol_use, __u8* source_decides) {
  if (!(lookup->used & USED_BITS(LIST_PORTS))) return 0;
  void* any = 0;
  if (lookup->used & USED_BIT(LIST_PORTS, SCOPE_ANY))
    any = bpf_map_lookup_elem(&ports, &lookup->set);
  const __u32 found = find_port(lookup, any, destination, protocol_use | PORT_DESTINATION);
  if (found) return found;
  *source_decides = 1;
  return find_port(lookup, any, source, protocol_use | PORT_SOURCE);
}

#endif
