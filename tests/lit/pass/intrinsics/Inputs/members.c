#ifndef RELOC
#define RELOC __attribute__((preserve_access_index))
#endif
#pragma clang attribute push(RELOC, apply_to = record)
struct inner {
  int x, y;
};
struct s {
  long a;
  int arr[8];
  struct inner in;
  union {
    long all;
    struct inner part;
  } u;
  unsigned lo : 3, hi : 5;
  struct s *next;
  struct inner list[4];
};
typedef struct {
  int n;
} anon_t;
#pragma clang attribute pop

long first(struct s *p) { return p->a; }
int element(struct s *p) { return p->arr[3]; }
int variable(struct s *p, long i) { return p->arr[i]; }
int nested(struct s *p) { return p->in.y; }
int in_union(struct s *p) { return p->u.part.y; }
int bitfield(struct s *p) { return p->hi; }
int chain(struct s *p) { return p->next->next->in.x; }
int list(struct s *p, long i) { return p->list[i].y; }
int pointer(struct s *p) { return p[2].in.x; }
int *address(struct s *p) { return &p->in.y; }
int from_typedef(anon_t *p) { return p->n; }
void write(struct s *p) { p->in.x = 7; }
