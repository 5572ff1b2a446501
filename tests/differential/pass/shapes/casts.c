/* One pointer seen as several records. */
#include "shapes.h"

struct sock {
  u32 family;
  u32 mark;
  u64 cookie;
} RELOCATABLE;

struct inet_sock {
  struct sock sk;
  u16 sport;
  u32 saddr;
} RELOCATABLE;

struct tcp_sock {
  struct inet_sock inet;
  u32 snd_cwnd;
} RELOCATABLE;

struct unrelated {
  u64 a;
  u32 b;
  u32 c;
} RELOCATABLE;

struct hlist {
  struct hlist* next;
} RELOCATABLE;

struct entry {
  u64 key;
  struct hlist node;
  u32 value;
} RELOCATABLE;

u64 outer_of_sock(struct sock* sk) { return ((struct tcp_sock*)sk)->snd_cwnd; }
u64 outer_of_sock_to_variable(struct sock* sk) {
  struct tcp_sock* tp = (struct tcp_sock*)sk;
  return tp->snd_cwnd + sk->mark;
}
u64 inner_of_tcp_sock(struct tcp_sock* tp) { return ((struct sock*)tp)->mark; }
u64 inner_of_tcp_sock_first(struct tcp_sock* tp) { return ((struct sock*)tp)->family; }
u64 outer_then_nested(struct sock* sk) { return ((struct tcp_sock*)sk)->inet.sk.mark; }
u64 unrelated_cast(struct sock* sk) { return ((struct unrelated*)sk)->c; }
#if __clang_major__ >= 16 /* clang 15 crashes */
u64 cast_of_address_of_member(struct inet_sock* i) { return ((struct unrelated*)&i->sport)->b; }
#endif
u64 container_of_entry(struct hlist* node) {
  struct entry* e = (struct entry*)((char*)node - __builtin_offsetof(struct entry, node));
  return e->value;
}
u64 container_of_chain(struct entry* e) {
  struct hlist* next = e->node.next;
  return ((struct entry*)((char*)next - __builtin_offsetof(struct entry, node)))->value;
}
u64 cast_of_address_to_same(struct inet_sock* i) { return ((struct sock*)&i->sk)->mark; }
u64 cast_through_void(void* p) {
  struct sock* sk = p;
  return sk->mark;
}
u64 cast_to_const(struct sock* sk) {
  const struct sock* view = sk;
  return view->mark;
}
u64 cast_of_sum(u8* p) { return ((struct sock*)(p + 64))->mark; }
u64 cast_of_variable_sum(u8* p, u64 n) { return ((struct sock*)(p + n))->mark; }
u64 conditional_of_casts(struct tcp_sock* tp, struct sock* sk, u64 c) {
  return (c ? (struct sock*)tp : sk)->mark;
}
