#pragma once

#include "debug_types.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Module.h"
#include "member_path.h"

namespace btfreloc::pass {

class Annotations;

/// Which LLVM struct type stands for which record of the debug info.
class ElementTypes {
 public:
  ElementTypes(const llvm::Module& module, const DebugNodes& nodes, const Annotations& annotations);

  /// The record a frontend made the struct type for, by name and layout. Null when there is none,
  /// or several that are not the same.
  llvm::DICompositeType* record_of(llvm::StructType* type) const;

  /// Whether the struct type can be the frontend's for this record: it is record_of(), or has no
  /// record of its own and the same layout.
  bool corresponds(llvm::StructType* type, llvm::DICompositeType* record) const;

  /// A struct type with the layout of the record: the frontend's where it has one.
  llvm::StructType* of(llvm::DICompositeType* record);

  /// The field of a struct type that covers a byte; the one of that size where several begin there.
  unsigned field_at(llvm::StructType* type, uint64_t offset, uint64_t size) const;

  const llvm::DataLayout& layout() const { return layout_; }

 private:
  bool same_layout(llvm::StructType* type, llvm::DICompositeType* record) const;
  bool has_field(const llvm::StructType& type, const llvm::StructLayout& layout, uint64_t offset,
                 uint64_t size) const;
  bool is_in_one_field(const llvm::StructType& type, const llvm::StructLayout& layout,
                       const llvm::DIDerivedType& bitfield) const;
  llvm::ArrayRef<llvm::DICompositeType*> candidates(const llvm::StructType* type) const;
  llvm::StructType* synthesize(llvm::DICompositeType* record) const;

  const llvm::DataLayout& layout_;
  /// Linking makes one struct type of those that look alike: names are no evidence then.
  bool is_linked_;
  /// By unqualified name.
  llvm::StringMap<llvm::SmallVector<llvm::DICompositeType*, 1>> records_;
  std::vector<llvm::DICompositeType*> all_;
  llvm::StringMap<llvm::SmallVector<llvm::StructType*, 1>> types_;
  llvm::DenseMap<llvm::DICompositeType*, llvm::StringRef>
      names_;  ///< A typedef's for those without.
  llvm::DenseMap<llvm::DICompositeType*, llvm::StructType*> known_types_;
  mutable llvm::DenseMap<llvm::StructType*, llvm::DICompositeType*> known_records_;
};

/// Whether two records are one type that several compilation units define: same tag, name, size
/// and members.
bool is_same_record(const llvm::DICompositeType* a, const llvm::DICompositeType* b);
/// Whether two types are, or are such records.
bool is_same_type(const TypeAt& a, const TypeAt& b);

}  // namespace btfreloc::pass
