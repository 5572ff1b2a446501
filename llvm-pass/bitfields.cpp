// clang reads a bitfield as a load of its storage unit, a shift and a mask; it writes one as a
// load, two masks and a store. Before optimisation the code always has one of a few shapes, N being
// the bits of the unit, s those below the bitfield, w its width:
//
//   unsigned  and (lshr (load), s), 2^w-1      lshr is left out when s = 0, and when s + w = N
//   signed    ashr (shl (load), N-s-w), N-w    shl is left out when s + w = N
//   write     store (or (and (load), ~(2^w-1 << s)), (shl (value), s))
//   whole     load, store                      when w = N

#include "bitfields.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/PatternMatch.h"

namespace btfreloc::pass {

using namespace llvm;
using namespace llvm::PatternMatch;

namespace {

/// Bits of a storage unit, counted from the least significant one.
struct Bits {
  uint64_t begin;
  uint64_t width;
};

bool is_little_endian(const Instruction& instruction) {
  return instruction.getModule()->getDataLayout().isLittleEndian();
}

/// Whether one load of at most 8 bytes can hold all of it, where this program has it.
bool is_loadable(const DIDerivedType* bitfield) {
  return bitfield->getOffsetInBits() % 64 + bitfield->getSizeInBits() <= 64;
}

/// The bitfields that are exactly these bits of a unit of `unit` bits; in a union there may be
/// several.
SmallVector<Step, 2> bitfields_at(const Storage& storage, Bits bits, uint64_t unit,
                                  bool is_little_endian) {
  const uint64_t before = is_little_endian ? bits.begin : unit - bits.begin - bits.width;
  const uint64_t begin = storage.offset * 8 + before;
  const DINodeArray elements = storage.record->getElements();
  SmallVector<Step, 2> found;
  for (unsigned i = 0; i < elements.size(); ++i) {
    const DIDerivedType* member = as_member(elements[i]);
    if (member && member->isBitField() && member->getOffsetInBits() == begin &&
        member->getSizeInBits() == bits.width) {
      found.push_back({storage.record, i, 0, storage.offset});
    }
  }
  return found;
}

/// The one of them; of several, the one that is signed as the code is.
std::optional<Step> bitfield_at(const Storage& storage, Bits bits, uint64_t unit,
                                bool is_little_endian, std::optional<bool> wants_signed) {
  SmallVector<Step, 2> found = bitfields_at(storage, bits, unit, is_little_endian);
  if (found.size() > 1 && wants_signed) {
    erase_if(found, [&](const Step& step) {
      const auto* member = cast<DIDerivedType>(storage.record->getElements()[step.index]);
      return is_signed(member->getBaseType()) != *wants_signed;
    });
  }
  if (found.size() != 1) return std::nullopt;
  const auto* member = cast<DIDerivedType>(storage.record->getElements()[found.front().index]);
  if (!is_loadable(member)) return std::nullopt;
  return found.front();
}

/// The one instruction that uses it, null when there are more.
Instruction* only_user(Instruction& instruction) {
  return instruction.hasOneUse() ? cast<Instruction>(instruction.user_back()) : nullptr;
}

struct Cut {
  Bits bits;
  bool is_signed;
  Instruction* result;
};

/// What a user of the load can take from it, when it has the shape of a read. The mask after a
/// shift may belong to the bitfield, or to what is done with a wider one that ends the unit.
SmallVector<Cut, 2> cuts_by(Instruction& user, LoadInst& load, uint64_t unit) {
  const APInt* amount = nullptr;
  if (match(&user, m_And(m_Specific(&load), m_APInt(amount))) && amount->isMask()) {
    return {{{0, amount->countTrailingOnes()}, false, &user}};
  }
  Instruction* next = only_user(user);
  if (match(&user, m_LShr(m_Specific(&load), m_APInt(amount))) && amount->ult(unit)) {
    const uint64_t shift = amount->getZExtValue();
    SmallVector<Cut, 2> cuts = {{{shift, unit - shift}, false, &user}};
    const APInt* mask = nullptr;
    if (next && match(next, m_And(m_Specific(&user), m_APInt(mask))) && mask->isMask() &&
        mask->countTrailingOnes() < unit - shift) {
      cuts.push_back({{shift, mask->countTrailingOnes()}, false, next});
    }
    return cuts;
  }
  if (match(&user, m_AShr(m_Specific(&load), m_APInt(amount))) && amount->ult(unit)) {
    return {{{amount->getZExtValue(), unit - amount->getZExtValue()}, true, &user}};
  }
  const APInt* right = nullptr;
  if (match(&user, m_Shl(m_Specific(&load), m_APInt(amount))) && next &&
      match(next, m_AShr(m_Specific(&user), m_APInt(right))) && right->ult(unit) &&
      amount->ule(*right)) {
    const uint64_t width = unit - right->getZExtValue();
    return {{{right->getZExtValue() - amount->getZExtValue(), width}, true, next}};
  }
  return {};
}

/// The pieces of `store (or (and (load), kept), value)`. Value is null when it is 0.
struct Written {
  LoadInst* load;
  Bits bits;
  Value* value;
};

std::optional<Written> written_by(StoreInst& store) {
  Value *kept = store.getValueOperand(), *value = nullptr, *left = nullptr, *right = nullptr;
  if (match(store.getValueOperand(), m_Or(m_Value(left), m_Value(right)))) {
    kept = left;
    value = right;
  }
  Value* loaded = nullptr;
  const APInt* mask = nullptr;
  if (!match(kept, m_And(m_Value(loaded), m_APInt(mask)))) return std::nullopt;
  auto* load = dyn_cast<LoadInst>(loaded);
  unsigned begin = 0, width = 0;
  if (!load || load->getPointerOperand() != store.getPointerOperand() ||
      !(~*mask).isShiftedMask(begin, width)) {
    return std::nullopt;
  }
  return Written{load, {begin, width}, value};
}

/// The store that puts back the bits which the user of the load keeps.
StoreInst* store_behind(Instruction& user, const LoadInst& load) {
  Instruction* next = only_user(user);
  if (next && next->getOpcode() == Instruction::Or) next = only_user(*next);
  auto* store = dyn_cast_or_null<StoreInst>(next);
  const auto written = store ? written_by(*store) : std::nullopt;
  return written && written->load == &load ? store : nullptr;
}

/// Blocks that access a place of 1, 2, 4 or 8 bytes, whichever it turns out to have.
class SizedAccess {
 public:
  /// Splits the block before `at`.
  SizedAccess(Instruction& at, Value* size) : location_(at.getDebugLoc()) {
    BasicBlock* head = at.getParent();
    tail_ = head->splitBasicBlock(at.getIterator());
    head->getTerminator()->eraseFromParent();
    LLVMContext& context = head->getContext();
    for (BasicBlock*& block : blocks_) {
      block = BasicBlock::Create(context, "", head->getParent(), tail_);
    }
    IRBuilder<> builder(head);
    builder.SetCurrentDebugLocation(location_);
    // Eight bytes when it is none of the others: the loader allows no fifth size.
    SwitchInst* choice = builder.CreateSwitch(size, blocks_[3], 3);
    for (unsigned i = 0; i < 3; ++i) choice->addCase(builder.getInt32(1U << i), blocks_[i]);
  }

