// Verify what is said of an index over records that have no name.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  struct {
    int x, y;
  } list[4][2];
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-elements.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: an index over elements of struct (anonymous), whose size in the kernel cannot be asked for
// ERROR: error: {{.*}}clang-elements.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: an index over elements of struct (anonymous), whose size in the kernel cannot be asked for
int f(struct s *p, long i) { return p->list[1][i].y; }
