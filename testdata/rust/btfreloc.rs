// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Questions about the kernel that a program runs on, and the record types that belong to it.
//!
//! Each macro is a call of a function that does not exist. The btfreloc pass makes a CO-RE
//! relocation of it; where the pass did not run, the linker or loader says that the function is
//! missing. llvm-pass/include/btfreloc_magic.h is the same for C.
//!
//! ```
//! #[macro_use]
//! #[path = "btfreloc.rs"]
//! mod btfreloc;
//!
//! relocatable!(vmlinux::task_struct);
//! if field_exists!("struct task_struct", "se.load.weight") { ... }
//! ```
//!
//! It has to be the module `btfreloc` at the root of the crate, where the macros look for it.
//!
//! Types are asked for as C spells them, with the keyword: `struct`, `union` or `enum`. The name is
//! the last part of the Rust path, so that `vmlinux::task_struct` is "struct task_struct". Strings
//! are literals: neither a constant nor a variable will do.
//!
//! What the code only asks about is in the debug info for no other reason: `relocatable!` keeps
//! records and enums there. Reports name the line that asks, hence `collapse_debuginfo`.
#![allow(dead_code)]

use core::marker::PhantomData;

/// Says that a record has the kernel's layout, in whatever module it is. The pass knows the type by
/// its name, and removes what has it: the static that `relocatable!` makes, or a member
/// `_marker: Relocatable` of the record itself.
pub struct Relocatable<T: ?Sized = ()>(PhantomData<*const T>);

// SAFETY: there is nothing in it.
unsafe impl<T: ?Sized> Sync for Relocatable<T> {}

impl<T: ?Sized> Relocatable<T> {
    pub const MARKER: Self = Self(PhantomData);
}

/// Keeps types in the debug info, and marks the records among them as the kernel's.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! relocatable {
    ($($type:ty),+ $(,)?) => {
        $(const _: () = {
            #[used]
            static MARKER: $crate::btfreloc::Relocatable<$type> =
                $crate::btfreloc::Relocatable::MARKER;
        };)+
    };
}

/// Calls one of the functions that the pass knows, with string literals.
#[doc(hidden)]
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! btfreloc_question {
    ($function:ident($($text:literal),+) -> $result:ty) => {{
        unsafe extern "C" {
            fn $function($(_: $crate::btfreloc_question!(@argument $text)),+) -> $result;
        }
        // A cast, not as_ptr(): that is a call, of whose result unoptimized code knows nothing.
        // SAFETY: no such function is called, the pass puts a number in its place.
        unsafe { $function($(concat!($text, "\0") as *const str as *const core::ffi::c_char),+) }
    }};
    (@argument $text:literal) => { *const core::ffi::c_char };
}

/// Whether the record has the member: `field_exists!("struct task_struct", "se.load.weight")`.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_exists {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_exists($record, $path) -> u32) != 0
    };
}

/// Size of a member, in bytes.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_size {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_size($record, $path) -> u32) as usize
    };
}

/// Where a member is, in bytes from the start of the record: for helpers that read memory. The
/// compiler would put it into a load that follows, whose size loaders then change to the member's.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_offset {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_offset($record, $path) -> u32) as usize
    };
}

/// Whether a member is a signed number.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_signed {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_signed($record, $path) -> u32) != 0
    };
}

/// By how many bits to shift a member's `field_size!` bytes to the left, as a u64, so that its
/// highest bit is the highest of the u64. With `field_right_shift!`, this reads what is a bitfield
/// in the kernel.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_left_shift {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_left_shift($record, $path) -> u32)
    };
}

/// By how many bits to shift that back, so that the lowest bit of the member is the lowest.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! field_right_shift {
    ($record:literal, $path:literal) => {
        $crate::btfreloc_question!(__btfreloc_field_right_shift($record, $path) -> u32)
    };
}

/// Whether the kernel has the type: `type_exists!("union bpf_attr")`.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! type_exists {
    ($type:literal) => {
        $crate::btfreloc_question!(__btfreloc_type_exists($type) -> u32) != 0
    };
}

/// Size of the kernel's type, in bytes; 0 where it has none.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! type_size {
    ($type:literal) => {
        $crate::btfreloc_question!(__btfreloc_type_size($type) -> u32) as usize
    };
}

/// Whether the kernel's type has all the members that this program's has, of the same types.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! type_matches {
    ($type:literal) => {
        $crate::btfreloc_question!(__btfreloc_type_matches($type) -> u32) != 0
    };
}

/// The BTF id that the type has in this object.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! type_id_local {
    ($type:literal) => {
        $crate::btfreloc_question!(__btfreloc_type_id_local($type) -> u32)
    };
}

/// The BTF id that the type has in the kernel, as bpf_snprintf_btf() and others take it.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! type_id_target {
    ($type:literal) => {
        $crate::btfreloc_question!(__btfreloc_type_id_target($type) -> u32)
    };
}

/// Value of an enumerator: `enum_value!("enum bpf_map_type", "BPF_MAP_TYPE_HASH")`.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! enum_value {
    ($type:literal, $enumerator:literal) => {
        $crate::btfreloc_question!(__btfreloc_enum_value($type, $enumerator) -> u64)
    };
}

/// Whether the enumeration has the enumerator.
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! enum_exists {
    ($type:literal, $enumerator:literal) => {
        $crate::btfreloc_question!(__btfreloc_enum_exists($type, $enumerator) -> u64) != 0
    };
}
