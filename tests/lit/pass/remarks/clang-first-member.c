// Verify what is said of a pointer to the first member that becomes one to the record.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %t.ll 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %t.ll 2>&1 | FileCheck --check-prefix=ERROR %s

struct s {
  long a;
  int b;
} __attribute__((btf_decl_tag("btfreloc")));

// REMARK: remark: {{.*}}clang-first-member.c:[[#@LINE+2]]:{{[0-9]+}}: not relocated: a pointer to the first member of struct s becomes one to the record, as this program has it
// ERROR: error: {{.*}}clang-first-member.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: a pointer to the first member of struct s becomes one to the record, as this program has it
struct s *f(long *m) { return (struct s *)m; }
