#pragma once

#include <string>

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Module.h"

namespace btfreloc::pass {

/// Without const, volatile, restrict and atomic; typedefs stay. Null for null and void.
llvm::DIType* strip_qualifiers(llvm::DIType* type);

/// Without qualifiers and typedefs.
llvm::DIType* strip_names(llvm::DIType* type);

/// What a pointer or reference type points to, typedefs kept; null when it is no pointer, or
/// void*.
llvm::DIType* pointee_of(llvm::DIType* type);

bool is_pointer(llvm::DIType* type);

/// The structure, class or union behind names and qualifiers that has a definition; else null.
llvm::DICompositeType* as_record(llvm::DIType* type);
/// The array behind names and qualifiers, else null.
llvm::DICompositeType* as_array(llvm::DIType* type);
bool is_union(const llvm::DICompositeType* record);

/// Whether it is a signed integer, or an enumeration of one.
bool is_signed(llvm::DIType* type);

/// In bytes; 0 for void and what has no size.
uint64_t size_of(llvm::DIType* type);

/// Whether an element of a record is one that occupies memory: a member or base class that is not
/// static.
const llvm::DIDerivedType* as_member(const llvm::Metadata* element);
/// In bytes, of a member that is no bitfield.
uint64_t offset_of(const llvm::DIDerivedType* member);

/// The natural alignment of a record as its members' types and places tell it, in bytes: 1 for a
/// packed one. Debug info does not say it.
uint64_t alignment_of(llvm::DIType* type);

/// As C writes it, for messages: `struct task_struct`, `union (anonymous)`, `char *`.
std::string spelled(llvm::DIType* type);

/// `a::b::name` with the names of the namespaces, modules and records around it.
std::string qualified_name(const llvm::DIType* type);

/// All nodes of the module's debug info that types can be reached from or are made of.
class DebugNodes {
 public:
  explicit DebugNodes(const llvm::Module& module);

  llvm::ArrayRef<llvm::MDNode*> all() const { return nodes_.getArrayRef(); }

 private:
  llvm::SetVector<llvm::MDNode*> nodes_;
};

}  // namespace btfreloc::pass
