#include "access_chain.h"

#include "compat.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// TYPE_SIZE of llvm.bpf.preserve.type.info. Source: BPFCORE.h of LLVM.
constexpr uint64_t kTypeSize = 1;

/// What is asked about a member needs no memory.
Value* nowhere(IRBuilder<>& builder) {
  return ConstantPointerNull::get(PointerType::get(builder.getContext(), 0));
}

Value* info_of(IRBuilder<>& builder, Value* member, FieldInfo kind) {
  return call_type_intrinsic(builder, "llvm.bpf.preserve.field.info.p0", builder.getInt32Ty(),
                             {member, builder.getInt64(static_cast<uint64_t>(kind))}, nullptr);
}

bool is_array_step(const Step& step) { return as_array(step.in) != nullptr; }

/// A pointer that a chain can begin at: at the end of another it would be read as one with it.
Value* begins_anew(IRBuilder<>& builder, Value* base) {
  const auto* call = dyn_cast<IntrinsicInst>(base);
  const bool is_end = call && call->getMetadata(LLVMContext::MD_preserve_access_index);
  return is_end ? builder.CreateGEP(builder.getInt8Ty(), base, builder.getInt64(0)) : base;
}

/// The record that an element is, or an array of.
DICompositeType* innermost_record(const TypeAt& element) {
  TypeAt at = element;
  while (at.array()) at = at.element();
  return at.record();
}

}  // namespace

Value* keep_apart(IRBuilder<>& builder, Value* value) {
  FunctionType* type = FunctionType::get(value->getType(), {value->getType()}, false);
  return builder.CreateCall(InlineAsm::get(type, "", "=r,0", /*hasSideEffects=*/false), {value});
}

Value* plus_bytes(IRBuilder<>& builder, Value* base, int64_t bytes) {
  if (bytes == 0) return base;
  return builder.CreateGEP(builder.getInt8Ty(), base,
                           builder.getInt64(static_cast<uint64_t>(bytes)));
}

Value* call_type_intrinsic(IRBuilder<>& builder, StringRef name, Type* result,
                           ArrayRef<Value*> arguments, MDNode* type) {
  SmallVector<Type*, 3> types;
  for (Value* argument : arguments) types.push_back(argument->getType());
  Module& module = *builder.GetInsertBlock()->getModule();
  const FunctionCallee callee =
      module.getOrInsertFunction(name, FunctionType::get(result, types, /*isVarArg=*/false));
  CallInst* call = builder.CreateCall(callee, arguments);
  if (type) call->setMetadata(LLVMContext::MD_preserve_access_index, type);
  return call;
}

std::vector<Step> AccessChains::steps_of(const Meaning& meaning, std::optional<Step> field) const {
  std::vector<Step> steps(meaning.path.steps.begin(), meaning.path.steps.end());
  if (field) steps.push_back(*field);
  return steps;
}

/// The chains of a path: as long as its records are annotated, with the arrays between them. LLVM's
/// own pass follows one dimension of an array only.
std::vector<AccessChains::Run> AccessChains::runs_of(ArrayRef<Step> steps) const {
  std::vector<Run> runs;
  bool is_open = false;
  for (unsigned i = 0; i < steps.size(); ++i) {
    const bool is_first_index = i > 0 && !is_array_step(steps[i - 1]);
    const bool is_in =
        is_array_step(steps[i]) ? is_open && is_first_index : annotations_.contains(steps[i].in);
    if (is_in && is_open) {
      runs.back().end = i + 1;
    } else if (is_in) {
      runs.push_back({i, i + 1});
    }
    is_open = is_in;
  }
  return runs;
}

bool AccessChains::concerns(const Meaning& meaning) const {
  if (meaning.kind == Meaning::Kind::kMember &&
      ((meaning.first_index != 0 && may_differ(meaning.root, nullptr)) ||
       (meaning.elements != 0 && may_differ(meaning.element, nullptr)))) {
    return true;
  }
  if (any_of(meaning.storages, [&](const Storage& storage) {
        return meaning.kind == Meaning::Kind::kStorage && annotations_.contains(storage.record);
      })) {
    return true;
  }
  return any_of(meaning.path.steps, [&](const Step& step) {
    if (!is_array_step(step)) return annotations_.contains(step.in);
    return step.index != 0 && may_differ(TypeAt{step.in, step.dimension}.element(), nullptr);
  });
}

