#pragma once

#include "access.h"
#include "annotation.h"
#include "llvm/IR/IRBuilder.h"
#include "options.h"

namespace btfreloc::pass {

/// What llvm.bpf.preserve.field.info is asked for. Source: BPFCORE.h of LLVM; the values are those
/// of enum bpf_core_relo_kind.
enum class FieldInfo : uint64_t {
  kByteOffset = 0,
  kByteSize = 1,
  kExists = 2,
  kSigned = 3,
  kLeftShift = 4,
  kRightShift = 5,
};

/// Writes the way to a member as llvm.preserve.*.access.index intrinsics, one for each step, from
/// the annotated record where it begins. Steps in records that are not annotated are plain bytes,
/// after which the next annotated record begins anew.
class AccessChains {
 public:
  AccessChains(llvm::Module& module, const Annotations& annotations, ElementTypes& types,
               const Options& options)
      : module_(module), annotations_(annotations), types_(types), options_(options) {}

  /// Whether any step of it would be relocated.
  bool concerns(const Meaning& meaning) const;

  /// Why it cannot be written; "" when it can.
  std::string obstacle(const Meaning& meaning, std::optional<Step> field = {}) const;

  /// The pointer to the member, or to the storage of the bitfield `field` of it.
  llvm::Value* pointer(llvm::IRBuilder<>& builder, llvm::Value* base, const Meaning& meaning,
                       std::optional<Step> field = {});

  /// The pointer to the record that the last chain of the path, with `field`, begins at.
  llvm::Value* last_root(llvm::IRBuilder<>& builder, llvm::Value* base, const Meaning& meaning,
                         const Step& field);

  /// An i32 with information about the end of the path, or its bitfield or element `field`, from
  /// where the last chain begins.
  llvm::Value* field_info(llvm::IRBuilder<>& builder, const Meaning& meaning,
                          std::optional<Step> field, FieldInfo kind);
  /// The same from the root, whether the records on the way are annotated or not.
  llvm::Value* whole_field_info(llvm::IRBuilder<>& builder, const Meaning& meaning, FieldInfo kind);

  /// How far apart in the kernel elements are, as an i64 in bytes: records of an annotated type
  /// that has a name; or elements of the array that `array` leads to, when its member list is the
  /// kernel's. Null when that cannot be asked for.
  llvm::Value* stride(llvm::IRBuilder<>& builder, const TypeAt& element, const Meaning* array);
  bool has_stride(const TypeAt& element, const Meaning* array) const;

  /// Whether the kernel may have elements of that type at another distance. Never with
  /// bitfields=clang, which asks for clang's records: clang takes it for granted.
  bool may_differ(const TypeAt& element, const Meaning* array) const;

  /// What of the way to a member stays as this program has it; "" when nothing does.
  std::string reservation(const Meaning& meaning) const;

 private:
  struct Run {
    unsigned begin;  ///< Of the steps; the records in it are annotated.
    unsigned end;
  };

  std::vector<Step> steps_of(const Meaning& meaning, std::optional<Step> field) const;
  std::vector<Run> runs_of(llvm::ArrayRef<Step> steps) const;
  llvm::DIType* root_type(const Meaning& meaning, llvm::ArrayRef<Step> steps, Run run) const;
  llvm::Value* to_root(llvm::IRBuilder<>& builder, llvm::Value* base, const Meaning& meaning,
                       llvm::ArrayRef<Step> steps, unsigned end);
  llvm::Value* chain(llvm::IRBuilder<>& builder, llvm::Value* base, const Meaning& meaning,
                     llvm::ArrayRef<Step> steps, Run run);
  llvm::Value* step(llvm::IRBuilder<>& builder, llvm::Value* base, const Step& step,
                    llvm::MDNode* root);
  llvm::Value* plain(llvm::IRBuilder<>& builder, llvm::Value* base, const Step& step);
  llvm::Value* plus_elements(llvm::IRBuilder<>& builder, llvm::Value* base, const TypeAt& element,
                             int64_t count);

  llvm::Module& module_;
  const Annotations& annotations_;
  ElementTypes& types_;
  const Options& options_;
};

/// Keeps the backend from making a relocated offset, or a pointer by one, part of a load or store:
/// there it is checked against the size of the member, and refused when the kernel's has another.
/// Where less than the member is meant, or one of a union's, that is no reason.
llvm::Value* keep_apart(llvm::IRBuilder<>& builder, llvm::Value* value);

/// `bytes` on from a pointer.
llvm::Value* plus_bytes(llvm::IRBuilder<>& builder, llvm::Value* base, int64_t bytes);

/// A call of one of the bpf intrinsics that debug info names the type of.
llvm::Value* call_type_intrinsic(llvm::IRBuilder<>& builder, llvm::StringRef name,
                                 llvm::Type* result, llvm::ArrayRef<llvm::Value*> arguments,
                                 llvm::MDNode* type);

}  // namespace btfreloc::pass
