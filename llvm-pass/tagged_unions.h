#pragma once

#include "llvm/IR/DebugInfoMetadata.h"

namespace btfreloc::pass {

bool is_variant_part(const llvm::Metadata* element);

/// The unnamed member of `record` that stands for a variant part of it (Rust enums), which BTF has
/// no kind for: a union whose first member is the discriminant, and whose others are the variants,
/// as LLVM 22 lays it out. Declaration tags say what LLVM does not:
///
///     discriminant            on the discriminant, when there is one in memory
///     discriminant=0          on a variant: the values that select it, as n, n..m or a,b
///     discriminant=default    on the variant that every other value selects
///     name=höhe               on a variant whose name is not legal: what it was
///
/// A discriminant that is not at offset 0 stands in an unnamed structure: a union's members must
/// all be at 0.
llvm::DIDerivedType* lower_variant_part(llvm::DICompositeType& record,
                                        const llvm::DICompositeType& part);

/// Adds a declaration tag to a record, behind those it has.
void add_decl_tag(llvm::DICompositeType& record, const llvm::Twine& tag);

}  // namespace btfreloc::pass
