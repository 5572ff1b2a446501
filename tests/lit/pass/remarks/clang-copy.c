// Verify that a copy of a member that is a record is reported: the copy has the kernel's layout.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct inner {
  int x, y;
};
struct s {
  long a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-copy.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: 8 bytes of struct inner are copied as they are, with the kernel's layout and this program's size
// ERROR: error: {{.*}}clang-copy.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: 8 bytes of struct inner are copied as they are, with the kernel's layout and this program's size
void f(struct s *p, struct inner *to) { __builtin_memcpy(to, &p->in, sizeof(*to)); }
