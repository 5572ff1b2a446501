// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The instruction set, for disassembler, decoder and control-flow graph: isa is compiled for
 * -mcpu=v4 and has everything, isa_v1 is the same source for -mcpu=v1 and has what is left without
 * 32-bit registers, atomics that return a value, and the instructions that came with v4.
 *
 * Where clang could choose another instruction, inline assembly says which one is meant.
 */
#include "bpf.h"

struct task_struct {
  int pid, tgid;
  __u64 start_time;
} __core;

/* Loads from a packet in network byte order, as in classic BPF. */
__u64 load_byte(void* skb, __u64 offset) asm("llvm.bpf.load.byte");
__u64 load_half(void* skb, __u64 offset) asm("llvm.bpf.load.half");
__u64 load_word(void* skb, __u64 offset) asm("llvm.bpf.load.word");

SEC("socket") int packet_loads(void* skb) {
  return load_byte(skb, 0) + load_half(skb, 12) + load_word(skb, 14 + load_byte(skb, 14));
}

SEC("syscall") __u64 alu64(__u64* ctx) {
  __u64 a = ctx[0], b = ctx[1];
  asm volatile(
      "%[a] += %[b]; %[a] -= %[b]; %[a] *= %[b]; %[a] /= %[b]; %[a] %%= %[b];"
      "%[a] |= %[b]; %[a] &= %[b]; %[a] ^= %[b]; %[a] <<= %[b]; %[a] >>= %[b]; %[a] s>>= %[b];"
      "%[a] += 0x7fffffff; %[a] -= -1; %[a] *= 3; %[a] /= 5; %[a] %%= 7;"
      "%[a] |= 0x70; %[a] &= -0x80000000; %[a] ^= 1; %[a] <<= 63; %[a] >>= 1; %[a] s>>= 2;"
      "%[a] = -%[a]; %[b] = -1; %[a] = %[b]"
      : [a] "+r"(a), [b] "+r"(b));
  return a + 0x123456789abcdef0;
}

SEC("syscall") __u64 byte_order(__u64* ctx) {
  __u64 a = ctx[0];
  asm volatile(
      "%[a] = be16 %[a]; %[a] = be32 %[a]; %[a] = be64 %[a];"
      "%[a] = le16 %[a]; %[a] = le32 %[a]; %[a] = le64 %[a]"
      : [a] "+r"(a));
  return a;
}

SEC("syscall") __u64 memory(__u64* ctx) {
  volatile __u8* p8 = (void*)ctx[0];
  volatile __u16* p16 = (void*)ctx[1];
  volatile __u32* p32 = (void*)ctx[2];
  volatile __u64* p64 = (void*)ctx[3];
  __u64 sum = p8[1] + p16[-2] + p32[3] + p64[-4];
  p8[5] = sum;
  p16[6] = sum;
  p32[7] = sum;
  p64[8] = sum;
  p8[9] = 1;
  p16[10] = 2;
  p32[11] = 3;
  p64[12] = -4;
  return sum;
}

/* Every comparison once with a register and once with an immediate; all branches end up here. */
SEC("syscall") __u64 jumps64(__u64* ctx) {
  __u64 a = ctx[0], b = ctx[1];
  asm volatile(
      "if %[a] == %[b] goto 1f; if %[a] != %[b] goto 1f; if %[a] > %[b] goto 1f;"
      "if %[a] >= %[b] goto 1f; if %[a] s> %[b] goto 1f; if %[a] s>= %[b] goto 1f;"
      "if %[a] & %[b] goto 1f;"
      "if %[a] == 1 goto 1f; if %[a] != 2 goto 1f; if %[a] > 3 goto 1f;"
      "if %[a] >= 4 goto 1f; if %[a] s> -5 goto 1f; if %[a] s>= -6 goto 1f;"
      "if %[a] & 7 goto 1f;"
      "goto 1f; 1: %[a] += 1"
      : [a] "+r"(a)
      : [b] "r"(b));
  return a;
}

