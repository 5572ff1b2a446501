// Verify what is said of a bitfield at the beginning of a record that is read by a pointer of
// another type.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  unsigned lo : 3, hi : 29;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-first-bits.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: what may be a bitfield of struct s, by a pointer that is not of its type
// ERROR: error: {{.*}}clang-first-bits.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: what may be a bitfield of struct s, by a pointer that is not of its type
unsigned f(void *p) { return ((struct s *)p)->lo; }
