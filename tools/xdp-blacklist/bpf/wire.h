/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_WIRE_H
#define XDP_BLACKLIST_WIRE_H

/* Headers as they are on the wire, which no kernel changes: they need no relocations, and the
 * kernel's records of the same names would get some. Numbers are big-endian. */

struct ethernet {
  __u8 destination[6];
  __u8 source[6];
  __be16 type;
};

struct vlan {
  __be16 tag;
  __be16 type;
};

struct ipv4 {
  __u8 version_words; /* Version, and the length of the header in words of 4 bytes. */
  __u8 tos;
  __be16 length; /* Of header and payload. */
  __be16 id;
  __be16 fragment; /* Flags, and the offset in units of 8 bytes. */
  __u8 ttl;
  __u8 protocol;
  __be16 checksum;
  __be32 source;
  __be32 destination;
};

/* As it lies in the header: not at a multiple of 8. */
struct address6 {
  __u64 halves[2];
} __attribute__((packed, aligned(4)));

struct ipv6 {
  __be32 version_class_flow;
  __be16 length; /* Of what follows this header. */
  __u8 next;
  __u8 hops;
  struct address6 source;
  struct address6 destination;
};

/* The beginning of each extension header. */
struct ipv6_extension {
  __u8 next;
  __u8 length;
  __be16 fragment; /* Of the fragment header: the offset in its upper 13 bits, and "more". */
};

struct tcp {
  __be16 source;
  __be16 destination;
  __be32 sequence;
  __be32 acknowledged;
  __u8 words; /* Upper half: the length of the header in words of 4 bytes. */
  __u8 flags;
  __be16 window;
  __be16 checksum;
  __be16 urgent;
};

struct udp {
  __be16 source;
  __be16 destination;
  __be16 length; /* Of header and payload. */
  __be16 checksum;
};

#define BE16(x) __builtin_bswap16(x)

enum {
  TYPE_IPV4 = BE16(0x0800),
  TYPE_IPV6 = BE16(0x86dd),
  TYPE_VLAN = BE16(0x8100),
  TYPE_QINQ = BE16(0x88a8),
};

#define FRAGMENT_OFFSET BE16(0x1fff)
#define FRAGMENT_MORE BE16(0x2000)
#define FRAGMENT6_OFFSET BE16(0xfff8)
#define FRAGMENT6_MORE BE16(0x0001)

enum {
  PROTOCOL_HOP_BY_HOP = 0,
  PROTOCOL_TCP = 6,
  PROTOCOL_UDP = 17,
  PROTOCOL_ROUTING = 43,
  PROTOCOL_FRAGMENT = 44,
  PROTOCOL_AUTHENTICATION = 51,
  PROTOCOL_ICMPV6 = 58,
  PROTOCOL_OPTIONS = 60,
  /* Ours, where there is nothing to read of layer 4. */
  PROTOCOL_NONE = 255,
};

#endif
