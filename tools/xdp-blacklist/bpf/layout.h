/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_LAYOUT_H
#define XDP_BLACKLIST_LAYOUT_H

/*
 * What the program in the kernel and the tool share: keys and values of maps, what becomes of a
 * packet, events. rust/layout.rs says the same in Rust; a test compares both in BTF.
 *
 * Rules are in lists, of which there are two sets, A and B (0 and 1). config.active is the set that
 * packets are held against. Small changes are made in it; large ones in the other, which then
 * becomes active at once, with one store.
 *
 * Numbers in the byte order of the network are called _be; all others are the machine's.
 */

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Which packets a rule is for. `value` is the index of an interface, the number of a device group
 * (ip link set dev X group N), the inode number of a network namespace; 0 for all packets. */
enum scope_kind {
  SCOPE_ANY,
  SCOPE_INTERFACE,
  SCOPE_GROUP,
  SCOPE_NETNS,
  SCOPE_KINDS,
};

/* Lists of rules. `used` in a set has bit 4 * list + scope_kind when there is such a rule; a list
 * whose bits are 0 is not looked at. A bit that is set too long costs time, and payloads that are
 * looked into for nothing may be told as unread. */
enum list {
  LIST_HOSTS4,
  LIST_NETS4,
  LIST_HOSTS6,
  LIST_NETS6,
  LIST_PORTS,
  LIST_NAMES,  /* of any scope only */
  LIST_AGENTS, /* of any scope only */
  LISTS,
};
#define USED_BIT(list, scope_kind) (1U << (4 * (list) + (scope_kind)))
#define USED_BITS(list) (0xfU << (4 * (list)))
#define USED_OF_SCOPE(scope_kind) (0x1111111U << (scope_kind))

/* A rule by its number, which is the index of its counters; 0 is no rule. */
struct rule {
  __u32 id;
  __u32 expires; /* In seconds of CLOCK_BOOTTIME; from then on it is as if it were not there. 0:
                    never. */
};
#define RULE_IDS_MAX (1U << 24)

struct host4_key {
  __u32 scope;
  __u32 scope_value;
  __u32 address_be;
};

struct host6_key {
  __u32 scope;
  __u32 scope_value;
  __u8 address[16];
};

/* Bits of a prefix that are the scope's. */
#define NET_SCOPE_BITS 64

struct net4_key {
  __u32 prefixlen; /* In bits: NET_SCOPE_BITS + those of the address. */
  __u32 scope;
  __u32 scope_value;
  __u32 address_be;
};

struct net6_key {
  __u32 prefixlen;
  __u32 scope;
  __u32 scope_value;
  __u8 address[16];
};

/* Which of the four rules of a port: a sum of these. */
enum port_use {
  PORT_TCP = 0,
  PORT_UDP = 1,
  PORT_DESTINATION = 0,
  PORT_SOURCE = 2,
  PORT_USES = 4,
};

/* Of any scope, by the port. Rules of several ports have the same id in each. */
struct port_rules {
  struct rule use[PORT_USES];
};

/* Of one scope. */
struct scoped_port_key {
  __u32 scope;
  __u32 scope_value;
  __u16 port;
  __u16 use; /* enum port_use */
};

/* A server name by a hash of its lower-case letters, from the last to the first:
 *   a = (a ^ letter) * NAME_PRIME_A, b = (b + letter) * NAME_PRIME_B (mod 2^64)
 * starting from config.name_seed, which nobody else knows, so that nobody can make two names meet.
 * The rule below `ads.net` is found by the hash of `ads.net`. */
struct name_key {
  __u64 a;
  __u64 b;
};
#define NAME_PRIME_A 0x00000100000001b3ULL
#define NAME_PRIME_B 0x9e3779b97f4a7c15ULL
#define NAME_MAX_LENGTH 253

