// Verify what is said of a cast of the whole record in C: no member is named.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  int b;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-no-member-named.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: 4 bytes at offset 4 of struct s: no member is named
// ERROR: error: {{.*}}clang-no-member-named.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: 4 bytes at offset 4 of struct s: no member is named
int f(struct s *p) { return *(int *)((char *)p + 4); }
