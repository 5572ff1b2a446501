// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Drops packets by rules of addresses, ports, TLS server names and HTTP agents.
 *
 * packet.h reads headers, lists.h asks the lists, tls.h and http.h look into payloads, events.h
 * tells user space; this file is the order in which they decide.
 */
#include "events.h"
#include "http.h"
#include "kernel.h"
#include "layout.h"
#include "lists.h"
#include "maps.h"
#include "packet.h"
#include "tls.h"
#include "wire.h"

/* A packet on its way through the rules. */
struct walk {
  struct config* config;
  __u32 mode;    /* enum mode */
  __u32 allowed; /* MODE_ALLOW: the first rule that names it. */
  struct lookup lookup;
  struct packet packet;
  struct decision decision;
  struct address source;
};

static __always_inline int decide(struct walk* walk, __u32 verdict, __u32 detail) {
  walk->decision.verdict = verdict;
  walk->decision.detail = detail;
  return 1;
}

/* A rule names the packet: whether that decides. */
static __always_inline int named(struct walk* walk, __u32 verdict, __u32 id) {
  if (!id) return 0;
  if (__builtin_expect(walk->mode == MODE_BLOCK, 1)) return decide(walk, verdict, id);
  if (!walk->allowed) walk->allowed = id;
  return 0;
}

static __always_inline int is_banned(struct walk* walk) {
  if (!(features & FEATURE_CHALLENGE) || !walk->config->bans) return 0;
  struct ban* ban = bpf_map_lookup_elem(&bans, &walk->source);
  if (!ban || seconds_now() >= ban->expires) return 0;
  return decide(walk, VERDICT_BANNED, explain ? 0 : ban->expires);
}

static __always_inline int needs_source(const struct walk* walk) {
  return (features & FEATURE_CHALLENGE) && (walk->config->bans || walk->config->challenge);
}

/* Steps over layer 3: whether it decided. */
static __always_inline int judge_ipv4(struct xdp_md* ctx, struct walk* walk) {
  struct ipv4* ip = bytes_at(ctx, walk->packet.layer3, sizeof(*ip));
  if (!ip) return decide(walk, VERDICT_MALFORMED, MALFORMED_IPV4);
  const __be32 source = ip->source;
  const enum malformed wrong = read_ipv4(ip, &walk->packet);
  if (wrong == MALFORMED_IPV4) return decide(walk, VERDICT_MALFORMED, wrong);
  if (needs_source(walk)) {
    walk->source.bytes[10] = walk->source.bytes[11] = 0xff;
    __builtin_memcpy(&walk->source.bytes[12], &source, 4);
    if (is_banned(walk)) return 1;
  }
  if (named(walk, VERDICT_HOST, find_host4(&walk->lookup, source))) return 1;
  if (named(walk, VERDICT_NET, find_net4(&walk->lookup, source))) return 1;
  return wrong ? decide(walk, VERDICT_MALFORMED, wrong) : 0;
}

static __always_inline int judge_ipv6(struct xdp_md* ctx, struct walk* walk) {
  struct ipv6* ip = bytes_at(ctx, walk->packet.layer3, sizeof(*ip));
  if (!ip) return decide(walk, VERDICT_MALFORMED, MALFORMED_IPV6);
  enum malformed wrong = read_ipv6(ip, &walk->packet);
  if (wrong) return decide(walk, VERDICT_MALFORMED, wrong);
  if (needs_source(walk)) {
    __builtin_memcpy(&walk->source, &ip->source, sizeof(walk->source));
    if (is_banned(walk)) return 1;
  }
  if (named(walk, VERDICT_HOST, find_host6(&walk->lookup, &ip->source))) return 1;
  if (named(walk, VERDICT_NET, find_net6(&walk->lookup, &ip->source))) return 1;
  if (!is_extension(walk->packet.protocol)) return 0;
  wrong = skip_extensions(ctx, &walk->packet);
  return wrong ? decide(walk, VERDICT_MALFORMED, wrong) : 0;
}

static __always_inline int judge_ports(struct walk* walk, __u16 use) {
  const __u32 id = find_ports(&walk->lookup, walk->packet.destination_port,
                              walk->packet.source_port, use, &walk->decision.is_source);
  return named(walk, VERDICT_PORT, id);
}

/* What is in the payload of TCP: 1 when it decided; `unread` when it should have been read. */
static __always_inline int judge_payload(struct xdp_md* ctx, struct walk* walk, __u32 payload,
                                         int* unread) {
  struct finding finding = {.payload = payload, .stop = walk->packet.stop};
  if (walk->lookup.used & USED_BITS(LIST_NAMES)) {
    inspect_tls(ctx, &walk->lookup, &walk->config->name_seed, &finding);
  }
  if (finding.verdict == VERDICT_PASS &&
      ((walk->lookup.used & USED_BITS(LIST_AGENTS)) ||
       ((features & FEATURE_CHALLENGE) && walk->config->challenge))) {
    inspect_http(ctx, &walk->lookup, &walk->source, &finding);
  }
  *unread = finding.verdict == VERDICT_UNREAD;
  if (finding.verdict <= VERDICT_LAST_PASS) return 0;
  walk->decision.begin = finding.begin;
  walk->decision.end = finding.end;
  return decide(walk, finding.verdict, finding.id);
}

