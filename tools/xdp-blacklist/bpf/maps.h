/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_MAPS_H
#define XDP_BLACKLIST_MAPS_H

#include "kernel.h"
#include "layout.h"

/* Two maps of a list, one for each set. How many rules the inner ones take is for the tool to say,
 * which creates them. */
#define LIST_OF(name, inner)                  \
  struct {                                    \
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); \
    __uint(max_entries, 2);                   \
    __type(key, __u32);                       \
    __array(values, struct inner);            \
  } name SEC(".maps")

#define HASH(key_type, value_type)        \
  {                                       \
    __uint(type, BPF_MAP_TYPE_HASH);      \
    __uint(map_flags, BPF_F_NO_PREALLOC); \
    __uint(max_entries, 16384);           \
    __type(key, key_type);                \
    __type(value, value_type);            \
  }

#define TRIE(key_type, value_type)        \
  {                                       \
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);  \
    __uint(map_flags, BPF_F_NO_PREALLOC); \
    __uint(max_entries, 16384);           \
    __type(key, key_type);                \
    __type(value, value_type);            \
  }

#define ARRAY(entries, value_type)    \
  {                                   \
    __uint(type, BPF_MAP_TYPE_ARRAY); \
    __uint(max_entries, entries);     \
    __type(key, __u32);               \
    __type(value, value_type);        \
  }

struct hosts4_map HASH(struct host4_key, struct rule);
struct nets4_map TRIE(struct net4_key, struct rule);
struct hosts6_map HASH(struct host6_key, struct rule);
struct nets6_map TRIE(struct net6_key, struct rule);
struct ports_map ARRAY(65536, struct port_rules);
struct scoped_ports_map HASH(struct scoped_port_key, struct rule);
struct names_map HASH(struct name_key, struct name_rules);
struct agents_map ARRAY(AGENTS_MAX, struct agent_rule);

/* clang describes a record that is only pointed to from inside a record, as keys and values of
 * inner maps are, as unknown. A pointer outside of them makes it known; nobody reads it. */
struct keys_and_values {
  struct host4_key host4;
  struct net4_key net4;
  struct host6_key host6;
  struct net6_key net6;
  struct scoped_port_key scoped_port;
  struct rule rule;
  struct port_rules ports;
  struct name_key name;
  struct name_rules names;
  struct agent_rule agent;
};
const struct keys_and_values* const volatile keys_and_values = 0;

LIST_OF(hosts4, hosts4_map);
LIST_OF(nets4, nets4_map);
LIST_OF(hosts6, hosts6_map);
LIST_OF(nets6, nets6_map);
LIST_OF(ports, ports_map);
LIST_OF(scoped_ports, scoped_ports_map);
LIST_OF(names, names_map);
LIST_OF(agents, agents_map);

struct ARRAY(1, struct config) config SEC(".maps");

/* By enum verdict. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, VERDICTS);
  __type(key, __u32);
  __type(value, struct counter);
} verdicts SEC(".maps");

/* By the id of a rule. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 131072);
  __type(key, __u32);
  __type(value, struct counter);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 18); /* In bytes. */
} events SEC(".maps");

/* What requests have to say, by their source. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, struct address);
  __type(value, struct cookie);
} cookies SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, struct address);
  __type(value, struct ban);
} bans SEC(".maps");

/* Chosen when the program is loaded; the verifier takes out what they rule out. */
const volatile __u32 features = FEATURE_KERNEL_CONTEXT | FEATURE_EVENTS | FEATURE_CHALLENGE;
const volatile __u32 lists = ~0U; /* USED_BIT of what may ever be used. */
/* For the tool: what it may ask for. */
const volatile __u32 known = FEATURE_KERNEL_CONTEXT | FEATURE_EVENTS | FEATURE_FRAGS |
                             FEATURE_CHALLENGE | FEATURE_STRNSTR |
                             KNOWN_SCOPES((1 << SCOPE_KINDS) - 1);
const volatile __u32 explain = 0; /* See EXPLAIN. */

#endif
