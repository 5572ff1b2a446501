#include "split_geps.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

bool is_zero(const Value* index) {
  const auto* constant = dyn_cast<ConstantInt>(index);
  return constant && constant->isZero();
}

/// Whether an index after the first is variable, or stands behind a variable one, and a struct is
/// on the way.
bool is_mixed(const GetElementPtrInst& gep) {
  if (gep.getType()->isVectorTy() || gep.hasAllConstantIndices() || gep.getNumIndices() < 2) {
    return false;
  }
  // `[N x T], 0, %i` is one index over an array.
  if (gep.getNumIndices() == 2 && is_zero(gep.getOperand(1)) &&
      gep.getSourceElementType()->isArrayTy()) {
    return false;
  }
  Type* type = gep.getSourceElementType();
  for (unsigned i = 2; i < gep.getNumOperands(); ++i) {
    if (type->isStructTy()) return true;
    type = GetElementPtrInst::getTypeAtIndex(type, gep.getOperand(i));
  }
  return type->isStructTy();
}

void split(GetElementPtrInst& gep) {
  IRBuilder<> builder(&gep);
  Value* pointer = gep.getPointerOperand();
  Type* type = gep.getSourceElementType();
  const auto step = [&](ArrayRef<Value*> indices) {
    pointer = builder.CreateGEP(type, pointer, indices);
    if (auto* part = dyn_cast<GetElementPtrInst>(pointer)) part->setIsInBounds(gep.isInBounds());
  };
  if (!is_zero(gep.getOperand(1))) step({gep.getOperand(1)});
  for (unsigned i = 2; i < gep.getNumOperands(); ++i) {
    Value* index = gep.getOperand(i);
    step({ConstantInt::get(index->getType(), 0), index});
    type = GetElementPtrInst::getTypeAtIndex(type, index);
  }
  gep.replaceAllUsesWith(pointer);
  gep.eraseFromParent();
}

}  // namespace

bool split_geps(Function& function) {
  SmallVector<GetElementPtrInst*, 4> mixed;
  for (Instruction& instruction : instructions(function)) {
    auto* gep = dyn_cast<GetElementPtrInst>(&instruction);
    if (gep && is_mixed(*gep)) mixed.push_back(gep);
  }
  for (GetElementPtrInst* gep : mixed) split(*gep);
  return !mixed.empty();
}

}  // namespace btfreloc::pass
