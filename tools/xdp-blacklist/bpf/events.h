/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_EVENTS_H
#define XDP_BLACKLIST_EVENTS_H

/* Tells user space what became of a packet. */

#include "lists.h"
#include "packet.h"
#include "tls.h"

/* Readers decode events by the BTF of this object. clang writes the types of global variables
 * there, and leaves out those that only inlined functions use. */
const struct event* const type_of_events = 0;

/* What decided over a packet. */
struct decision {
  __u32 verdict;
  __u32 detail;     /* Id of the rule, enum malformed, fails or the end of a ban. */
  __u32 begin, end; /* Of the name or agent in the frame. */
  __u8 is_source;   /* The port is the source's. */
};

#define TEXT_MAX 63

static __always_inline void describe_device(struct xdp_md* ctx, struct event* event) {
  event->interface = ctx->ingress_ifindex;
  if (!(features & FEATURE_KERNEL_CONTEXT)) return;
  struct net_device* device = device_of(ctx);
  event->group = device->group;
  event->netns = device->nd_net.net->ns.inum;
  __builtin_memcpy(event->device, device->name, sizeof(event->device));
}

static __always_inline void describe_addresses(struct xdp_md* ctx, const struct packet* packet,
                                               struct event* event) {
  if (packet->ip == 4) {
    struct ipv4* ip = bytes_at(ctx, packet->layer3, sizeof(*ip));
    if (!ip) return;
    event->source.bytes[10] = event->source.bytes[11] = 0xff;
    event->destination.bytes[10] = event->destination.bytes[11] = 0xff;
    __builtin_memcpy(&event->source.bytes[12], &ip->source, 4);
    __builtin_memcpy(&event->destination.bytes[12], &ip->destination, 4);
  } else if (packet->ip == 6) {
    struct ipv6* ip = bytes_at(ctx, packet->layer3, sizeof(*ip));
    if (!ip) return;
    __builtin_memcpy(&event->source, &ip->source, 16);
    __builtin_memcpy(&event->destination, &ip->destination, 16);
  }
}

static __always_inline void copy_text(struct xdp_md* ctx, __u32 begin, __u32 end, char* text) {
  /* From 0 on, for kernels before 6.8: to them, what is not 0 may be. */
  __u32 last = end - begin - 1;
  asm volatile("" : "+r"(last));
  if (last >= TEXT_MAX) return;
  bpf_xdp_load_bytes(ctx, begin, text, last + 1);
}

static __always_inline void describe_what(struct xdp_md* ctx, const struct packet* packet,
                                          const struct decision* decision, struct event* event) {
  struct what* what = &event->what;
  what->kind = decision->verdict;
  __u32 begin = decision->begin, end = decision->end;
  switch (decision->verdict) {
    case VERDICT_NAME:
      if (end - begin > TEXT_MAX) begin = end - TEXT_MAX;
      what->drop_name.rule = decision->detail;
      copy_text(ctx, begin, end, what->drop_name.name);
      break;
    case VERDICT_AGENT:
      if (end - begin > TEXT_MAX) end = begin + TEXT_MAX;
      what->drop_agent.rule = decision->detail;
      copy_text(ctx, begin, end, what->drop_agent.agent);
      break;
    case VERDICT_PORT:
      what->drop_port.rule = decision->detail;
      what->drop_port.port = decision->is_source ? packet->source_port : packet->destination_port;
      what->drop_port.is_source = decision->is_source;
      break;
    default:
      /* All others have one number at the same place. */
      what->drop_host.rule = decision->detail;
  }
}

__noinline int emit_event(struct xdp_md* ctx, const struct packet* packet,
                          const struct decision* decision) {
  if (!packet || !decision) return 0;
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) return 0;
  __builtin_memset(event, 0, sizeof(*event));
  event->time = bpf_ktime_get_boot_ns();
  event->length = packet->length;
  event->ip = packet->ip;
  event->protocol = packet->protocol;
  event->source_port = packet->source_port;
  event->destination_port = packet->destination_port;
  describe_device(ctx, event);
  describe_addresses(ctx, packet, event);
  describe_what(ctx, packet, decision, event);
  bpf_ringbuf_submit(event, 0);
  return 0;
}

#endif
