/* What the programs of these tests read of the kernel, and how they are declared. */
#pragma once

#define SECTION(name) __attribute__((section(name), used))
#define KERNEL __attribute__((btf_decl_tag("btfreloc")))
#define NOINLINE __attribute__((noinline))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct task_struct {
  int pid;
  int tgid;
  char comm[16];
  struct task_struct *parent;
} KERNEL;

struct file {
  u32 f_flags;
  u64 f_pos;
} KERNEL;