struct name_rules {
  struct rule exact; /* ads.net */
  struct rule below; /* *.ads.net, all names that end in .ads.net */
  char name[256];    /* ads.net, for the tool */
};

/* What a User-Agent must not contain. The first whose id is 0 ends the list. */
#define AGENTS_MAX 16
#define AGENT_MAX_LENGTH 63
struct agent_rule {
  struct rule rule;
  __u32 length; /* In bytes, without the NUL. */
  char text[AGENT_MAX_LENGTH + 1];
};

/* Of one CPU. */
struct counter {
  __u64 packets;
  __u64 bytes;
};

/* What becomes of a packet and why; the index of its counters. Up to VERDICT_LAST_PASS it passes,
 * from then on it is dropped. */
enum verdict {
  VERDICT_PASS,    /* No rule is for it, or it is neither IPv4 nor IPv6. */
  VERDICT_ALLOWED, /* Only what rules name passes, and one does. */
  VERDICT_UNREAD,  /* A ClientHello or request whose name or agent could not be read. Passes. */
  VERDICT_HOST,    /* An address in a list of hosts. */
  VERDICT_NET,     /* An address in a list of prefixes. */
  VERDICT_PORT,
  VERDICT_NAME,
  VERDICT_AGENT,
  VERDICT_BANNED,     /* A source that failed the cookie before. */
  VERDICT_CHALLENGE,  /* The request that fails the cookie once too often. */
  VERDICT_NOT_LISTED, /* Only what rules name passes, and none does. */
  VERDICT_MALFORMED,  /* See enum malformed. */
  VERDICTS,
};
#define VERDICT_LAST_PASS VERDICT_UNREAD

/* Why a packet is malformed. */
enum malformed {
  MALFORMED_NOT,
  MALFORMED_ETHERNET, /* Shorter than its header. */
  MALFORMED_VLAN,     /* Cut within a tag, or more tags than two. */
  MALFORMED_IPV4,     /* Version, lengths or a cut header. */
  MALFORMED_IPV6,     /* Version, lengths, a cut header, or more than 8 extension headers. */
  MALFORMED_FRAGMENT, /* Overlaps the TCP header (RFC 3128), or the first ends within a header. */
  MALFORMED_TCP,      /* Cut within the header, or a data offset that makes no sense. */
  MALFORMED_UDP,      /* Cut within the header, or a length that makes no sense. */
  MALFORMED_KINDS,
};

enum mode {
  MODE_BLOCK, /* What rules name is dropped. */
  MODE_ALLOW, /* What rules of addresses and ports do not name is dropped. */
};

/* The rules of a set that are not in maps of their own. */
struct rule_set {
  __u32 used;     /* USED_BIT */
  __u32 reserved; /* 0 */
};

/* The one value of the map `config`. */
struct config {
  __u32 active; /* Which set: 0 or 1. */
  __u32 mode;   /* enum mode */
  /* In seconds of CLOCK_BOOTTIME: from then on the mode is MODE_BLOCK, whatever `mode` says. 0:
   * confirmed. */
  __u32 confirm_by;
  __u32 sample; /* One of so many drops is an event, by chance; 0: none, 1: all. */
  struct rule_set sets[2];
  struct name_key name_seed;
  __u32 next_id;    /* For the tool: ids from here on were never given. */
  __u32 challenge;  /* 1: hold requests against `cookies`. */
  __u32 bans;       /* 1: there may be bans. */
  __u32 most_fails; /* Requests without the cookie before a source is banned. */
  __u32 ban_seconds;
  __u32 features; /* For the tool: what the program was loaded with. */
};

/* An address of either family; IPv4 as ::ffff:a.b.c.d. Key of `cookies` and `bans`. */
struct address {
  __u8 bytes[16];
};

/* What requests of an address have to say in their Cookie. Written by the server of the page. */
#define COOKIE_MAX_LENGTH 63
struct cookie {
  __u32 fails;
  __u32 length; /* In bytes, without the NUL. */
  char text[COOKIE_MAX_LENGTH + 1];
};

