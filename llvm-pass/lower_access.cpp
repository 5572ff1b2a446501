// Each way to a member is a chain of intrinsic calls, root first. A chain ends where its pointer is
// used for anything but the next step. The rules are those of LLVM's BPFAbstractMemberAccess.cpp,
// whose result this must equal.

#include "lower_access.h"

#include <algorithm>
#include <optional>
#include <string>

#include "access_chain.h"
#include "field_values.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsBPF.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Kinds of relocations, enum bpf_core_relo_kind of linux/bpf.h.
constexpr uint64_t kByteOffset = 0;
constexpr uint64_t kTypeIdLocal = 6;
constexpr uint64_t kTypeIdTarget = 7;
constexpr uint64_t kTypeExists = 8;
constexpr uint64_t kTypeSize = 9;
constexpr uint64_t kEnumExists = 10;
constexpr uint64_t kEnumValue = 11;
constexpr uint64_t kTypeMatches = 12;

// Numbers of passthrough calls begin here: those of LLVM's own passes count from 0 in one process.
constexpr uint32_t kFirstNumber = 0x40000000;

uint64_t constant(const CallInst& call, unsigned argument) {
  return cast<ConstantInt>(call.getArgOperand(argument))->getZExtValue();
}

MDNode* type_node(const CallInst& call) {
  return call.getMetadata(LLVMContext::MD_preserve_access_index);
}

bool is_access(const Value* value) {
  const auto* call = dyn_cast<IntrinsicInst>(value);
  if (!call) return false;
  const Intrinsic::ID id = call->getIntrinsicID();
  return (id == Intrinsic::preserve_struct_access_index ||
          id == Intrinsic::preserve_union_access_index ||
          id == Intrinsic::preserve_array_access_index) &&
         type_node(*call);
}

/// The index in the debug info's member list, or that of the array.
uint64_t access_index(const CallInst& call) {
  const bool is_union =
      cast<IntrinsicInst>(call).getIntrinsicID() == Intrinsic::preserve_union_access_index;
  return constant(call, is_union ? 1 : 2);
}

/// Whether the second step continues the first: its type is that of the first one's member or
/// element. A pointer begins a chain.
bool continues(const CallInst& parent, const CallInst& child) {
  DIType* from = strip_names(cast<DIType>(type_node(parent)));
  DIType* to = strip_names(cast<DIType>(type_node(child)));
  if (isa<DIDerivedType>(to)) return false;
  if (auto* pointer = dyn_cast<DIDerivedType>(from)) {
    return strip_names(pointer->getBaseType()) == to;
  }
  auto* composite = cast<DICompositeType>(from);
  if (as_array(composite)) {
    return composite->getElements().size() == 1 && strip_names(composite->getBaseType()) == to;
  }
  const uint64_t index = access_index(parent);
  if (index >= composite->getElements().size()) return false;
  const auto* member = dyn_cast<DIDerivedType>(composite->getElements()[index]);
  return member && strip_names(member->getBaseType()) == to;
}

bool leads_on(const CallInst& call, const User& user) {
  return is_access(&user) && continues(call, *cast<CallInst>(&user));
}

/// The chain that ends with this call, root first.
SmallVector<CallInst*, 6> chain_to(CallInst& last) {
  SmallVector<CallInst*, 6> chain = {&last};
  for (Value* base = last.getArgOperand(0); is_access(base);) {
    auto* parent = cast<CallInst>(base);
    if (!continues(*parent, *chain.front())) break;
    chain.insert(chain.begin(), parent);
    base = parent->getArgOperand(0);
  }
  return chain;
}

/// A chain in the terms of a record: its root, and the access string.
struct Spec {
  DIType* root;
  /// The root and the members on the way, for readers, and a digest of the records they are in:
  /// `task_struct.se.load.9e1f02ab`.
  std::string names;
  std::string access;
  uint64_t offset = 0;       ///< Of the last step, in bytes; of a bitfield's record, for one.
  std::optional<Step> last;  ///< None when the root itself is indexed.
};

/// The index of the root among those that a pointer, or an array that is no member, leads to.
struct Root {
  DIType* type;
  uint64_t index = 0;
  unsigned steps = 0;  ///< Calls that only count roots.
};

/// How many elements of its innermost type an array has in the dimensions that are left; 1 for what
/// is no array.
uint64_t total(const TypeAt& type) {
  uint64_t count = 1;
  for (TypeAt at = type; at.array(); at = at.element()) count *= at.count();
  return count;
}

