// Verify that strict in the environment makes clang fail.
// RUN: env BTFRELOC_PASS=strict not %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

// CHECK: environment-strict.c:[[#@LINE+6]]:{{[0-9]+}}: error: {{.*}}btfreloc:

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));

int f(struct task *t) { return *(short *)((char *)t + 2); }
