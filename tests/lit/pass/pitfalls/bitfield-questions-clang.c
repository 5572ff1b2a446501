// Verify that the relocations of a bitfield that is read are those that clang's builtins make.
// RUN: %clang --target=bpf -g -O2 -DBUILTINS -c %s -o %t.clang.o
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.clang.o | grep -oE '(byte|[lr]shift)_.*' | sort -u > %t.clang.txt
// RUN: btfreloc dump --core %t.o | grep -oE '(byte|[lr]shift)_.*' | sort -u > %t.txt
// RUN: diff %t.clang.txt %t.txt
// RUN: FileCheck %s < %t.txt

// CHECK: lshift_u64 {{ *}}s.mid

#ifdef BUILTINS
#define RELOC __attribute__((preserve_access_index))
#else
#define RELOC __attribute__((btf_decl_tag("btfreloc")))
#endif
struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} RELOC;

#ifdef BUILTINS
#define ASK(kind) __builtin_preserve_field_info(p->mid, kind)
unsigned f(struct s *p) { return ASK(0) + ASK(1) + ASK(4) + ASK(5); }
#else
unsigned f(struct s *p) { return p->mid; }
#endif
