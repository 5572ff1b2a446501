#include "place.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Longer chains are no frontend's.
constexpr unsigned kMostInstructions = 64;

/// The hops of one getelementptr.
SmallVector<Hop, 4> hops_of(const GEPOperator& gep, const DataLayout& layout) {
  SmallVector<Hop, 4> hops;
  Type* type = gep.getSourceElementType();
  const auto index_at = [&](unsigned number) {
    return cast<ConstantInt>(gep.getOperand(number))->getSExtValue();
  };
  const auto bytes_of = [&](Type* element, int64_t index) {
    return static_cast<int64_t>(layout.getTypeAllocSize(element).getFixedValue()) * index;
  };
  if (const int64_t index = index_at(1); index != 0 || gep.getNumIndices() == 1) {
    const auto kind = type->isStructTy() ? Hop::Kind::kPointer : Hop::Kind::kBytes;
    hops.push_back({kind, bytes_of(type, index), index, 0, type, nullptr});
  }
  for (unsigned i = 2; i < gep.getNumOperands(); ++i) {
    const int64_t index = index_at(i);
    if (auto* record = dyn_cast<StructType>(type)) {
      const uint64_t bytes =
          layout.getStructLayout(record)->getElementOffset(static_cast<unsigned>(index));
      hops.push_back({Hop::Kind::kMember, static_cast<int64_t>(bytes), index, 0, nullptr, record});
      type = record->getElementType(static_cast<unsigned>(index));
    } else {
      const auto* array = dyn_cast<ArrayType>(type);
      type = GetElementPtrInst::getTypeAtIndex(type, uint64_t{0});
      hops.push_back({Hop::Kind::kElement, bytes_of(type, index), index,
                      array ? array->getNumElements() : 0, type, nullptr});
    }
  }
  if (!hops.empty()) hops.front().from = gep.getOperand(0);
  return hops;
}

}  // namespace

int64_t Place::bytes() const {
  int64_t bytes = 0;
  for (const Hop& hop : hops) bytes += hop.bytes;
  return bytes;
}

GEPOperator* as_constant_gep(Value* value) {
  auto* gep = dyn_cast<GEPOperator>(value);
  if (!gep || !gep->hasAllConstantIndices() || gep->getType()->isVectorTy() ||
      isa<ScalableVectorType>(gep->getSourceElementType())) {
    return nullptr;
  }
  const bool has_indices = all_of(gep->indices(), [](const Use& index) {
    const auto* constant = dyn_cast<ConstantInt>(index.get());
    return constant && constant->getBitWidth() <= 64;
  });
  return has_indices ? gep : nullptr;
}

Place place_of(Value* pointer, const DataLayout& layout, function_ref<bool(Value*)> is_base) {
  Place place = {pointer, pointer, {}};
  for (unsigned i = 0; i < kMostInstructions; ++i) {
    GEPOperator* gep = as_constant_gep(place.base);
    if (!gep || (i > 0 && is_base(place.base))) break;
    SmallVector<Hop, 4> hops = hops_of(*gep, layout);
    place.hops.insert(place.hops.begin(), hops.begin(), hops.end());
    place.base = gep->getPointerOperand();
  }
  return place;
}

}  // namespace btfreloc::pass
