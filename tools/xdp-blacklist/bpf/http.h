/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDP_BLACKLIST_HTTP_H
#define XDP_BLACKLIST_HTTP_H

/*
 * User-Agent and Cookie of an HTTP/1 request, in one segment of TCP. Of each, the first header line
 * counts. Names of headers are of either case and stand at the start of a line; values begin
 * behind blanks and end at the first CR, LF or NUL. The header ends with an empty line; one that
 * does not end within the first 1024 bytes of the payload is unread, unless what is there decides.
 */

#include "lists.h"
#include "tls.h"

#define HEADER_MAX 1024

struct span {
  __u32 begin, end; /* In the payload; end is 0 where there is none. */
};

/* The state of reading a header byte by byte. */
struct header_reader {
  __u32 column; /* Of the line, without CR. */
  __u32 may_be; /* Bits of enum header_name that the line still may be. */
  __u32 value;  /* Bit of the value that is being read; 0: none. */
  __u32 begun;  /* 1: behind its blanks. */
  __u32 ended;  /* The empty line was there. */
  struct span agent, cookie;
};

/* Of one CPU. State that a loop changes is here and not on the stack, where the verifier would
 * follow each of its values. */
struct scratch {
  char payload[HEADER_MAX];
  struct header_reader reader;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratch SEC(".maps");

/* What callbacks get: their context has to be on the stack. */
struct reading {
  struct scratch* scratch;
};

enum header_name { HEADER_AGENT = 1, HEADER_COOKIE = 2 };

static __always_inline void end_value(struct header_reader* reader, __u32 at) {
  struct span* span = reader->value == HEADER_AGENT ? &reader->agent : &reader->cookie;
  if (reader->value == 0) return;
  if (!reader->begun) span->begin = at;
  span->end = at;
  reader->value = 0;
}

static __always_inline void begin_value(struct header_reader* reader, __u32 name) {
  const struct span* span = name == HEADER_AGENT ? &reader->agent : &reader->cookie;
  if (span->end) return;
  reader->value = name;
  reader->begun = 0;
}

static __always_inline void read_name_byte(struct header_reader* reader, char byte) {
  static const char agent[16] = "user-agent:";
  static const char cookie[16] = "cookie:";
  const __u32 column = reader->column;
  if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
  __u32 may_be = reader->may_be;
  if (column >= sizeof(agent) || byte != agent[column % sizeof(agent)]) may_be &= ~HEADER_AGENT;
  if (column >= sizeof(cookie) || byte != cookie[column % sizeof(cookie)]) may_be &= ~HEADER_COOKIE;
  reader->may_be = may_be;
  if (byte != ':') return;
  if (may_be & HEADER_AGENT) begin_value(reader, HEADER_AGENT);
  if (may_be & HEADER_COOKIE) begin_value(reader, HEADER_COOKIE);
}

/* A callback of bpf_loop: 1 ends it. */
static long read_header_byte(__u32 at, const struct reading* reading) {
  struct header_reader* reader = &reading->scratch->reader;
  const char byte = reading->scratch->payload[at % HEADER_MAX];
  if (byte == '\n') {
    end_value(reader, at);
    if (reader->column == 0) {
      reader->ended = 1;
      return 1;
    }
    reader->column = 0;
    reader->may_be = HEADER_AGENT | HEADER_COOKIE;
    return 0;
  }
  if (byte == '\r' || byte == '\0') {
    end_value(reader, at);
    reader->may_be = 0;
    if (byte == '\0') ++reader->column;
    return 0;
  }
  if (reader->value) {
    if (!reader->begun && byte != ' ' && byte != '\t') {
      struct span* span = reader->value == HEADER_AGENT ? &reader->agent : &reader->cookie;
      span->begin = at;
      reader->begun = 1;
    }
  } else if (reader->may_be) {
    read_name_byte(reader, byte);
  }
  ++reader->column;
  return 0;
}

/* A text to look for, with a NUL behind its `length` bytes. */
struct text {
  char bytes[AGENT_MAX_LENGTH + 1];
};
_Static_assert(COOKIE_MAX_LENGTH == AGENT_MAX_LENGTH, "texts have one length");

/* A search for a text, for kernels without bpf_strnstr. */
struct search {
  const struct scratch* scratch;
  const struct text* text;
  __u32 length;
  __u32 begin;
  __u32 found;
};

/* A callback of bpf_loop: whether the text is at the `i`th place. */
static long is_here(__u32 i, struct search* search) {
  const __u32 at = search->begin + i;
  for (__u32 j = 0; j < AGENT_MAX_LENGTH; ++j) {
    if (j >= search->length) break;
    if (search->scratch->payload[(at + j) % HEADER_MAX] != search->text->bytes[j]) return 0;
  }
  search->found = 1;
  return 1;
}

/* Whether `text` of `length` bytes is in the span. */
__noinline int contains(const struct scratch* scratch, const struct span* span,
                        const struct text* text, __u32 length) {
  if (!scratch || !span || !text) return 0;
  if (span->end < span->begin || length > span->end - span->begin) return 0;
  if (features & FEATURE_STRNSTR) {
    const char* begin = &scratch->payload[span->begin % HEADER_MAX];
    return bpf_strnstr(begin, text->bytes, span->end - span->begin) >= 0;
  }
  struct search search = {.scratch = scratch, .text = text, .length = length, .begin = span->begin};
  bpf_loop(span->end - span->begin - length + 1, is_here, &search, 0);
  return search.found;
}

/* The first agent that is in a span. */
struct agent_search {
  void* list;
  const struct scratch* scratch;
  struct span span;
  __u32 id;
};

/* A callback of bpf_loop. */
static long try_agent(__u32 i, struct agent_search* search) {
  struct agent_rule* agent = bpf_map_lookup_elem(search->list, &i);
  if (!agent || agent->rule.id == 0) return 1;
  const __u32 id = active_id(&agent->rule);
  if (!id ||
      !contains(search->scratch, &search->span, (const struct text*)agent->text, agent->length))
    return 0;
  search->id = id;
  return 1;
}

static __always_inline __u32 find_agent(struct lookup* lookup, const struct scratch* scratch,
                                        struct span span) {
  struct agent_search search = {.scratch = scratch, .span = span};
  search.list = active_list(&agents, lookup);
  if (!search.list) return 0;
  bpf_loop(AGENTS_MAX, try_agent, &search, 0);
  return search.id;
}

/* Counts a request that lacks its source's cookie, and bans the source after too many. */
static __always_inline void challenge(struct config* config, const struct address* of,
                                      const struct scratch* scratch, struct header_reader* reader,
                                      struct finding* finding) {
  const struct address source = *of;
  struct cookie* cookie = bpf_map_lookup_elem(&cookies, &source);
  if (!cookie || cookie->length == 0 || cookie->length > COOKIE_MAX_LENGTH) return;
  if (contains(scratch, &reader->cookie, (const struct text*)cookie->text, cookie->length)) return;
  if (!reader->ended) return; /* It may come in the next segment. */
  const __u32 fails = cookie->fails + 1;
  if (!explain) cookie->fails = fails;
  if (fails < config->most_fails) return;
  finding->verdict = VERDICT_CHALLENGE;
  finding->id = fails;
  if (explain) return;
  struct ban ban = {.expires = seconds_now() + config->ban_seconds};
  bpf_map_update_elem(&bans, &source, &ban, 0);
  bpf_map_delete_elem(&cookies, &source);
  config->bans = 1;
}

/* The first 4 bytes of requests. */
static __always_inline int is_request(const __u8* payload) {
  const __u32 word = (__u32)payload[0] << 24 | payload[1] << 16 | payload[2] << 8 | payload[3];
  switch (word) {
    case 0x47455420: /* "GET " */
    case 0x504f5354: /* "POST" */
    case 0x48454144: /* "HEAD" */
    case 0x50555420: /* "PUT " */
    case 0x44454c45: /* "DELE" */
    case 0x4f505449: /* "OPTI" */
    case 0x50415443: /* "PATC" */
    case 0x54524143: /* "TRAC" */
    case 0x434f4e4e: /* "CONN" */ return 1;
  }
  return 0;
}

/* Reads the request that a payload may begin with. */
__noinline int inspect_http(struct xdp_md* ctx, struct lookup* lookup, const struct address* source,
                            struct finding* finding) {
  __u32 zero = 0;
  struct config* settings = bpf_map_lookup_elem(&config, &zero);
  if (!lookup || !settings || !source || !finding) return 0;
  const __u32 payload = finding->payload;
  if (payload + 4 > finding->stop) return 0;
  __u8* begin = bytes_at(ctx, payload, 4);
  if (!begin) finding->verdict = VERDICT_UNREAD; /* It is behind the first buffer. */
  if (!begin || !is_request(begin)) return 0;
  struct scratch* room = bpf_map_lookup_elem(&scratch, &zero);
  if (!room) return 0;
  /* From 0 on, for kernels before 6.8: to them, what is not 0 may be. */
  __u32 last = finding->stop - payload - 1;
  asm volatile("" : "+r"(last));
  if (last >= HEADER_MAX) last = HEADER_MAX - 1;
  asm volatile("" : "+r"(last));
  const __u32 length = last + 1;
  if (bpf_xdp_load_bytes(ctx, payload, room->payload, length) != 0) return 0;
  struct header_reader* reader = &room->reader;
  __builtin_memset(reader, 0, sizeof(*reader));
  struct reading reading = {.scratch = room};
  bpf_loop(length, read_header_byte, &reading, 0);
  end_value(reader, length);
  finding->verdict = reader->ended ? VERDICT_PASS : VERDICT_UNREAD;
  if (lookup->used & USED_BITS(LIST_AGENTS)) {
    const struct span span = reader->agent;
    const __u32 id = find_agent(lookup, room, span);
    if (id) {
      finding->verdict = VERDICT_AGENT;
      finding->id = id;
      finding->begin = payload + span.begin;
      finding->end = payload + span.end;
      return 0;
    }
  }
  if ((features & FEATURE_CHALLENGE) && settings->challenge)
    challenge(settings, source, room, reader, finding);
  return 0;
}

#endif
