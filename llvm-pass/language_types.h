#pragma once

#include "annotation.h"
#include "debug_types.h"

namespace btfreloc::pass {

/// Whether a record is the language's and never the kernel's: of Rust's core, alloc or std, of
/// C++'s std, or with members that have numbers for names, as tuples and Rust's newtypes do.
bool is_of_language(const llvm::DICompositeType* record);

/// What a value of the type consists of, without the language's own records around it: the pointer
/// of an Option<&T>, the integer of a newtype; of an array, an array of that. The type itself when
/// there is no such record.
llvm::DIType* unwrapped(llvm::DIType* type);

/// Members of annotated records get the types that the kernel has for them: a newtype, a Cell or an
/// Option of a pointer is, in memory, what it holds, and CO-RE compares the kinds of types. Returns
/// whether there were any.
bool unwrap_members(const Annotations& annotations);

}  // namespace btfreloc::pass
