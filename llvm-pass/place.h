#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Operator.h"

namespace btfreloc::pass {

/// One index of a getelementptr with constant indices.
struct Hop {
  enum class Kind {
    kBytes,    ///< By `bytes`, through no type that says what they mean.
    kPointer,  ///< To struct `index` of those the pointer points to; written even when it is 0.
    kElement,  ///< To element `index` of an array of `count` `element` values.
    kMember,   ///< To field `index` of `record`.
  };
  Kind kind;
  int64_t bytes;  ///< What it adds, in any case.
  int64_t index = 0;
  uint64_t count = 0;
  llvm::Type* element = nullptr;
  llvm::StructType* record = nullptr;
  /// The pointer it starts from, when that is a value of the code.
  llvm::Value* from = nullptr;
};

/// A pointer as a base and constant steps from it, outermost first.
struct Place {
  llvm::Value* pointer;
  llvm::Value* base;
  llvm::SmallVector<Hop, 6> hops;

  int64_t bytes() const;  ///< From the base.
};

/// Walks from a pointer back through constant getelementptrs, to the first pointer that is_base()
/// accepts or that is no such instruction. At least one step when the pointer itself is one.
Place place_of(llvm::Value* pointer, const llvm::DataLayout& layout,
               llvm::function_ref<bool(llvm::Value*)> is_base);

/// The getelementptr when all its indices are constant, else null.
llvm::GEPOperator* as_constant_gep(llvm::Value* value);

}  // namespace btfreloc::pass
