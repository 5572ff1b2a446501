#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access_chain.h"
#include "annotation.h"
#include "bitfields.h"
#include "diagnostics.h"
#include "element_types.h"
#include "provenance.h"

namespace btfreloc::pass {

/// A use of a pointer to a member that is relocated; or one `meaning.rest` bytes on from a base
/// that is, by no annotated member (Meaning::Kind::kNone).
struct Rewrite {
  llvm::Use* use;
  llvm::Value* base;
  Meaning meaning;
  /// Of a bitfield: one of them.
  std::optional<BitfieldLoad> load;
  std::optional<BitfieldWrite> write;
};

/// A getelementptr over elements whose distance is relocated.
struct Stride {
  llvm::GetElementPtrInst* gep;
  TypeAt element;
  Meaning array;  ///< The way to the array, when it is a member.
};

/// The bitfield of a rewrite; of several that one load is cut into, the first.
std::optional<Step> field_of(const Rewrite& rewrite);

/// What a pointer means that is itself the address of a member, and the base of an access.
struct Based {
  Place place;
  Meaning meaning;
  std::string obstacle = {};  ///< Why it cannot be relocated; "" when it can.
  /// Where `meaning` is none: the member that the base lies `bytes` on from.
  std::shared_ptr<const Meaning> member = {};
  int64_t bytes = 0;

  llvm::Value* root() const { return meaning.base ? meaning.base : place.base; }
};

/// Finds what to rewrite in a function, and says what is left alone. Changes nothing.
class Examination {
 public:
  Examination(llvm::Function& function, const Annotations& annotations, ElementTypes& types,
              const AccessChains& chains, const Options& options)
      : function_(function),
        annotations_(annotations),
        types_(types),
        layout_(types.layout()),
        diagnostics_(options.strict),
        is_exact_(options.bitfields == Options::Bitfields::kExact),
        chains_(chains),
        provenance_(function, types) {}

  void run();

  const std::vector<Rewrite>& rewrites() const { return rewrites_; }
  const std::vector<Stride>& strides() const { return strides_; }
  /// None when it is not the address of a member that is relocated, or may be one.
  std::optional<Based> base_meaning(llvm::Value* base, unsigned depth = 0) const;

 private:
  bool is_first_byte(llvm::Value* base, const Place& place) const;
  std::optional<Based> further_on(const Place& place, unsigned depth) const;
  void examine(llvm::Use& use);
  void examine_bitfield(llvm::Use& use, const Place& place, const Meaning& meaning);
  void examine_onward(llvm::Use& use, llvm::Value* base, const Access& access);
  bool examine_base(const llvm::Use& use, llvm::Value* base);
  void examine_stride(llvm::GetElementPtrInst& gep);
  void examine_difference(llvm::Instruction& difference);

  std::optional<Access> access_of(llvm::Use& use) const;
  TypeAt hint_of(const llvm::Use& use) const;
  Place place_behind(llvm::Value* pointer) const;
  bool is_own(llvm::Value* base) const;
  bool is_concerned(const Place& place) const;
  bool is_first_member(const Place& place, const TypeAt& record) const;
  bool may_be_first_member(const llvm::Use& use, const Place& place, const Access& access) const;
  llvm::DICompositeType* may_be_annotated(llvm::StructType* type) const;
  bool may_be_bitfield(const llvm::Use& use, const Meaning& meaning) const;
  std::optional<Rewrite> match(llvm::Use& use, llvm::Value* base, const Meaning& meaning,
                               const Storage& storage) const;

  void skip(const llvm::Use& use, const llvm::Twine& reason);
  void report_unknown(const llvm::Use& use, const Place& place, const Access& access);
  void report_first_bits(const llvm::Use& use);
  bool report_unknown_struct(const llvm::Use& use, const Place& place);
  void report_copy(const Rewrite& rewrite, const TypeAt& type, const Access& access);

  llvm::Function& function_;
  const Annotations& annotations_;
  ElementTypes& types_;
  const llvm::DataLayout& layout_;
  Diagnostics diagnostics_;
  bool is_exact_;
  const AccessChains& chains_;
  Provenance provenance_;
  std::vector<Rewrite> rewrites_;
  std::vector<Stride> strides_;
  const llvm::Instruction* last_skipped_ = nullptr;
};

}  // namespace btfreloc::pass
