/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_PACKET_H
#define XDP_BLACKLIST_PACKET_H

/*
 * Reads the headers of a packet. What makes no sense is malformed, never "no rule is for it": else
 * a packet that we misread and the kernel does not would pass.
 */

#include "kernel.h"
#include "layout.h"
#include "wire.h"

/* Offsets and lengths are in bytes from the start of the frame. */
struct packet {
  __u32 length; /* Of the frame, in all buffers. */
  __u32 stop;   /* Where the IP packet ends; what is behind it is padding. */
  __u32 layer3;
  __u32 layer4;
  __u8 ip; /* 4, 6; 0: other kinds */
  __u8 protocol;
  __u8 first_fragment; /* The rest of layer 4 is in later fragments. */
  __u8 jumbogram;
  __u16 source_port;
  __u16 destination_port;
};

/* Headers are in the first few kilobytes. The verifier wants a bound it can add to a pointer. */
#define FURTHEST_OFFSET 0x3fff

static __always_inline void* start_of(struct xdp_md* ctx) { return (void*)(long)ctx->data; }
static __always_inline void* end_of(struct xdp_md* ctx) { return (void*)(long)ctx->data_end; }

/* The `size` bytes at an offset; null where the first buffer ends before. */
static __always_inline void* bytes_at(struct xdp_md* ctx, __u32 offset, __u32 size) {
  /* Keeps the bound and its use in one register. */
  asm volatile("" : "+r"(offset));
  if (offset > FURTHEST_OFFSET) return 0;
  void* bytes = start_of(ctx) + offset;
  asm volatile("" : "+r"(bytes));
  return bytes + size > end_of(ctx) ? 0 : bytes;
}

/* Finds layer 3 behind up to two tags. Its type, or 0 and the malformation in `wrong`. */
static __always_inline __be16 read_ethernet(struct xdp_md* ctx, struct packet* packet,
                                            enum malformed* wrong) {
  void *data = start_of(ctx), *end = end_of(ctx);
  struct ethernet* ethernet = data;
  if ((void*)(ethernet + 1) > end) {
    *wrong = MALFORMED_ETHERNET;
    return 0;
  }
  __be16 type = ethernet->type;
  packet->layer3 = sizeof(*ethernet);
  if (__builtin_expect(type != TYPE_VLAN && type != TYPE_QINQ, 1)) return type;
  struct vlan* tag = data + sizeof(*ethernet);
#pragma unroll
  for (int tags = 0; tags < 2; ++tags, ++tag) {
    if (type != TYPE_VLAN && type != TYPE_QINQ) return type;
    if ((void*)(tag + 1) > end) {
      *wrong = MALFORMED_VLAN;
      return 0;
    }
    type = tag->type;
    packet->layer3 += sizeof(*tag);
  }
  if (type == TYPE_VLAN || type == TYPE_QINQ) {
    *wrong = MALFORMED_VLAN;
    return 0;
  }
  return type;
}

static __always_inline enum malformed read_ipv4(struct ipv4* ip, struct packet* packet) {
  const __u32 header = (ip->version_words & 0xf) * 4;
  const __u32 length = BE16(ip->length);
  if ((ip->version_words & 0xf0) != 0x40 || header < sizeof(*ip)) return MALFORMED_IPV4;
  packet->stop = packet->layer3 + length;
  if (length < header || packet->stop > packet->length) return MALFORMED_IPV4;
  packet->ip = 4;
  packet->layer4 = packet->layer3 + header;
  packet->protocol = ip->protocol;
  const __be16 fragment = ip->fragment;
  if (__builtin_expect(fragment & (FRAGMENT_OFFSET | FRAGMENT_MORE), 0)) {
    if (fragment & FRAGMENT_OFFSET) {
      const int overlaps =
          packet->protocol == PROTOCOL_TCP && (fragment & FRAGMENT_OFFSET) == BE16(1);
      packet->protocol = PROTOCOL_NONE;
      return overlaps ? MALFORMED_FRAGMENT : MALFORMED_NOT;
    }
    packet->first_fragment = 1;
  }
  return MALFORMED_NOT;
}