/// None when the chain begins at nothing but scalars.
std::optional<Root> root_of(ArrayRef<CallInst*> chain) {
  Root root = {nullptr};
  for (CallInst* call : chain) {
    DIType* named = strip_qualifiers(cast<DIType>(type_node(*call)));
    DIType* type = strip_names(named);
    if (as_record(type)) {
      root.type = named;
      return root;
    }
    auto* pointer = dyn_cast<DIDerivedType>(type);
    if (!pointer && !as_array(type)) return std::nullopt;
    const TypeAt element =
        pointer ? TypeAt{strip_qualifiers(pointer->getBaseType())} : TypeAt{type}.element();
    root.index += access_index(*call) * total(element);
    ++root.steps;
    if (element.record()) {
      root.type = element.type;
      return root;
    }
    if (!element.array()) return std::nullopt;
  }
  return std::nullopt;
}

/// Appends what a type is made of: of a record every member, deep into those it holds.
void append_content(std::string& text, DIType* type, unsigned depth) {
  text += spelled(type) + "#" + std::to_string(size_of(type));
  DIType* inner = type;
  while (DICompositeType* array = as_array(inner)) inner = array->getBaseType();
  const DICompositeType* record = as_record(inner);
  if (!record || depth == 0) return;
  for (const Metadata* element : record->getElements()) {
    const DIDerivedType* member = as_member(element);
    if (!member) continue;
    text += "," + member->getName().str() + "@" + std::to_string(member->getOffsetInBits()) + ":" +
            std::to_string(member->getSizeInBits()) + ":";
    append_content(text, member->getBaseType(), depth - 1);
  }
}

std::string digest(const std::string& text) {
  const auto value = static_cast<uint32_t>(XXH3_64bits(text.data(), text.size()));
  return "." + utohexstr(value, /*LowerCase=*/true);
}

std::optional<Spec> spec_of(ArrayRef<CallInst*> chain) {
  const std::optional<Root> root = root_of(chain);
  if (!root || root->type->getName().empty()) return std::nullopt;
  std::string content;
  Spec spec = {root->type,
               root->type->getName().str(),
               std::to_string(root->index),
               root->index * size_of(root->type),
               {}};
  for (CallInst* call : chain.drop_front(root->steps)) {
    auto* composite = cast<DICompositeType>(strip_names(cast<DIType>(type_node(*call))));
    const uint64_t index = access_index(*call);
    if (!as_array(composite) &&
        (index >= composite->getElements().size() || !as_member(composite->getElements()[index]))) {
      return std::nullopt;
    }
    const MemberAt step = as_array(composite)
                              ? element_step({composite}, index)
                              : member_step(composite, static_cast<unsigned>(index));
    spec.access += ":" + std::to_string(index);
    if (!as_array(composite)) {
      spec.names += "." + cast<DIDerivedType>(composite->getElements()[index])->getName().str();
      append_content(content, composite, 1);
    }
    spec.offset += step.path.offset();
    spec.last = step.path.steps.front();
  }
  spec.names += digest(content);
  return spec;
}

/// Tells types of one name apart, as linked modules may have them.
std::string identity(DIType* type) {
  constexpr unsigned kDeepest = 16;
  std::string content;
  append_content(content, type, kDeepest);
  return type->getName().str() + digest(content);
}

/// A backend reads the kind, the local value and the access string from the name, and takes the
/// type from the metadata. Linking joins globals of one name, whatever their metadata: what else
/// the record depends on is in it, too, so that two modules' different ideas of one type stay
/// apart.
std::string global_name(const std::string& names, uint64_t kind, int64_t local,
                        const std::string& access) {
  return "llvm." + names + ":" + std::to_string(kind) + ":" + std::to_string(local) + "$" + access;
}

/// Erases those calls that nothing uses, and forgets them. Whether there were any.
bool erase_unused(SmallVectorImpl<CallInst*>& calls) {
  const auto unused = std::stable_partition(
      calls.begin(), calls.end(), [](const CallInst* call) { return !call->use_empty(); });
  const bool any = unused != calls.end();
  for (CallInst* call : make_range(unused, calls.end())) call->eraseFromParent();
  calls.erase(unused, calls.end());
  return any;
}

class Lowering {
 public:
  explicit Lowering(Module& module)
      : module_(module), layout_(module.getDataLayout()), next_number_(first_number(module)) {}

  bool run(Function& function);

 private:
  static uint32_t first_number(const Module& module);

  void lower_info(CallInst& call);
  void lower_type_info(CallInst& call);
  void lower_enum_value(CallInst& call);
  void lower_type_id(CallInst& call);
  void lower_pointer(CallInst& call);
  void lower_plain(CallInst& call);
  void replace_end(CallInst& call, Value* pointer);
  uint64_t alignment(const CallInst& last) const;

