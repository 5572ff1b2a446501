// Verify that a module without code needs no debug info.
// RUN: %clang --target=bpf -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @n =

int n;
