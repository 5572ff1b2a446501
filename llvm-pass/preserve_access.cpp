// One function after the other: find what each use of a pointer means (examine.cpp), then rewrite
// them all. The order matters, since a rewritten pointer no longer shows where it came from.

#include "preserve_access.h"

#include <cstdint>
#include <map>
#include <tuple>

#include "compat.h"
#include "diagnostics.h"
#include "examine.h"
#include "language_types.h"
#include "llvm/IR/Constants.h"
#include "magic_externs.h"
#include "markers.h"
#include "split_geps.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// On functions that are done.
constexpr const char* kDone = "btfreloc";

class FunctionRewriter {
 public:
  FunctionRewriter(Function& function, const Annotations& annotations, ElementTypes& types,
                   const Options& options)
      : is_exact_(options.bitfields == Options::Bitfields::kExact),
        annotations_(annotations),
        wants_report_(Diagnostics::wants_relocated(function.getContext())),
        chains_(*function.getParent(), annotations, types, options),
        examination_(function, annotations, types, chains_, options) {}

  bool run();

 private:
  Value* base_of(Value* base);
  Value* pointer_to(Value* pointer, Value* base, const Meaning& meaning, std::optional<Step> field,
                    Instruction* user);
  void rewrite(const Rewrite& rewrite);
  void report(const Rewrite& rewrite) const;
  void rewrite_exactly(const Rewrite& rewrite);
  void rewrite_stride(const Stride& stride);
  void erase_unused();

  bool is_exact_;
  const Annotations& annotations_;
  bool wants_report_;
  AccessChains chains_;
  Examination examination_;
  /// Pointers to members that are there already, by the pointer they replace and the path.
  std::map<std::tuple<Value*, Instruction*, std::string>, Value*> pointers_;
  std::vector<WeakVH> replaced_;
};

/// Where code that needs the value can stand: right after it, or before `user` for a constant.
Instruction* point_after(Value* value, Instruction* user) {
  if (auto* phi = dyn_cast<PHINode>(value)) return &*phi->getParent()->getFirstInsertionPt();
  if (auto* invoke = dyn_cast<InvokeInst>(value)) {
    return &*invoke->getNormalDest()->getFirstInsertionPt();
  }
  if (auto* instruction = dyn_cast<Instruction>(value)) return instruction->getNextNode();
  if (auto* argument = dyn_cast<Argument>(value)) {
    BasicBlock::iterator at = argument->getParent()->getEntryBlock().getFirstInsertionPt();
    while (isa<AllocaInst>(*at)) ++at;
    return &*at;
  }
  return user;
}

/// Where the value of a use must be there.
Instruction* user_of(const Use& use) {
  auto* user = cast<Instruction>(use.getUser());
  if (auto* phi = dyn_cast<PHINode>(user)) return phi->getIncomingBlock(use)->getTerminator();
  return user;
}

/// A name for a path in the cache of pointers.
std::string key_of(const Meaning& meaning, const std::optional<Step>& field) {
  std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(meaning.root.type)) + "+" +
                    std::to_string(meaning.bytes_before) + "+" +
                    std::to_string(meaning.first_index);
  for (const Step& step : meaning.path.steps) key += ":" + std::to_string(step.index);
  if (field) key += ":" + std::to_string(field->index);
  key += "+" + std::to_string(meaning.elements) + (meaning.is_value ? "=" : "~");
  return key + "+" + std::to_string(meaning.rest);
}

bool FunctionRewriter::run() {
  examination_.run();
  if (wants_report_) {
    for (const Rewrite& rewrite : examination_.rewrites()) report(rewrite);
    for (const Stride& stride : examination_.strides()) {
      const std::string record = spelled(stride.element.type);
      Diagnostics::relocated(*stride.gep, record, record + ": how far apart its elements are");
    }
  }
  for (const Rewrite& rewrite : examination_.rewrites()) this->rewrite(rewrite);
  for (const Stride& stride : examination_.strides()) rewrite_stride(stride);
  erase_unused();
  return !examination_.rewrites().empty() || !examination_.strides().empty();
}

/// Says what becomes of an access, of which record: the first on the way that is annotated.
void FunctionRewriter::report(const Rewrite& rewrite) const {
  const auto based = examination_.base_meaning(rewrite.base);
  const bool is_onward = rewrite.meaning.kind == Meaning::Kind::kNone;
  const Meaning& behind = !based          ? rewrite.meaning
                          : based->member ? *based->member
                                          : based->meaning;
  const Meaning& meaning = is_onward ? behind : rewrite.meaning;
  Path path = meaning.path;
  if (const auto field = field_of(rewrite)) path.steps.push_back(*field);
  const auto* first = find_if(path.steps, [&](const Step& step) {
    return !as_array(step.in) && annotations_.contains(step.in);
  });
  DIType* record = first == path.steps.end() ? meaning.root.type : first->in;
  Diagnostics::relocated(*user_of(*rewrite.use), spelled(record), spelled(meaning.root, path));
}

