// Verify what is said of a pointer to a record that is made by going back from a member.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  int b, c;
  long a;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-backwards-pointer.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: a pointer to struct s is made by going back 8 bytes, as this program has them
// ERROR: error: {{.*}}clang-backwards-pointer.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: a pointer to struct s is made by going back 8 bytes, as this program has them
struct s *f(long *m) { return (struct s *)((char *)m - 8); }