struct ban {
  __u32 expires; /* In seconds of CLOCK_BOOTTIME. */
  __u32 reserved;
};

/* Features of a program, chosen when it is loaded: what is left out is no code at all. */
enum feature {
  FEATURE_KERNEL_CONTEXT = 1 << 0, /* bpf_cast_to_kern_ctx: scopes by group and namespace. */
  FEATURE_EVENTS = 1 << 1,
  FEATURE_FRAGS = 1 << 2,     /* Packets in several buffers. */
  FEATURE_CHALLENGE = 1 << 3, /* The cookie. */
  FEATURE_STRNSTR = 1 << 4,   /* bpf_strnstr, from 6.17 on. */
};

/* In config.features: the program was loaded without a list (its constant `lists`). */
#define FEATURE_NO_LIST(list) (1U << (16 + (list)))

/* What a program's source knows at all is its constant `known`: features, and scopes as bits of
 * enum scope_kind. In config.features, scopes that it does not know. */
#define KNOWN_SCOPES(kinds) ((kinds) << 8)
#define FEATURE_NO_SCOPE(kind) (1U << (24 + (kind)))

/* With `explain` set when it is loaded, the program changes nothing and returns what it would do:
 * the verdict, and above it the id of the rule, the enum malformed or the number of fails. */
#define EXPLAIN(verdict, detail) ((verdict) | (detail) << 8)
#define EXPLAIN_VERDICT(value) ((value) & 0xff)
#define EXPLAIN_DETAIL(value) ((value) >> 8)

/*
 * Events are a tagged union: the tags are how btfreloc writes them, and the BTF of the program is
 * all that a reader needs. The first member of each variant is `kind`.
 */
#ifdef __bpf__
#define TAG(text) __attribute__((btf_decl_tag(text)))

/* What was dropped, or passed unread. The discriminant is the verdict. */
struct what {
  union {
    TAG("discriminant") struct {
      __u32 kind; /* enum verdict */
    };
    struct {
      __u32 : 32;
      enum malformed reason;
    } malformed TAG("discriminant=11");
    struct {
      __u32 : 32;
      __u32 rule;
    } drop_host TAG("discriminant=3");
    struct {
      __u32 : 32;
      __u32 rule;
    } drop_net TAG("discriminant=4");
    struct {
      __u32 : 32;
      __u32 rule;
      __u16 port;
      __u8 is_source; /* 1 or 0 */
    } drop_port TAG("discriminant=5");
    struct {
      __u32 : 32;
      __u32 rule;
      char name[64]; /* Its last 63 letters. */
    } drop_name TAG("discriminant=6");
    struct {
      __u32 : 32;
      __u32 rule;
      char agent[64]; /* Its first 63 letters. */
    } drop_agent TAG("discriminant=7");
    struct {
      __u32 : 32;
      __u32 until; /* In seconds of CLOCK_BOOTTIME. */
    } drop_banned TAG("discriminant=8");
    struct {
      __u32 : 32;
      __u32 fails;
    } drop_challenge TAG("discriminant=9");
    struct {
      __u32 : 32;
    } drop_not_listed TAG("discriminant=10");
    struct {
      __u32 : 32;
    } pass_unread TAG("discriminant=2");
  };
};

struct event {
  __u64 time; /* In nanoseconds of CLOCK_BOOTTIME. */
  __u32 length;
  __u32 interface; /* Index. */
  __u32 group;
  __u32 netns; /* Inode number; 0 when it is not known. */
  char device[16];
  __u8 ip;       /* 4 or 6; 0: of another kind, or not known. */
  __u8 protocol; /* Of layer 4. */
  __u16 source_port;
  __u16 destination_port;
  __u16 reserved;
  struct address source;
  struct address destination;
  struct what what;
};

#endif /* __bpf__ */
#endif