  GlobalVariable* global(const std::string& name, Type* type, StringRef attribute, MDNode* node);
  Value* pass_through(IRBuilder<>& builder, Value* value);
  void replace(CallInst& call, const std::string& name, StringRef attribute, DIType* type);

  Module& module_;
  const DataLayout& layout_;
  uint32_t next_number_;
};

uint32_t Lowering::first_number(const Module& module) {
  uint64_t next = kFirstNumber;
  for (const Function& function : module) {
    if (function.getIntrinsicID() != Intrinsic::bpf_passthrough) continue;
    for (const User* user : function.users()) {
      if (const auto* call = dyn_cast<CallInst>(user)) {
        next = std::max(next, constant(*call, 0) + 1);
      }
    }
  }
  return static_cast<uint32_t>(next);
}

GlobalVariable* Lowering::global(const std::string& name, Type* type, StringRef attribute,
                                 MDNode* node) {
  if (GlobalVariable* known = module_.getNamedGlobal(name)) return known;
  auto* variable = new GlobalVariable(module_, type, /*isConstant=*/false,
                                      GlobalValue::ExternalLinkage, nullptr, name);
  variable->addAttribute(attribute);
  variable->setMetadata(LLVMContext::MD_preserve_access_index, node);
  return variable;
}

Value* Lowering::pass_through(IRBuilder<>& builder, Value* value) {
  Type* type = value->getType();
  std::string suffix = "p0";
  if (type->isIntegerTy()) suffix = "i" + std::to_string(type->getIntegerBitWidth());
  const FunctionCallee callee = module_.getOrInsertFunction(
      "llvm.bpf.passthrough." + suffix + "." + suffix,
      FunctionType::get(type, {builder.getInt32Ty(), type}, /*isVarArg=*/false));
  return builder.CreateCall(callee, {builder.getInt32(next_number_++), value});
}

/// The value that a record fills in takes the place of the call.
void Lowering::replace(CallInst& call, const std::string& name, StringRef attribute, DIType* type) {
  IRBuilder<> builder(&call);
  GlobalVariable* variable = global(name, call.getType(), attribute, type);
  Value* value = pass_through(builder, builder.CreateLoad(call.getType(), variable));
  call.replaceAllUsesWith(value);
  call.eraseFromParent();
}

uint64_t Lowering::alignment(const CallInst& last) const {
  Type* element = last.getParamElementType(0);
  return element ? layout_.getABITypeAlign(element).value() : 8;
}

/// The steps that lead on keep the call: they are ends, or lead to ends, themselves.
void Lowering::replace_end(CallInst& call, Value* pointer) {
  call.replaceUsesWithIf(pointer, [&](const Use& use) { return !leads_on(call, *use.getUser()); });
}

void Lowering::lower_pointer(CallInst& call) {
  const auto chain = chain_to(call);
  const std::optional<Spec> spec = spec_of(chain);
  if (!spec) return lower_plain(call);
  const uint64_t offset = spec->last
                              ? local_field_info(FieldInfo::kByteOffset, *spec->last, spec->offset,
                                                 alignment(call), layout_.isLittleEndian())
                              : spec->offset;
  IRBuilder<> builder(&call);
  GlobalVariable* variable =
      global(global_name(spec->names, kByteOffset, static_cast<int64_t>(offset), spec->access),
             builder.getInt64Ty(), "btf_ama", spec->root);
  Value* bytes = builder.CreateLoad(builder.getInt64Ty(), variable);
  Value* pointer = builder.CreateGEP(builder.getInt8Ty(), chain.front()->getArgOperand(0), bytes);
  replace_end(call, pass_through(builder, pointer));
}

/// A step from nothing that has a name: as the getelementptr it stands for.
void Lowering::lower_plain(CallInst& call) {
  IRBuilder<> builder(&call);
  Value* base = call.getArgOperand(0);
  const Intrinsic::ID id = cast<IntrinsicInst>(call).getIntrinsicID();
  if (id != Intrinsic::preserve_union_access_index) {
    const bool is_array = id == Intrinsic::preserve_array_access_index;
    const uint64_t zeros = is_array ? constant(call, 1) : 1;
    SmallVector<Value*, 4> indices(zeros, builder.getInt32(0));
    indices.push_back(builder.getInt32(static_cast<uint32_t>(constant(call, is_array ? 2 : 1))));
    base = builder.CreateInBoundsGEP(call.getParamElementType(0), base, indices);
  }
  replace_end(call, base);
}