SEC("syscall") __u64 backward(__u64* ctx) {
  __u64 sum = 0;
  for (__u64 i = 0; i < ctx[0]; i++) {
    sum += bpf_ktime_get_ns();
    barrier_var(sum);
  }
  return sum;
}

static __noinline __u64 called(__u64 a, __u64 b, __u64 c, __u64 d, __u64 e) {
  barrier_var(a);
  return a + b + c + d + e;
}

SEC("syscall") __u64 calls(__u64* ctx) {
  __u64 (*helper)(void) = (void*)ctx[1];
  __u64 sum = called(1, 2, 3, 4, ctx[0]);
  /* A call through a register: clang writes it, the kernel refuses it. */
  return sum + helper() + bpf_ktime_get_ns();
}

/* Without fetch: the one atomic operation that v1 has. */
SEC("syscall") int atomic_add(__u64* ctx) {
  __sync_fetch_and_add((__u32*)ctx[0], 1);
  __sync_fetch_and_add((__u64*)ctx[1], ctx[2]);
  return 0;
}

SEC("raw_tp/sys_enter") long relocated(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  return task->pid + core_field_exists(task->start_time);
}

#if __BPF_CPU_VERSION__ >= 2
SEC("syscall") __u64 jumps64_v2(__u64* ctx) {
  __u64 a = ctx[0], b = ctx[1];
  asm volatile(
      "if %[a] < %[b] goto 1f; if %[a] <= %[b] goto 1f; if %[a] s< %[b] goto 1f;"
      "if %[a] s<= %[b] goto 1f; if %[a] < 1 goto 1f; if %[a] <= 2 goto 1f;"
      "if %[a] s< -3 goto 1f; if %[a] s<= -4 goto 1f; 1: %[a] += 1"
      : [a] "+r"(a)
      : [b] "r"(b));
  return a;
}
#endif

#if __BPF_CPU_VERSION__ >= 3
SEC("syscall") __u32 alu32(__u64* ctx) {
  __u32 a = ctx[0], b = ctx[1];
  asm volatile(
      "%[a] += %[b]; %[a] -= %[b]; %[a] *= %[b]; %[a] /= %[b]; %[a] %%= %[b];"
      "%[a] |= %[b]; %[a] &= %[b]; %[a] ^= %[b]; %[a] <<= %[b]; %[a] >>= %[b]; %[a] s>>= %[b];"
      "%[a] += 0x7fffffff; %[a] -= -1; %[a] *= 3; %[a] /= 5; %[a] %%= 7;"
      "%[a] |= 0x70; %[a] &= 0xff; %[a] ^= 1; %[a] <<= 31; %[a] >>= 1; %[a] s>>= 2;"
      "%[a] = -%[a]; %[b] = -1; %[a] = %[b]"
      : [a] "+w"(a), [b] "+w"(b));
  return a;
}

SEC("syscall") __u32 jumps32(__u64* ctx) {
  __u32 a = ctx[0], b = ctx[1];
  asm volatile(
      "if %[a] == %[b] goto 1f; if %[a] != %[b] goto 1f; if %[a] > %[b] goto 1f;"
      "if %[a] >= %[b] goto 1f; if %[a] s> %[b] goto 1f; if %[a] s>= %[b] goto 1f;"
      "if %[a] < %[b] goto 1f; if %[a] <= %[b] goto 1f; if %[a] s< %[b] goto 1f;"
      "if %[a] s<= %[b] goto 1f; if %[a] & %[b] goto 1f;"
      "if %[a] == 1 goto 1f; if %[a] != 2 goto 1f; if %[a] > 3 goto 1f;"
      "if %[a] >= 4 goto 1f; if %[a] s> -5 goto 1f; if %[a] s>= -6 goto 1f;"
      "if %[a] < 7 goto 1f; if %[a] <= 8 goto 1f; if %[a] s< -9 goto 1f;"
      "if %[a] s<= -10 goto 1f; if %[a] & 11 goto 1f; 1: %[a] += 1"
      : [a] "+w"(a)
      : [b] "w"(b));
  return a;
}

