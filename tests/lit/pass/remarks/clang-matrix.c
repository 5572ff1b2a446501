// Verify what is said of an index over rows, whose length in the kernel cannot be asked for.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  int m[2][3][4];
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-matrix.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: struct s.m[1][2][3]: index 2 goes over elements whose size in the kernel cannot be asked for
// ERROR: error: {{.*}}clang-matrix.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: struct s.m[1][2][3]: index 2 goes over elements whose size in the kernel cannot be asked for
int f(struct s *p) { return p->m[1][2][3]; }