void Lowering::lower_info(CallInst& call) {
  auto* last = dyn_cast<CallInst>(call.getArgOperand(0));
  if (!last || !is_access(last)) return;
  const std::optional<Spec> spec = spec_of(chain_to(*last));
  if (!spec || !spec->last) return;
  const auto kind = static_cast<FieldInfo>(constant(call, 1));
  const uint64_t value =
      local_field_info(kind, *spec->last, spec->offset, alignment(*last), layout_.isLittleEndian());
  replace(call,
          global_name(spec->names, static_cast<uint64_t>(kind), static_cast<int64_t>(value),
                      spec->access),
          "btf_ama", spec->root);
}

void Lowering::lower_type_info(CallInst& call) {
  DIType* type = strip_qualifiers(cast<DIType>(type_node(call)));
  const uint64_t flag = constant(call, 1);
  const uint64_t kind = flag == 0 ? kTypeExists : flag == 1 ? kTypeSize : kTypeMatches;
  const uint64_t value = kind == kTypeSize ? size_of(type) : 1;
  replace(call, global_name(identity(type), kind, static_cast<int64_t>(value), "0"), "btf_ama",
          type);
}

void Lowering::lower_enum_value(CallInst& call) {
  DIType* type = strip_qualifiers(cast<DIType>(type_node(call)));
  const auto* text = dyn_cast<GlobalVariable>(call.getArgOperand(1)->stripPointerCasts());
  if (!text || !text->hasInitializer()) return;
  const auto* bytes = dyn_cast<ConstantDataArray>(text->getInitializer());
  auto* enumeration = dyn_cast_or_null<DICompositeType>(strip_names(type));
  if (!bytes || !bytes->isString() || !enumeration) return;
  // "NAME:VALUE", as clang writes it.
  const auto [name, value] = bytes->getAsString().rtrim('\0').split(':');
  unsigned index = 0;
  for (const DINode* element : enumeration->getElements()) {
    const auto* enumerator = dyn_cast<DIEnumerator>(element);
    if (enumerator && enumerator->getName() == name) break;
    ++index;
  }
  const bool wants_value = constant(call, 2) == 1;
  int64_t local = 1;
  if (wants_value && value.getAsInteger(10, local)) {
    uint64_t bits = 0;  // above the largest int64_t
    value.getAsInteger(10, bits);
    local = static_cast<int64_t>(bits);
  }
  replace(call,
          global_name((type->getName() + "." + name).str(), wants_value ? kEnumValue : kEnumExists,
                      local, std::to_string(index)),
          "btf_ama", type);
}

void Lowering::lower_type_id(CallInst& call) {
  const bool is_local = constant(call, 1) == 0;
  auto* type = cast<DIType>(type_node(call));
  if (!is_local) type = strip_qualifiers(type);
  replace(call,
          "llvm.btf_type_id." + identity(type) + "$" +
              std::to_string(is_local ? kTypeIdLocal : kTypeIdTarget),
          "btf_type_id", type);
}

bool Lowering::run(Function& function) {
  SmallVector<CallInst*, 16> accesses, infos;
  for (Instruction& instruction : instructions(function)) {
    auto* call = dyn_cast<IntrinsicInst>(&instruction);
    if (!call) continue;
    if (is_access(call)) accesses.push_back(call);
    switch (call->getIntrinsicID()) {
      case Intrinsic::bpf_preserve_field_info:
      case Intrinsic::bpf_preserve_type_info:
      case Intrinsic::bpf_preserve_enum_value:
      case Intrinsic::bpf_btf_type_id: infos.push_back(call); break;
      default: break;
    }
  }
  for (CallInst* call : infos) {
    switch (cast<IntrinsicInst>(call)->getIntrinsicID()) {
      case Intrinsic::bpf_preserve_field_info: lower_info(*call); break;
      case Intrinsic::bpf_preserve_type_info: lower_type_info(*call); break;
      case Intrinsic::bpf_preserve_enum_value: lower_enum_value(*call); break;
      default: lower_type_id(*call); break;
    }
  }
  for (CallInst* call : accesses) {
    if (any_of(call->users(), [&](const User* user) { return !leads_on(*call, *user); })) {
      lower_pointer(*call);
    }
  }
  while (erase_unused(accesses)) {
  }
  return !accesses.empty() || !infos.empty();
}

}  // namespace

bool lower_accesses(Module& module) {
  Lowering lowering(module);
  bool changed = false;
  for (Function& function : module) changed |= lowering.run(function);
  return changed;
}

}  // namespace btfreloc::pass
