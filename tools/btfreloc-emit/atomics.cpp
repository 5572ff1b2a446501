// What LLVM's BPF backends compile, found by compiling all of it: for the rest they give up without
// a place, call functions that do not exist, or never end.

#include "btfreloc-emit/atomics.h"

#include <fmt/format.h>

#include "llvm/Config/llvm-config.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

constexpr uint64_t kWord = 4;        // bytes
constexpr uint64_t kDoubleWord = 8;  // bytes

/// In bytes.
uint64_t size_of(const Instruction& at, Type* type) {
  return at.getModule()->getDataLayout().getTypeStoreSize(type).getFixedValue();
}

bool is_relaxed(AtomicOrdering ordering) {
  return ordering == AtomicOrdering::Unordered || ordering == AtomicOrdering::Monotonic;
}

template <typename Access>
void make_plain(Access& access, Type* type) {
  const uint64_t size = size_of(access, type);
  if (!access.isAtomic() || !is_relaxed(access.getOrdering()) || size > kDoubleWord ||
      access.getAlign().value() < size) {
    return;
  }
  access.setAtomic(AtomicOrdering::NotAtomic);
  access.setVolatile(true);
}

bool is_of_word(uint64_t size) { return size == kWord || size == kDoubleWord; }

std::string missing_update(const AtomicRMWInst& update, bool is_v3) {
  const std::string name = AtomicRMWInst::getOperationName(update.getOperation()).str();
  const uint64_t size = size_of(update, update.getType());
  if (!is_of_word(size)) return fmt::format("an atomic {} of other than 4 or 8 bytes", name);
  if (update.getAlign().value() < size) return fmt::format("an unaligned atomic {}", name);
  switch (update.getOperation()) {
    case AtomicRMWInst::Add:
      if (is_v3 || update.use_empty()) return "";
      return fmt::format("the old value of an atomic {}", name);
    case AtomicRMWInst::Sub:
      if (is_v3) return "";
      // As the addition of the negative, for which LLVM has the instruction without value only.
      if (size == kDoubleWord && update.use_empty() &&
          (LLVM_VERSION_MAJOR < 20 || is_relaxed(update.getOrdering()))) {
        return "";
      }
      return fmt::format("an atomic {}", name);
    case AtomicRMWInst::And:
    case AtomicRMWInst::Or:
    case AtomicRMWInst::Xor:
    case AtomicRMWInst::Xchg: return is_v3 ? "" : fmt::format("an atomic {}", name);
    default: return fmt::format("an atomic {}", name);
  }
}

std::string missing_exchange(const AtomicCmpXchgInst& exchange, bool is_v3) {
  const uint64_t size = size_of(exchange, exchange.getNewValOperand()->getType());
  if (!is_of_word(size)) return "an atomic compare and exchange of other than 4 or 8 bytes";
  if (exchange.getAlign().value() < size) return "an unaligned atomic compare and exchange";
  return is_v3 ? "" : "an atomic compare and exchange";
}

/// What is left of loads and stores after simplify_atomics().
template <typename Access>
std::string missing_access(const Access& access, Type* type, AtomicOrdering available,
                           const char* name, bool has_ordered) {
  const uint64_t size = size_of(access, type);
  if (size > kDoubleWord) return fmt::format("an atomic {} of more than 8 bytes", name);
  if (access.getAlign().value() < size) return fmt::format("an unaligned atomic {}", name);
  if (has_ordered && access.getOrdering() == available) return "";
  return fmt::format("an ordered atomic {}", name);
}

}  // namespace

void simplify_atomics(Module& module) {
  for (Function& function : module) {
    for (Instruction& instruction : make_early_inc_range(instructions(function))) {
      if (auto* load = dyn_cast<LoadInst>(&instruction)) {
        make_plain(*load, load->getType());
      } else if (auto* store = dyn_cast<StoreInst>(&instruction)) {
        make_plain(*store, store->getValueOperand()->getType());
      } else if (auto* fence = dyn_cast<FenceInst>(&instruction)) {
        if (fence->getSyncScopeID() == SyncScope::SingleThread) fence->eraseFromParent();
      } else if (auto* update = dyn_cast<AtomicRMWInst>(&instruction)) {
        if (is_relaxed(update->getOrdering()) && !update->use_empty()) {
          update->setOrdering(AtomicOrdering::SequentiallyConsistent);
        }
      }
    }
  }
}

std::string missing_atomic(const Instruction& instruction, const tool::EmitOptions& options) {
  const bool is_v4 = options.cpu == "v4";
  const bool is_v3 = is_v4 || options.cpu == "v3";
  const bool has_ordered = is_v4 && LLVM_VERSION_MAJOR >= 21;
  if (const auto* update = dyn_cast<AtomicRMWInst>(&instruction)) {
    return missing_update(*update, is_v3);
  }
  if (const auto* exchange = dyn_cast<AtomicCmpXchgInst>(&instruction)) {
    return missing_exchange(*exchange, is_v3);
  }
  if (isa<FenceInst>(instruction)) return "a fence";
  if (const auto* load = dyn_cast<LoadInst>(&instruction); load && load->isAtomic()) {
    return missing_access(*load, load->getType(), AtomicOrdering::Acquire, "load", has_ordered);
  }
  if (const auto* store = dyn_cast<StoreInst>(&instruction); store && store->isAtomic()) {
    return missing_access(*store, store->getValueOperand()->getType(), AtomicOrdering::Release,
                          "store", has_ordered);
  }
  return "";
}

}  // namespace btfreloc::emit