static __always_inline int judge_layer4(struct xdp_md* ctx, struct walk* walk, int* unread) {
  enum malformed wrong = MALFORMED_NOT;
  if (walk->packet.protocol == PROTOCOL_TCP) {
    const __u32 payload = read_tcp(ctx, &walk->packet, &wrong);
    if (wrong) return decide(walk, VERDICT_MALFORMED, wrong);
    if (judge_ports(walk, PORT_TCP)) return 1;
    return payload < walk->packet.stop ? judge_payload(ctx, walk, payload, unread) : 0;
  }
  if (walk->packet.protocol == PROTOCOL_UDP) {
    wrong = read_udp(ctx, &walk->packet);
    if (wrong) return decide(walk, VERDICT_MALFORMED, wrong);
    return judge_ports(walk, PORT_UDP);
  }
  return 0;
}

/* ICMPv6 that finds neighbours and routers; without it nothing else gets through. */
static __always_inline int is_neighbour_discovery(struct xdp_md* ctx, const struct packet* packet) {
  if (packet->ip != 6 || packet->protocol != PROTOCOL_ICMPV6) return 0;
  __u8* type = bytes_at(ctx, packet->layer4, 1);
  return type && packet->layer4 < packet->stop && *type >= 133 && *type <= 137;
}

static __always_inline void decide_rest(struct xdp_md* ctx, struct walk* walk, int unread) {
  if (__builtin_expect(walk->mode == MODE_BLOCK, 1)) {
    decide(walk, unread ? VERDICT_UNREAD : VERDICT_PASS, 0);
  } else if (walk->allowed) {
    decide(walk, unread ? VERDICT_UNREAD : VERDICT_ALLOWED, walk->allowed);
  } else {
    const int passes = is_neighbour_discovery(ctx, &walk->packet);
    decide(walk, passes ? VERDICT_PASS : VERDICT_NOT_LISTED, 0);
  }
}

static __always_inline void judge(struct xdp_md* ctx, struct walk* walk) {
  enum malformed wrong = MALFORMED_NOT;
  int unread = 0;
  const __be16 type = read_ethernet(ctx, &walk->packet, &wrong);
  if (type == TYPE_IPV4) {
    if (judge_ipv4(ctx, walk)) return;
  } else if (type == TYPE_IPV6) {
    if (judge_ipv6(ctx, walk)) return;
  } else {
    decide(walk, wrong ? VERDICT_MALFORMED : VERDICT_PASS, wrong);
    return;
  }
  if (judge_layer4(ctx, walk, &unread)) return;
  decide_rest(ctx, walk, unread);
}

static __always_inline void count(void* map, __u32 index, __u32 bytes) {
  struct counter* counter = bpf_map_lookup_elem(map, &index);
  if (!counter) return;
  ++counter->packets;
  counter->bytes += bytes;
}

/* The mode now: an allow list that nobody confirms in time blocks nothing any more. */
static __always_inline __u32 mode_of(const struct config* config) {
  if (__builtin_expect(config->mode == MODE_BLOCK, 1)) return MODE_BLOCK;
  const __u32 confirm_by = config->confirm_by;
  return confirm_by != 0 && seconds_now() >= confirm_by ? MODE_BLOCK : MODE_ALLOW;
}

static __always_inline int is_event(const struct config* config, __u32 verdict) {
  if (!(features & FEATURE_EVENTS) || verdict < VERDICT_UNREAD) return 0;
  const __u32 sample = config->sample;
  return sample != 0 && (sample == 1 || bpf_get_prandom_u32() % sample == 0);
}

static __always_inline int has_rule(__u32 verdict) {
  return verdict == VERDICT_ALLOWED ||
         (verdict >= VERDICT_HOST && verdict <= VERDICT_AGENT);
}

SEC("xdp")
int xdp_blacklist(struct xdp_md* ctx) {
  __u32 zero = 0;
  struct walk walk = {};
  walk.config = bpf_map_lookup_elem(&config, &zero);
  if (!walk.config) return XDP_PASS; /* An array has its element 0. */
  walk.packet.length = (features & FEATURE_FRAGS) ? bpf_xdp_get_buff_len(ctx)
                                                  : ctx->data_end - ctx->data;
  walk.mode = mode_of(walk.config);
  walk.lookup.set = walk.config->active & 1;
  walk.lookup.used = walk.config->sets[walk.lookup.set].used & lists;
  if (__builtin_expect(walk.lookup.used & USED_SCOPED, 0)) read_scopes(ctx, &walk.lookup);

  judge(ctx, &walk);
  const __u32 verdict = walk.decision.verdict;
  if (explain) return EXPLAIN(verdict, walk.decision.detail);
  count(&verdicts, verdict, walk.packet.length);
  if (verdict == VERDICT_PASS) return XDP_PASS;
  if (has_rule(verdict)) count(&counters, walk.decision.detail, walk.packet.length);
  if (is_event(walk.config, verdict)) emit_event(ctx, &walk.packet, &walk.decision);
  return verdict <= VERDICT_LAST_PASS ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
