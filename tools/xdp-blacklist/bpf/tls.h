/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_TLS_H
#define XDP_BLACKLIST_TLS_H

/*
 * The server name that a TLS client asks for, in one segment of TCP:
 *
 *   record: type 22, version (2 bytes), length (2), then
 *   ClientHello: type 1, length (3), version (2), random (32), and behind lengths of 1, 2, 1 and 2
 *   bytes: session, cipher suites, compressions, extensions
 *   extension: type (2), length (2); of type 0: length of a list (2), kind 0, length (2), the name
 *
 * Source: RFC 8446, section 4.1.2; RFC 6066, section 3. The extensions may be missing. Whatever is
 * cut, by the segment or by the record, or contradicts itself is unread. So is a name behind more
 * than 32 extensions, or of more than 253 bytes, or empty. One dot at the end of a name is taken
 * off.
 */

#include "lists.h"
#include "packet.h"

/* A payload and what was found in it. */
struct finding {
  __u32 payload, stop; /* Of the payload in the frame. */
  __u32 verdict;       /* VERDICT_PASS: nothing; VERDICT_UNREAD; what drops it. */
  __u32 id;
  __u32 begin, end; /* Of the name or agent in the frame. */
};

#define EXTENSIONS_READ 32

/* Looks for the rule of a name, or of those below it. Decides when there is one. */
__noinline int look_up_name(struct lookup* lookup, struct name_key* hash, int below,
                            struct finding* finding) {
  if (!lookup || !hash || !finding) return 0;
  const struct name_key key = *hash;
  void* list = active_list(&names, lookup);
  if (!list) return 0;
  struct name_rules* rules = bpf_map_lookup_elem(list, &key);
  if (!rules) return 0;
  const __u32 id = active_id(below ? &rules->below : &rules->exact);
  if (!id) return 0;
  finding->verdict = VERDICT_NAME;
  finding->id = id;
  return 1;
}

/* Without a branch: the verifier would follow both ways of each letter. */
static __always_inline __u8 lower_case(__u8 letter) {
  __u32 from_a = (__u8)(letter - 'A');
  asm volatile("" : "+r"(from_a));
  return letter | ((from_a - 26) >> 31) << 5;
}

/* Holds a name and what is behind each of its dots against the list, from its end on. This and what
 * it calls are functions of their own so that the verifier follows the loop once, wherever among
 * the extensions the name is, and each round in few ways. */
__noinline int match_name(struct xdp_md* ctx, struct lookup* lookup, const struct name_key* seed,
                          struct finding* finding) {
  if (!lookup || !seed || !finding) return 0;
  const __u32 length = finding->end - finding->begin;
  if (length == 0 || length > NAME_MAX_LENGTH) return 0;
  __u8* name = bytes_at(ctx, finding->begin, 1);
  if (!name) return 0;
  struct name_key hash = *seed;
  int found = 0;
  for (__u32 i = 0; i < NAME_MAX_LENGTH && i < length; ++i) {
    __u32 back = length - 1 - i;
    asm volatile("" : "+r"(back));
    back &= 0xff;
    __u8* byte = name + back;
    if ((void*)(byte + 1) > end_of(ctx)) return 0;
    const __u8 letter = lower_case(*byte);
    if (letter == '.' && !found) found = look_up_name(lookup, &hash, 1, finding);
    hash.a = (hash.a ^ letter) * NAME_PRIME_A;
    hash.b = (hash.b + letter) * NAME_PRIME_B;
  }
  /* The rule for the whole name comes first. */
  look_up_name(lookup, &hash, 0, finding);
  return 0;
}

/* `at` is the server_name extension, which ends before `stop`. */
static __always_inline void read_name(struct xdp_md* ctx, struct lookup* lookup,
                                      const struct name_key* seed, __u32 at, __u32 stop,
                                      struct finding* finding) {
  __u8* entry = bytes_at(ctx, at, 5);
  if (!entry || at + 5 > stop) return;
  __u32 length = (__u32)entry[3] << 8 | entry[4];
  const __u32 list = (__u32)entry[0] << 8 | entry[1];
  if (entry[2] != 0 || length == 0 || 3 + length > list || at + 2 + list > stop) return;
  __u32 last = at + 5 + length - 1;
  __u8* letter = bytes_at(ctx, last, 1);
  if (!letter) return;
  if (*letter == '.') --length;
  if (length == 0 || length > NAME_MAX_LENGTH) return;
  finding->verdict = VERDICT_PASS;
  finding->begin = at + 5;
  finding->end = at + 5 + length;
  match_name(ctx, lookup, seed, finding);
}

/* Past a vector whose length is in its first byte or two; more than any packet when it is cut. */
static __always_inline __u32 skip_vector(struct xdp_md* ctx, __u32 at, __u32 length_bytes) {
  __u8* length = bytes_at(ctx, at, length_bytes);
  if (!length) return FURTHEST_OFFSET;
  if (length_bytes == 1) return at + 1 + length[0];
  return at + 2 + ((__u32)length[0] << 8 | length[1]);
}

/* Where the ClientHello says that it ends; 0 where it is cut before it says so. */
static __always_inline __u32 hello_end(struct xdp_md* ctx, __u32 payload) {
  __u8* length = bytes_at(ctx, payload + 6, 3);
  if (!length) return 0;
  return payload + 9 + ((__u32)length[0] << 16 | (__u32)length[1] << 8 | length[2]);
}

/* Reads the ClientHello that a payload may begin with. */
__noinline int inspect_tls(struct xdp_md* ctx, struct lookup* lookup, const struct name_key* seed,
                           struct finding* finding) {
  if (!lookup || !seed || !finding) return 0;
  const __u32 payload = finding->payload;
  if (payload + 6 > finding->stop) return 0;
  __u8* hello = bytes_at(ctx, payload, 6);
  if (hello && (hello[0] != 22 || hello[5] != 1)) return 0;
  finding->verdict = VERDICT_UNREAD;
  if (!hello) return 0; /* It is behind the first buffer. */
  const __u32 hello_stop = hello_end(ctx, payload);
  const __u32 record_stop = payload + 5 + ((__u32)hello[3] << 8 | hello[4]);
  __u32 stop = record_stop < finding->stop ? record_stop : finding->stop;
  if (hello_stop < stop) stop = hello_stop;
  __u32 at = skip_vector(ctx, payload + 43, 1);
  at = skip_vector(ctx, at, 2);
  at = skip_vector(ctx, at, 1);
  if (at == hello_stop && at <= stop) finding->verdict = VERDICT_PASS;
  if (at + 2 > stop) return 0;
  const __u32 all = skip_vector(ctx, at, 2);
  at += 2;
  if (all > hello_stop) return 0;
  for (int i = 0; i <= EXTENSIONS_READ; ++i) {
    if (at == all) {
      finding->verdict = VERDICT_PASS; /* It asks for no name. */
      return 0;
    }
    if (at + 4 > all || i == EXTENSIONS_READ) return 0;
    __u8* extension = bytes_at(ctx, at, 4);
    if (!extension || at + 4 > stop) return 0;
    const __u32 type = (__u32)extension[0] << 8 | extension[1];
    const __u32 next = at + 4 + ((__u32)extension[2] << 8 | extension[3]);
    if (next > all) return 0;
    if (type == 0) {
      read_name(ctx, lookup, seed, at + 4, stop < next ? stop : next, finding);
      return 0;
    }
    at = next;
  }
  return 0;
}

#endif