/// What to begin at in place of a base that is the address of a relocated member.
Value* FunctionRewriter::base_of(Value* base) {
  const auto based = examination_.base_meaning(base);
  if (!based || !based->obstacle.empty()) return base;
  replaced_.push_back(base);
  return pointer_to(base, based->root(), based->meaning, {}, nullptr);
}

/// The relocated counterpart of a pointer, made once for each member it can mean.
Value* FunctionRewriter::pointer_to(Value* pointer, Value* base, const Meaning& meaning,
                                    std::optional<Step> field, Instruction* user) {
  // A constant is where its user is.
  Instruction* place = isa<Constant>(pointer) ? user : nullptr;
  Value*& known = pointers_[{pointer, place, key_of(meaning, field)}];
  if (known) return known;
  Value* root = base_of(base);
  // A base that is the pointer itself has just been given code of its own after it.
  Instruction* point = point_after(base == pointer ? root : pointer, user);
  IRBuilder<> builder(point);
  const auto* instruction = dyn_cast<Instruction>(pointer);
  const Instruction* source = instruction && instruction->getDebugLoc() ? instruction : user;
  if (source) builder.SetCurrentDebugLocation(source->getDebugLoc());
  return known = chains_.pointer(builder, root, meaning, field);
}

void FunctionRewriter::rewrite(const Rewrite& rewrite) {
  if (is_exact_ && (rewrite.load || rewrite.write)) return rewrite_exactly(rewrite);
  Value* pointer = rewrite.use->get();
  replaced_.push_back(pointer);
  rewrite.use->set(
      pointer_to(pointer, rewrite.base, rewrite.meaning, field_of(rewrite), user_of(*rewrite.use)));
}

void FunctionRewriter::rewrite_exactly(const Rewrite& rewrite) {
  const Meaning& meaning = rewrite.meaning;
  replaced_.push_back(rewrite.use->get());
  if (rewrite.load) {
    auto& load = *cast<LoadInst>(rewrite.use->getUser());
    for (const BitfieldRead& read : rewrite.load->reads) {
      replaced_.push_back(read.result);
      rewrite_read(chains_, base_of(rewrite.base), meaning, load, read);
    }
    replaced_.push_back(&load);
    return;
  }
  auto& store = *cast<StoreInst>(rewrite.use->getUser());
  rewrite_write(chains_, base_of(rewrite.base), meaning, store, *rewrite.write);
  replaced_.push_back(store.getValueOperand());
  store.eraseFromParent();
}

void FunctionRewriter::rewrite_stride(const Stride& stride) {
  GetElementPtrInst& gep = *stride.gep;
  IRBuilder<> builder(&gep);
  Value* index = gep.getOperand(gep.getNumOperands() - 1);
  Value* count = builder.CreateSExtOrTrunc(index, builder.getInt64Ty());
  Value* bytes = builder.CreateMul(count, chains_.stride(builder, stride.element, &stride.array));
  gep.replaceAllUsesWith(builder.CreateGEP(builder.getInt8Ty(), gep.getPointerOperand(), bytes));
  gep.eraseFromParent();
}

/// What the rewritten code no longer needs.
void FunctionRewriter::erase_unused() {
  SmallVector<Instruction*, 16> waiting;
  for (const WeakVH& value : replaced_) {
    if (auto* instruction = dyn_cast_or_null<Instruction>(static_cast<Value*>(value))) {
      waiting.push_back(instruction);
    }
  }
  SmallPtrSet<Instruction*, 16> erased;
  while (!waiting.empty()) {
    Instruction* instruction = waiting.pop_back_val();
    if (erased.contains(instruction) || !instruction->use_empty() ||
        (!isa<LoadInst>(instruction) && instruction->mayHaveSideEffects()) ||
        isa<AllocaInst, PHINode, CallBase>(instruction)) {
      continue;
    }
    for (Value* operand : instruction->operands()) {
      auto* next = dyn_cast<Instruction>(operand);
      // A load that only led to a member is the program's own: it stays, whatever optimisation
      // says.
      if (next && !isa<LoadInst>(next)) waiting.push_back(next);
      if (next && isa<LoadInst>(next) && isa<BinaryOperator>(instruction)) waiting.push_back(next);
    }
    erased.insert(instruction);
    instruction->eraseFromParent();
  }
}

}  // namespace

void preserve_accesses(Module& module, const Options& options, Done& done) {
  const DebugNodes nodes(module);
  done.changed |= replace_markers(module, nodes);
  const Annotations annotations(nodes, options);
  done.changed |= unwrap_members(annotations);
  ElementTypes types(module, nodes, annotations);
  done.records += annotations.records().size();
  done.questions += lower_magic_externs(module, nodes, annotations, types, options);
  for (Function& function : module) {
    if (function.isDeclaration() || function.hasFnAttribute(kDone)) continue;
    if (annotations.empty() && !options.strict) continue;
    done.changed |= split_geps(function);
    done.changed |= FunctionRewriter(function, annotations, types, options).run();
    function.addFnAttr(kDone);
  }
  done.changed |= strip_annotations(nodes) || done.questions != 0;
}

}  // namespace btfreloc::pass