static __always_inline enum malformed read_ipv6(struct ipv6* ip, struct packet* packet) {
  if ((*(__u8*)ip & 0xf0) != 0x60) return MALFORMED_IPV6;
  const __u32 length = BE16(ip->length);
  packet->protocol = ip->next;
  packet->layer4 = packet->layer3 + sizeof(*ip);
  packet->stop = packet->layer4 + length;
  if (length == 0 && ip->next == PROTOCOL_HOP_BY_HOP) {
    packet->stop = packet->length;
    packet->jumbogram = 1;
  }
  if (packet->stop > packet->length) return MALFORMED_IPV6;
  packet->ip = 6;
  return MALFORMED_NOT;
}

static __always_inline int is_extension(__u8 next) {
  return next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING || next == PROTOCOL_OPTIONS ||
         next == PROTOCOL_FRAGMENT || next == PROTOCOL_AUTHENTICATION;
}

#define EXTENSIONS_MAX 8

/* Goes on to layer 4 behind the extension headers of IPv6. Returns an enum malformed. The verifier
 * looks at functions that are not static once, whoever calls them; it takes their pointers for null
 * until they are tested. */
__noinline int skip_extensions(struct xdp_md* ctx, struct packet* packet) {
  if (!packet) return MALFORMED_IPV6;
  __u32 at = packet->layer4;
  __u8 next = packet->protocol;
  for (int i = 0; i < EXTENSIONS_MAX && is_extension(next); ++i) {
    const enum malformed cut = packet->first_fragment ? MALFORMED_FRAGMENT : MALFORMED_IPV6;
    struct ipv6_extension* header = bytes_at(ctx, at, 8);
    if (!header || at + 8 > packet->stop) return cut;
    const __u8 kind = next;
    __u32 size = (header->length + 1) * 8;
    if (kind == PROTOCOL_AUTHENTICATION) size = (header->length + 2) * 4;
    next = header->next;
    if (kind == PROTOCOL_FRAGMENT) {
      size = 8;
      if (header->fragment & FRAGMENT6_OFFSET) {
        packet->protocol = PROTOCOL_NONE;
        const int overlaps =
            next == PROTOCOL_TCP && (header->fragment & FRAGMENT6_OFFSET) == BE16(8);
        return overlaps ? MALFORMED_FRAGMENT : MALFORMED_NOT;
      }
      if (header->fragment & FRAGMENT6_MORE) packet->first_fragment = 1;
    }
    at += size;
    if (at > packet->stop) return packet->first_fragment ? MALFORMED_FRAGMENT : MALFORMED_IPV6;
  }
  if (is_extension(next)) return MALFORMED_IPV6;
  packet->protocol = next;
  packet->layer4 = at;
  return MALFORMED_NOT;
}

/* Where the payload of TCP begins; 0 and the malformation where it does not. */
static __always_inline __u32 read_tcp(struct xdp_md* ctx, struct packet* packet,
                                      enum malformed* wrong) {
  const enum malformed cut = packet->first_fragment ? MALFORMED_FRAGMENT : MALFORMED_TCP;
  struct tcp* tcp = bytes_at(ctx, packet->layer4, sizeof(*tcp));
  if (!tcp || packet->layer4 + sizeof(*tcp) > packet->stop) {
    *wrong = cut;
    return 0;
  }
  const __u32 header = (tcp->words >> 4) * 4;
  if (header < sizeof(*tcp)) {
    *wrong = MALFORMED_TCP;
    return 0;
  }
  const __u32 payload = packet->layer4 + header;
  if (payload > packet->stop) {
    *wrong = cut;
    return 0;
  }
  packet->source_port = BE16(tcp->source);
  packet->destination_port = BE16(tcp->destination);
  return payload;
}

static __always_inline enum malformed read_udp(struct xdp_md* ctx, struct packet* packet) {
  struct udp* udp = bytes_at(ctx, packet->layer4, sizeof(*udp));
  if (!udp || packet->layer4 + sizeof(*udp) > packet->stop) {
    return packet->first_fragment ? MALFORMED_FRAGMENT : MALFORMED_UDP;
  }
  const __u32 length = BE16(udp->length);
  if (length < sizeof(*udp) && !(length == 0 && packet->jumbogram)) return MALFORMED_UDP;
  if (!packet->first_fragment && packet->layer4 + length > packet->stop) return MALFORMED_UDP;
  packet->source_port = BE16(udp->source);
  packet->destination_port = BE16(udp->destination);
  return MALFORMED_NOT;
}

#endif
