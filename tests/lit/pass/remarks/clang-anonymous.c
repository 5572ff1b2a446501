// Verify what is said of a member of an anonymous record without a typedef, which no relocation can
// name.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc"))) *p;

// REMARK: remark: {{.*}}clang-anonymous.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: struct (anonymous).b: struct (anonymous) has no name to ask the kernel for
// ERROR: error: {{.*}}clang-anonymous.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: struct (anonymous).b: struct (anonymous) has no name to ask the kernel for
int f(void) { return p->b; }
