#pragma once

#include "debug_types.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "options.h"

namespace btfreloc::pass {

/// Which records the kernel decides the layout of, and under which name they are asked for.
///
/// A record is annotated by btf_decl_tag("preserve_access_index") or btf_decl_tag("btfreloc"), by
/// a namespace or module around it that the options list, by a glob of the options that matches
/// its name, or by a marker (markers.h). Records that are members of an annotated one are, too,
/// unless the options say nested=stop: then only those defined inside it, as clang has it.
class Annotations {
 public:
  Annotations(const DebugNodes& nodes, const Options& options);

  bool contains(const llvm::DICompositeType* record) const { return records_.contains(record); }
  bool empty() const { return records_.empty(); }

  /// Whether it is annotated, or has a member by value that is, at any depth.
  bool concerns(llvm::DIType* type) const;

  /// Those that begin with bitfields.
  llvm::ArrayRef<llvm::DICompositeType*> with_first_bits() const { return with_first_bits_; }

  llvm::ArrayRef<llvm::DICompositeType*> records() const { return all_; }

  /// The type to name in a relocation whose root it is: the record, or a typedef of one that has
  /// no name itself. Null when it has no name at all.
  llvm::DIType* root_of(llvm::DICompositeType* record) const;

 private:
  bool is_annotated(const llvm::DICompositeType* record, const Options& options) const;
  void inherit(llvm::DICompositeType* record, const Options& options);

  llvm::DenseSet<const llvm::DICompositeType*> records_;
  llvm::DenseMap<const llvm::DICompositeType*, llvm::DIType*> typedefs_;
  std::vector<llvm::DICompositeType*> with_first_bits_;
  std::vector<llvm::DICompositeType*> all_;
  mutable llvm::DenseMap<const llvm::DIType*, bool> concerned_;
};

/// A private mark on a record, which no backend writes: it keeps an annotation when what it was
/// told by (a marker, the name that a glob matched) has to go.
void mark_relocatable(llvm::DICompositeType& record);

/// Takes the tags and marks that annotate records off again: they would become BTF.
/// Returns whether there were any.
bool strip_annotations(const DebugNodes& nodes);

}  // namespace btfreloc::pass
