// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Functions of the kernel that are no helpers: rustc has no way to say which section an extern is
 * in, nor writes down its type, and loaders need both. Linked as bitcode. */

/* From 6.2 on. Linux kernel commit fd264ca02094 ("bpf: Add a kfunc to type cast from bpf uapi ctx
 * to kernel ctx"). */
extern void* bpf_cast_to_kern_ctx(void* context) __attribute__((section(".ksyms"), weak));

__attribute__((always_inline)) void* kernel_context(void* context) {
  return bpf_cast_to_kern_ctx(context);
}