std::string AccessChains::obstacle(const Meaning& meaning, std::optional<Step> field) const {
  const std::vector<Step> steps = steps_of(meaning, field);
  const std::string path = spelled(meaning.root, meaning.path);
  for (const Run& run : runs_of(steps)) {
    if (!root_type(meaning, steps, run)) {
      return path + ": " + spelled(steps[run.begin].in) + " has no name to ask the kernel for";
    }
    // Members are found by name: a way that ends without one would be found at the last that has.
    const Step& last = *find_if_not(
        reverse(ArrayRef<Step>(steps).slice(run.begin, run.end - run.begin)), is_array_step);
    if (cast<DIDerivedType>(last.in->getElements()[last.index])->getName().empty()) {
      return path + ": a member without a name; which of those in it is meant cannot be told";
    }
  }
  if (meaning.first_index < 0 && !steps.empty()) {
    return spelled(meaning.root.type) + "[" + std::to_string(meaning.first_index) +
           "]: a relocation cannot count backwards";
  }
  return "";
}

bool AccessChains::may_differ(const TypeAt& element, const Meaning* array) const {
  if (options_.bitfields != Options::Bitfields::kExact) return false;
  const DICompositeType* record = innermost_record(element);
  if (record && annotations_.contains(record)) return true;
  // A row is as long as the kernel's array has columns.
  return element.array() && array && concerns(*array);
}

bool AccessChains::has_stride(const TypeAt& element, const Meaning* array) const {
  DICompositeType* record = element.record();
  if (record && annotations_.contains(record) && annotations_.root_of(record)) return true;
  if (!array || array->kind != Meaning::Kind::kMember || array->rest != 0 || array->elements != 0 ||
      array->path.steps.empty() || !array->type.array()) {
    return false;
  }
  const std::vector<Step> steps = steps_of(*array, Step{array->type.array(), 0});
  const std::vector<Run> runs = runs_of(steps);
  return !runs.empty() && runs.back().end == steps.size() && obstacle(*array).empty();
}

Value* AccessChains::stride(IRBuilder<>& builder, const TypeAt& element, const Meaning* array) {
  if (!has_stride(element, array)) return nullptr;
  Value* size = nullptr;
  DICompositeType* record = element.record();
  if (record && annotations_.contains(record) && annotations_.root_of(record)) {
    // The first argument only keeps calls apart, until they are lowered.
    size = call_type_intrinsic(builder, "llvm.bpf.preserve.type.info", builder.getInt32Ty(),
                               {builder.getInt32(0), builder.getInt64(kTypeSize)},
                               annotations_.root_of(record));
  } else {
    size = field_info(builder, *array, Step{array->type.array(), 0}, FieldInfo::kByteSize);
  }
  return builder.CreateZExt(size, builder.getInt64Ty());
}

Value* AccessChains::plus_elements(IRBuilder<>& builder, Value* base, const TypeAt& element,
                                   int64_t count) {
  if (count == 0) return base;
  if (may_differ(element, nullptr)) {
    if (Value* size = stride(builder, element, nullptr)) {
      Value* bytes = builder.CreateMul(size, builder.getInt64(static_cast<uint64_t>(count)));
      return builder.CreateGEP(builder.getInt8Ty(), base, bytes);
    }
  }
  return plus_bytes(builder, base, count * static_cast<int64_t>(element.size()));
}

/// A step that is not relocated, but by the distance of an array's elements.
Value* AccessChains::plain(IRBuilder<>& builder, Value* base, const Step& step) {
  if (is_array_step(step)) {
    const TypeAt element = TypeAt{step.in, step.dimension}.element();
    return plus_elements(builder, base, element, step.index);
  }
  return plus_bytes(builder, base, static_cast<int64_t>(step.offset));
}

std::string AccessChains::reservation(const Meaning& meaning) const {
  if (!meaning.doubt.empty()) return meaning.doubt;
  const std::vector<Step> steps = steps_of(meaning, {});
  const std::vector<Run> runs = runs_of(steps);
  for (unsigned i = 0; i < steps.size(); ++i) {
    const bool is_in_run =
        any_of(runs, [&](const Run& run) { return i >= run.begin && i < run.end; });
    if (is_in_run || !is_array_step(steps[i]) || steps[i].index == 0) continue;
    const TypeAt element = TypeAt{steps[i].in, steps[i].dimension}.element();
    const bool is_row =
        element.array() && concerns(meaning) && options_.bitfields == Options::Bitfields::kExact;
    if (is_row || (may_differ(element, nullptr) && !has_stride(element, nullptr))) {
      return spelled(meaning.root, meaning.path) + ": index " + std::to_string(steps[i].index) +
             " goes over elements whose size in the kernel cannot be asked for";
    }
  }
  return "";
}

