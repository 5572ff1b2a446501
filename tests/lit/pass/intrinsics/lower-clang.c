// Verify that btfreloc-lower-access alone turns clang's own intrinsics into the same records that a
// backend writes for them.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc-lower-access | %llc -march=bpfel -filetype=obj -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: byte_off s.arr[3] 16
// CHECK-DAG: byte_off s.u.y 40
// CHECK-DAG: byte_off s[1].b 92
// CHECK-DAG: byte_sz s.arr 32
// CHECK-DAG: field_exists s.a yes

#define RELOC __attribute__((preserve_access_index))
struct s {
  int a;
  int arr[8];
  union {
    int x;
    struct {
      int w, y;
    } RELOC;
  } RELOC u;
  int b;
} RELOC;
__attribute__((section("raw_tp"))) int f(struct s *p, int i) {
  return p->arr[3] + p->u.y + p[1].b + __builtin_preserve_field_info(p->arr, 1) +
         __builtin_preserve_field_info(p->a, 2);
}
