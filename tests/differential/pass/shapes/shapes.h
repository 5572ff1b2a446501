/* What every shape shares: the mark on a record, and the integers of the kernel.
 *
 * Built with -DREFERENCE, clang itself relocates accesses to a RELOCATABLE record; without it,
 * the record carries the tag that the pass looks for. Each function with external linkage is one
 * shape, and must yield a record, except those named none_*, which must not. */
#pragma once

#ifdef REFERENCE
#define RELOCATABLE __attribute__((preserve_access_index))
#else
#define RELOCATABLE __attribute__((btf_decl_tag("btfreloc")))
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

extern u64 take(const void* pointer);
extern void put(u64 value);
