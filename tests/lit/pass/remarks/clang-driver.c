// Verify that clang itself shows the remarks that -Rpass-missed=btfreloc asks for.
// RUN: %clang --target=bpf -g -O2 -Rpass-missed=btfreloc -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

struct s {
  long a;
  int b;
} __attribute__((btf_decl_tag("btfreloc")));

// CHECK: clang-driver.c:[[#@LINE+1]]:{{[0-9]+}}: remark: not relocated: 4 bytes at offset 4 of struct s: no member is named [-Rpass-missed=btfreloc]
int f(struct s *p) { return *(int *)((char *)p + 4); }
