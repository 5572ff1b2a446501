// Verify what is said of a member of a record without a name that a pointer is cast to.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  struct {
    int x;
    short y;
  } in;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-cast-to-anonymous.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: {{.*}}struct (anonymous)
// ERROR: error: {{.*}}clang-cast-to-anonymous.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: {{.*}}struct (anonymous)
int f(struct s *s, void *p) { return ((__typeof__(s->in) *)p)->y; }
