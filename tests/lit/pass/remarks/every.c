// Verify that strict reports every access, not only the first.
// RUN: env BTFRELOC_PASS=strict not %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

struct s {
  long a;
  int b;
} __attribute__((btf_decl_tag("btfreloc")));

// CHECK: every.c:[[#@LINE+1]]:{{[0-9]+}}: error: btfreloc:
int f(struct s *p) { return *(int *)((char *)p + 4); }
// CHECK: every.c:[[#@LINE+1]]:{{[0-9]+}}: error: btfreloc:
int g(struct s *p) { return *(int *)((char *)p + 4); }
