// Verify what the relocations of an object are, for each of the functions.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: field_exists {{ *}}s.in.y {{ *}}yes
// CHECK-DAG: byte_sz {{ *}}s.arr {{ *}}32
// CHECK-DAG: byte_off {{ *}}s.in.y {{ *}}8
// CHECK-DAG: signed {{ *}}s.in.y {{ *}}no
// CHECK-DAG: type_exists {{ *}}struct s
// CHECK-DAG: type_size {{ *}}struct s {{ *}}48
// CHECK-DAG: type_matches {{ *}}struct s
// CHECK-DAG: local_type_id {{ *}}struct s
// CHECK-DAG: target_type_id {{ *}}struct s
// CHECK-DAG: enumval_value {{.*}}TWO {{ *}}7
// CHECK-DAG: enumval_exists {{.*}}TWO

#include <btfreloc_magic.h>

struct inner {
  int x;
  unsigned y;
};
struct s {
  int a;
  struct inner in;
  int arr[8];
  struct {
    int anonymous;
  };
};
struct s *keep;

enum e { ONE = 1, TWO = 7, MINUS = -3 };
enum e keep_e;

__attribute__((section("raw_tp"))) unsigned long long f(void) {
  return __btfreloc_field_exists("struct s", "in.y") + __btfreloc_field_size("struct s", "arr") +
         __btfreloc_field_offset("struct s", "in.y") + __btfreloc_field_signed("struct s", "in.y") +
         __btfreloc_type_exists("struct s") + __btfreloc_type_size("struct s") +
         __btfreloc_type_matches("struct s") + __btfreloc_type_id_local("struct s") +
         __btfreloc_type_id_target("struct s") + __btfreloc_enum_value("enum e", "TWO") +
         __btfreloc_enum_exists("enum e", "TWO");
}
