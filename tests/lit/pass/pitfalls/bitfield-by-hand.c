// Verify that bits that are no bitfield are left and said.
// RUN: %clang --target=bpf -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S 2>&1 | FileCheck %s

// CHECK: remark: {{.*}}bitfield-by-hand.c:[[#@LINE+7]]:{{[0-9]+}}: not relocated: {{.*}}struct s
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  unsigned lo : 3, hi : 29;
} __attribute__((btf_decl_tag("btfreloc")));

unsigned f(struct s *p) { return *(unsigned *)p & 63; }
