// Verify that code for another target needs no debug info.
// RUN: %clang --target=x86_64-linux-gnu -O2 -fpass-plugin=%plugin -S -emit-llvm %s -o - | FileCheck %s

// CHECK: define {{.*}}@f(

int f(int *p) { return *p; }