SEC("syscall") __u64 atomics64(__u64* ctx) {
  __u64 *at = (void*)ctx[0], value = ctx[1], sum = 0;
  __sync_fetch_and_and(at, value);
  __sync_fetch_and_or(at, value);
  __sync_fetch_and_xor(at, value);
  sum += __sync_fetch_and_add(at, value);
  sum += __sync_fetch_and_sub(at, value);
  sum += __sync_fetch_and_and(at, value);
  sum += __sync_fetch_and_or(at, value);
  sum += __sync_fetch_and_xor(at, value);
  sum += __sync_lock_test_and_set(at, value);
  sum += __sync_val_compare_and_swap(at, value, sum);
  return sum;
}

SEC("syscall") __u32 atomics32(__u64* ctx) {
  __u32 *at = (void*)ctx[0], value = ctx[1], sum = 0;
  __sync_fetch_and_and(at, value);
  __sync_fetch_and_or(at, value);
  __sync_fetch_and_xor(at, value);
  sum += __sync_fetch_and_add(at, value);
  sum += __sync_fetch_and_sub(at, value);
  sum += __sync_fetch_and_and(at, value);
  sum += __sync_fetch_and_or(at, value);
  sum += __sync_fetch_and_xor(at, value);
  sum += __sync_lock_test_and_set(at, value);
  sum += __sync_val_compare_and_swap(at, value, sum);
  return sum;
}
#endif

#if __BPF_CPU_VERSION__ >= 4
SEC("syscall") __s64 signed_loads(__u64* ctx) {
  volatile __s8* p8 = (void*)ctx[0];
  volatile __s16* p16 = (void*)ctx[1];
  volatile __s32* p32 = (void*)ctx[2];
  return (__s64)p8[1] + p16[-2] + p32[3];
}

SEC("syscall") __s64 signed_moves(__u64* ctx) {
  __s64 a = ctx[0], b = ctx[1];
  __s32 c = a, d = b;
  asm volatile("%[a] = (s8)%[b]; %[b] = (s16)%[a]; %[a] = (s32)%[b]" : [a] "+r"(a), [b] "+r"(b));
  asm volatile("%[c] = (s8)%[d]; %[d] = (s16)%[c]" : [c] "+w"(c), [d] "+w"(d));
  return a + b + c + d;
}

SEC("syscall") __s64 signed_division(__u64* ctx) {
  __s64 a = ctx[0], b = ctx[1];
  __s32 c = a, d = b;
  asm volatile("%[a] s/= %[b]; %[a] s%%= %[b]; %[a] s/= -3; %[a] s%%= 5"
               : [a] "+r"(a)
               : [b] "r"(b));
  asm volatile("%[c] s/= %[d]; %[c] s%%= %[d]; %[c] s/= -3; %[c] s%%= 5"
               : [c] "+w"(c)
               : [d] "w"(d));
  return a + c;
}

SEC("syscall") __u64 byte_swaps(__u64* ctx) {
  __u64 a = ctx[0];
  asm volatile("%[a] = bswap16 %[a]; %[a] = bswap32 %[a]; %[a] = bswap64 %[a]" : [a] "+r"(a));
  return a;
}

SEC("syscall") __u64 long_jump(__u64* ctx) {
  __u64 a = ctx[0];
  asm volatile("gotol 1f; %[a] += 1; 1: %[a] += 2" : [a] "+r"(a));
  return a;
}

/* A jump that the verifier may take as often as it likes and the program a bounded number of times.
 */
SEC("syscall") __u64 may_goto_loop(__u64* ctx) {
  __u64 a = ctx[0];
  asm volatile("1: may_goto 2f; %[a] += 1; goto 1b; 2: %[a] += 2" : [a] "+r"(a));
  return a;
}

SEC("syscall") __u64 stores_of_constants(__u64* ctx) {
  __u64 at = ctx[0];
  asm volatile(
      "*(u8*)(%[at] + 1) = 0x7f; *(u16*)(%[at] - 2) = 0x7fff; *(u32*)(%[at] + 4) = -1;"
      "*(u64*)(%[at] + 8) = -0x80000000" ::[at] "r"(at)
      : "memory");
  return 0;
}
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