Value* AccessChains::step(IRBuilder<>& builder, Value* base, const Step& step, MDNode* root) {
  const auto* member =
      is_array_step(step) ? nullptr : cast<DIDerivedType>(step.in->getElements()[step.index]);
  if (!member) {
    const TypeAt array = {step.in, 0};
    Type* element = ArrayType::get(builder.getInt8Ty(), array.element_size());
    return builder.CreatePreserveArrayAccessIndex(ArrayType::get(element, array.count()), base, 1,
                                                  step.index, root);
  }
  if (is_union(step.in)) return builder.CreatePreserveUnionAccessIndex(base, step.index, root);
  StructType* type = types_.of(step.in);
  const uint64_t size = member->isBitField() ? UINT64_MAX : size_of(member->getBaseType());
  return builder.CreatePreserveStructAccessIndex(
      type, base, types_.field_at(type, step.offset, size), step.index, root);
}

/// The type that a chain is asked for by: as the pointer or the member before it declares it, which
/// may be a typedef; else the record's own name.
DIType* AccessChains::root_type(const Meaning& meaning, ArrayRef<Step> steps, Run run) const {
  DICompositeType* record = steps[run.begin].in;
  DIType* declared = nullptr;
  if (run.begin == 0) {
    if (meaning.first_index == 0) declared = meaning.root.type;
  } else if (const Step& before = steps[run.begin - 1]; is_array_step(before)) {
    declared = strip_qualifiers(before.in->getBaseType());
  } else {
    const auto* member = cast<DIDerivedType>(before.in->getElements()[before.index]);
    declared = strip_qualifiers(member->getBaseType());
  }
  const bool is_named = declared && strip_names(declared) == record && !declared->getName().empty();
  return is_named ? declared : annotations_.root_of(record);
}

Value* AccessChains::chain(IRBuilder<>& builder, Value* base, const Meaning& meaning,
                           ArrayRef<Step> steps, Run run) {
  DIType* root = root_type(meaning, steps, run);
  if (run.begin == 0 && meaning.first_index != 0) {
    MDNode* pointer = compat::make_derived(
        module_.getContext(), {.tag = dwarf::DW_TAG_pointer_type, .base = root, .size = 64});
    base =
        builder.CreatePreserveArrayAccessIndex(types_.of(steps[run.begin].in), base, 0,
                                               static_cast<unsigned>(meaning.first_index), pointer);
  }
  for (unsigned i = run.begin; i < run.end; ++i) {
    base = step(builder, base, steps[i], i == run.begin ? root : steps[i].in);
  }
  return base;
}

/// From the base to step `end`, everything before relocated.
Value* AccessChains::to_root(IRBuilder<>& builder, Value* base, const Meaning& meaning,
                             ArrayRef<Step> steps, unsigned end) {
  base = plus_bytes(builder, base, meaning.bytes_before);
  const std::vector<Run> runs = runs_of(steps);
  const bool begins_plain = runs.empty() || runs.front().begin != 0;
  if (begins_plain) base = plus_elements(builder, base, meaning.root, meaning.first_index);
  unsigned at = 0;
  for (const Run& run : runs) {
    for (; at < run.begin && at < end; ++at) base = plain(builder, base, steps[at]);
    if (run.begin >= end) return base;
    base = chain(builder, begins_anew(builder, base), meaning, steps, run);
    at = run.end;
  }
  for (; at < end; ++at) base = plain(builder, base, steps[at]);
  return base;
}

Value* AccessChains::pointer(IRBuilder<>& builder, Value* base, const Meaning& meaning,
                             std::optional<Step> field) {
  const std::vector<Step> steps = steps_of(meaning, field);
  Value* end = to_root(builder, base, meaning, steps, static_cast<unsigned>(steps.size()));
  const std::vector<Run> runs = runs_of(steps);
  if (options_.bitfields == Options::Bitfields::kExact && !runs.empty() &&
      !(meaning.is_value && runs.back().end == steps.size())) {
    end = keep_apart(builder, end);
  }
  if (meaning.elements != 0) end = plus_elements(builder, end, meaning.element, meaning.elements);
  return plus_bytes(builder, end, meaning.rest);
}

Value* AccessChains::last_root(IRBuilder<>& builder, Value* base, const Meaning& meaning,
                               const Step& field) {
  const std::vector<Step> steps = steps_of(meaning, field);
  return to_root(builder, base, meaning, steps, runs_of(steps).back().begin);
}

Value* AccessChains::field_info(IRBuilder<>& builder, const Meaning& meaning,
                                std::optional<Step> field, FieldInfo kind) {
  const std::vector<Step> steps = steps_of(meaning, field);
  return info_of(builder, chain(builder, nowhere(builder), meaning, steps, runs_of(steps).back()),
                 kind);
}

Value* AccessChains::whole_field_info(IRBuilder<>& builder, const Meaning& meaning,
                                      FieldInfo kind) {
  const std::vector<Step> steps = steps_of(meaning, {});
  const Run all = {0, static_cast<unsigned>(steps.size())};
  return info_of(builder, chain(builder, nowhere(builder), meaning, steps, all), kind);
}

}  // namespace btfreloc::pass
