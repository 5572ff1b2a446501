// Verify that the way back from a member to its record is said to be this program's.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S 2>&1 | FileCheck %s

// CHECK: remark: {{.*}}container-of.c:[[#@LINE+9]]:{{[0-9]+}}: not relocated: {{.*}}back 8 bytes

struct s {
  int a;
  int b;
  long member;
} __attribute__((btf_decl_tag("btfreloc")));

int f(long *m) {
  struct s *p = (struct s *)((char *)m - __builtin_offsetof(struct s, member));
  return p->b;
}