  BasicBlock* tail() const { return tail_; }

  /// Calls it with a builder for each size, and the integer type of that size.
  template <typename Callback>
  void for_each(Callback callback) {
    for (unsigned i = 0; i < 4; ++i) {
      IRBuilder<> builder(blocks_[i]);
      builder.SetCurrentDebugLocation(location_);
      callback(builder, builder.getIntNTy(8U << i), blocks_[i]);
      builder.CreateBr(tail_);
    }
  }

 private:
  DebugLoc location_;
  BasicBlock* tail_;
  BasicBlock* blocks_[4];
};

/// What the kernel's layout says of the bitfield, as values of the code.
struct Where {
  Value* pointer;      ///< To its storage unit.
  Value* size;         ///< Of the unit in bytes, i32.
  Value* left_shift;   ///< i64.
  Value* right_shift;  ///< i64.
};

Where locate(AccessChains& chains, IRBuilder<>& builder, Value* base, const Meaning& meaning,
             const Step& field) {
  Value* root = chains.last_root(builder, base, meaning, field);
  const auto info = [&](FieldInfo kind) {
    return chains.field_info(builder, meaning, field, kind);
  };
  const auto shift = [&](FieldInfo kind) {
    return builder.CreateZExt(info(kind), builder.getInt64Ty());
  };
  Value* offset = builder.CreateZExt(info(FieldInfo::kByteOffset), builder.getInt64Ty());
  return {builder.CreateGEP(builder.getInt8Ty(), root, offset), info(FieldInfo::kByteSize),
          shift(FieldInfo::kLeftShift), shift(FieldInfo::kRightShift)};
}

}  // namespace

std::optional<BitfieldLoad> match_load(LoadInst& load, const Storage& storage) {
  const uint64_t unit = load.getType()->getIntegerBitWidth();
  const bool is_little = is_little_endian(load);
  BitfieldLoad found;
  for (User* user : load.users()) {
    auto& instruction = *cast<Instruction>(user);
    if (StoreInst* store = store_behind(instruction, load)) {
      if (const auto write = match_store(*store, storage)) {
        found.written = write->field;
        continue;
      }
    }
    SmallVector<Cut, 2> cuts = cuts_by(instruction, load, unit);
    erase_if(cuts, [&](const Cut& cut) {
      return bitfields_at(storage, cut.bits, unit, is_little).empty();
    });
    if (cuts.size() > 1) return std::nullopt;
    if (cuts.size() == 1) {
      const Cut& cut = cuts.front();
      const auto field = bitfield_at(storage, cut.bits, unit, is_little, cut.is_signed);
      if (!field) return std::nullopt;
      found.reads.push_back({*field, cut.is_signed, cut.result});
      continue;
    }
    // A bitfield as wide as its unit is taken as it is, for whatever follows.
    const auto whole = bitfield_at(storage, {0, unit}, unit, is_little, {});
    if (!whole) return std::nullopt;
    const auto* member = cast<DIDerivedType>(storage.record->getElements()[whole->index]);
    return BitfieldLoad{{{*whole, is_signed(member->getBaseType()), &load}}, {}};
  }
  return found;
}

std::optional<BitfieldWrite> match_store(StoreInst& store, const Storage& storage) {
  const bool is_little = is_little_endian(store);
  const uint64_t unit = store.getValueOperand()->getType()->getIntegerBitWidth();
  if (const std::optional<Written> written = written_by(store)) {
    const auto field = bitfield_at(storage, written->bits, unit, is_little, {});
    if (!field) return std::nullopt;
    Type* type = store.getValueOperand()->getType();
    Value* value = written->value ? written->value : ConstantInt::get(type, 0);
    const APInt* shifted = nullptr;
    Value* unshifted = nullptr;
    if (match(value, m_APInt(shifted))) {
      value = ConstantInt::get(type, shifted->lshr(static_cast<unsigned>(written->bits.begin)));
    } else if (match(value, m_Shl(m_Value(unshifted), m_SpecificInt(written->bits.begin)))) {
      value = unshifted;
    } else if (written->bits.begin != 0) {
      return std::nullopt;
    }
    return BitfieldWrite{*field, value};
  }
  const auto whole = bitfield_at(storage, {0, unit}, unit, is_little, {});
  if (!whole) return std::nullopt;
  return BitfieldWrite{*whole, store.getValueOperand()};
}

bool may_access_bitfield(Instruction& instruction, const Storage& storage) {
  const bool is_little = is_little_endian(instruction);
  const auto is_some = [&](Bits bits, uint64_t unit) {
    return !bitfields_at(storage, bits, unit, is_little).empty();
  };
  Type* type = instruction.getType();
  auto* store = dyn_cast<StoreInst>(&instruction);
  auto* load = dyn_cast<LoadInst>(&instruction);
  if (store) type = store->getValueOperand()->getType();
  if (!type->isIntegerTy()) return false;
  const uint64_t unit = type->getIntegerBitWidth();
  if (is_some({0, unit}, unit)) return true;
  if (store) {
    const auto written = written_by(*store);
    return written && is_some(written->bits, unit);
  }
  return load && any_of(load->users(), [&](User* user) {
           auto& next = *cast<Instruction>(user);
           return store_behind(next, *load) ||
                  any_of(cuts_by(next, *load, unit),
                         [&](const Cut& cut) { return is_some(cut.bits, unit); });
         });
}

void rewrite_read(AccessChains& chains, Value* base, const Meaning& meaning, LoadInst& load,
                  const BitfieldRead& read) {
  IRBuilder<> builder(&load);
  const Where where = locate(chains, builder, base, meaning, read.field);
  SizedAccess access(load, where.size);
  IRBuilder<> merged(access.tail(), access.tail()->begin());
  merged.SetCurrentDebugLocation(load.getDebugLoc());
  PHINode* unit = merged.CreatePHI(merged.getInt64Ty(), 4);
  access.for_each([&](IRBuilder<>& block_builder, Type* type, BasicBlock* block) {
    Value* loaded = block_builder.CreateLoad(type, where.pointer, load.isVolatile());
    unit->addIncoming(block_builder.CreateZExt(loaded, block_builder.getInt64Ty()), block);
  });
  Value* left = merged.CreateShl(unit, where.left_shift);
  Value* value = read.is_signed ? merged.CreateAShr(left, where.right_shift)
                                : merged.CreateLShr(left, where.right_shift);
  read.result->replaceAllUsesWith(merged.CreateZExtOrTrunc(value, read.result->getType()));
}

void rewrite_write(AccessChains& chains, Value* base, const Meaning& meaning, StoreInst& store,
                   const BitfieldWrite& write) {
  IRBuilder<> builder(&store);
  const Where where = locate(chains, builder, base, meaning, write.field);
  const auto placed = [&](Value* value) {
    return builder.CreateLShr(builder.CreateShl(value, where.right_shift), where.left_shift);
  };
  Value* bits = placed(builder.CreateZExtOrTrunc(write.value, builder.getInt64Ty()));
  Value* others = builder.CreateNot(placed(builder.getInt64(~uint64_t{0})));
  SizedAccess access(store, where.size);
  access.for_each([&](IRBuilder<>& block_builder, Type* type, BasicBlock*) {
    Value* old = block_builder.CreateLoad(type, where.pointer, store.isVolatile());
    Value* kept = block_builder.CreateAnd(old, block_builder.CreateTrunc(others, type));
    Value* changed = block_builder.CreateOr(kept, block_builder.CreateTrunc(bits, type));
    block_builder.CreateStore(changed, where.pointer, store.isVolatile());
  });
}

}  // namespace btfreloc::pass
