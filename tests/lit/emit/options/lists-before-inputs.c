// Verify that an option that may be given several times takes one argument each time: inputs may
// follow it.
// RUN: %compile %s -o %t.bc
// RUN: %emit --structs own %t.bc -o %t.o
// RUN: %emit --scope vmlinux %t.bc --structs own -o %t.o
// RUN: %emit --allow undefined --structs own %t.bc -o %t.o
// RUN: %emit --export nothing --structs own %t.bc -o %t.o
// RUN: %emit --lib %t.bc %t.bc --structs own -o %t.o
// RUN: %emit -L folder %t.bc --structs own -o %t.o

struct own { int pid; };
__attribute__((section("raw_tp/a"))) int a(struct own *own) { return own->pid; }
