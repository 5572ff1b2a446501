/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BTFRELOC_MAGIC_H
#define BTFRELOC_MAGIC_H

/*
 * Questions about the kernel that a program runs on, for compilers without clang's builtins. The
 * btfreloc pass turns each call into a CO-RE relocation; there is nothing to link.
 *
 * Arguments are string literals: a type with its C keyword ("struct task_struct", "enum bpf_cmd",
 * "pid_t"), a path of members and array indexes ("comm", "se.load.weight", "children.next",
 * "numbers[1].nr"), an enumerator. The type must be in the debug info of the module: a variable,
 * a parameter, or a marker global of the type keeps it there. Anything else is an error.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Of a member: 1 or 0; its size and its offset in bytes; 1 when it is signed. */
unsigned __btfreloc_field_exists(const char* record, const char* path);
unsigned __btfreloc_field_size(const char* record, const char* path);
unsigned __btfreloc_field_offset(const char* record, const char* path);
unsigned __btfreloc_field_signed(const char* record, const char* path);

/* Of a member that is a bitfield in the kernel, as libbpf's BPF_CORE_READ_BITFIELD reads it: load
 * field_size bytes at field_offset into the low end of a u64, shift left, then right. */
unsigned __btfreloc_field_left_shift(const char* record, const char* path);
unsigned __btfreloc_field_right_shift(const char* record, const char* path);

/* Of a type: 1 or 0; its size in bytes; 1 when the kernel's has the same members of the same types;
 * its BTF id in this object, and in the kernel. */
unsigned __btfreloc_type_exists(const char* type);
unsigned __btfreloc_type_size(const char* type);
unsigned __btfreloc_type_matches(const char* type);
unsigned __btfreloc_type_id_local(const char* type);
unsigned __btfreloc_type_id_target(const char* type);

/* Of an enumerator: its value, and 1 or 0. */
unsigned long long __btfreloc_enum_value(const char* type, const char* enumerator);
unsigned long long __btfreloc_enum_exists(const char* type, const char* enumerator);

#ifdef __cplusplus
}
#endif

#endif
