// Verify what is said of an access that two members of an anonymous union fit: the union has no
// name that a relocation could end with.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  union {
    int x;
    unsigned y;
  };
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-unnamed-member.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: struct s.(anonymous): a member without a name; which of those in it is meant cannot be told
// ERROR: error: {{.*}}clang-unnamed-member.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: struct s.(anonymous): a member without a name; which of those in it is meant cannot be told
int f(struct s *p) { return p->x; }
