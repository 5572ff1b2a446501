/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the sources of this folder need of the BPF C dialect: integer names, sections, map
 * definitions, helpers and the CO-RE builtins of clang. It stands alone, so that rebuilding the
 * objects needs a compiler and no headers.
 *
 * The numbers come from include/uapi/linux/bpf.h of the kernel; the names follow libbpf's headers
 * where a reader knows them from there. Works before and after a vmlinux.h written by bpftool.
 */
#pragma once

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

#define SEC(name) __attribute__((section(name), used))
#define __core __attribute__((preserve_access_index))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

/* Keeps the compiler from folding, merging or dropping what has been computed so far. */
#define barrier_var(var) asm volatile("" : "+r"(var))

/*
 * BTF map definitions: a number is the length of an array (or, where it needs 64 bits, the value
 * of an enumerator), a type is what a pointer points to, contents are a flexible array.
 */
#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#define __uint(name, val) int(*name)[val]
#define __ulong(name, val) enum { CONCAT(name##_, __COUNTER__) = val } name
#define __type(name, val) typeof(val)* name
#define __array(name, val) typeof(val)* name[]

#ifndef __VMLINUX_H__
typedef _Bool bool;

enum bpf_map_type {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PROG_ARRAY = 3,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
  BPF_MAP_TYPE_PERCPU_HASH = 5,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
  BPF_MAP_TYPE_HASH_OF_MAPS = 13,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_MAP_TYPE_TASK_STORAGE = 29,
  BPF_MAP_TYPE_ARENA = 33,
};
#endif

static void* (*const bpf_map_lookup_elem)(void* map, const void* key) = (void*)1;
static long (*const bpf_map_update_elem)(void* map, const void* key, const void* value,
                                         __u64 flags) = (void*)2;
static __u64 (*const bpf_ktime_get_ns)(void) = (void*)5;
static long (*const bpf_trace_printk)(const char* format, __u32 size, ...) = (void*)6;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void*)14;
static long (*const bpf_tail_call)(void* ctx, void* prog_array, __u32 index) = (void*)12;
static long (*const bpf_probe_read_kernel)(void* dst, __u32 size,
                                           const void* unsafe_ptr) = (void*)113;
static long (*const bpf_ringbuf_output)(void* ringbuf, void* data, __u64 size,
                                        __u64 flags) = (void*)130;
static void* (*const bpf_task_storage_get)(void* map, void* task, void* value,
                                           __u64 flags) = (void*)156;
static long (*const bpf_for_each_map_elem)(void* map, void* callback, void* ctx,
                                           __u64 flags) = (void*)164;
static long (*const bpf_loop)(__u32 iterations, void* callback, void* ctx,
                              __u64 flags) = (void*)181;

/*
 * The builtins behind the relocation kinds. The second arguments are numbers that clang defines;
 * they are not the relocation kinds of .BTF.ext.
 */
#define core_field_byte_offset(expr) __builtin_preserve_field_info(expr, 0)
#define core_field_byte_size(expr) __builtin_preserve_field_info(expr, 1)
#define core_field_exists(expr) __builtin_preserve_field_info(expr, 2)
#define core_field_signed(expr) __builtin_preserve_field_info(expr, 3)
#define core_field_lshift_u64(expr) __builtin_preserve_field_info(expr, 4)
#define core_field_rshift_u64(expr) __builtin_preserve_field_info(expr, 5)
#define core_type_id_local(type) __builtin_btf_type_id(*(typeof(type)*)0, 0)
#define core_type_id_target(type) __builtin_btf_type_id(*(typeof(type)*)0, 1)
#define core_type_exists(type) __builtin_preserve_type_info(*(typeof(type)*)0, 0)
#define core_type_size(type) __builtin_preserve_type_info(*(typeof(type)*)0, 1)
#define core_type_matches(type) __builtin_preserve_type_info(*(typeof(type)*)0, 2)
#define core_enum_value_exists(type, value) __builtin_preserve_enum_value(*(typeof(type)*)value, 0)
#define core_enum_value(type, value) __builtin_preserve_enum_value(*(typeof(type)*)value, 1)

/* A member expression whose every step is recorded, also on types without __core. */
#define core_access(expr) __builtin_preserve_access_index(expr)

/* Copies *src into *dst; src is an address whose offsets are relocated. */
#define core_read(dst, src) \
  bpf_probe_read_kernel(dst, sizeof(*(dst)), (const void*)core_access(src))
