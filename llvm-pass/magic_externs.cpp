#include "magic_externs.h"

#include <optional>
#include <string>

#include "access_chain.h"
#include "compat.h"
#include "diagnostics.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

constexpr const char* kPrefix = "__btfreloc_";

/// What a function asks, and which intrinsic with which flag answers. Source of the flags:
/// BPFCORE.h of LLVM.
enum class Question { kField, kType, kTypeId, kEnumerator };
struct Extern {
  const char* name;
  Question question;
  uint64_t flag;
};
constexpr Extern kExterns[] = {
    {"field_offset", Question::kField, 0},     {"field_size", Question::kField, 1},
    {"field_exists", Question::kField, 2},     {"field_signed", Question::kField, 3},
    {"field_left_shift", Question::kField, 4}, {"field_right_shift", Question::kField, 5},
    {"type_exists", Question::kType, 0},       {"type_size", Question::kType, 1},
    {"type_matches", Question::kType, 2},      {"type_id_local", Question::kTypeId, 0},
    {"type_id_target", Question::kTypeId, 1},  {"enum_exists", Question::kEnumerator, 0},
    {"enum_value", Question::kEnumerator, 1},
};

const Extern* extern_of(const CallInst& call) {
  const Function* callee = call.getCalledFunction();
  if (!callee || !callee->isDeclaration()) return nullptr;
  StringRef name = callee->getName();
  if (!name.consume_front(kPrefix)) return nullptr;
  const auto* found = find_if(kExterns, [&](const Extern& e) { return name == e.name; });
  return found == std::end(kExterns) ? nullptr : found;
}

struct TypeName {
  StringRef keyword;  ///< struct, union, enum or "".
  StringRef name;
};

TypeName type_name(StringRef text) {
  const auto [first, rest] = text.trim().split(' ');
  if (first == "struct" || first == "union" || first == "enum") return {first, rest.trim()};
  return {"", text.trim()};
}

bool has_keyword(const DIType* type, StringRef keyword) {
  const unsigned tag = type->getTag();
  if (keyword == "struct") {
    return tag == dwarf::DW_TAG_structure_type || tag == dwarf::DW_TAG_class_type;
  }
  if (keyword == "union") return tag == dwarf::DW_TAG_union_type;
  if (keyword == "enum") return tag == dwarf::DW_TAG_enumeration_type;
  return tag == dwarf::DW_TAG_typedef || tag == dwarf::DW_TAG_base_type;
}

class MagicExterns {
 public:
  MagicExterns(Module& module, const DebugNodes& nodes, const Annotations& annotations,
               ElementTypes& types, const Options& options)
      : module_(module),
        nodes_(nodes),
        annotations_(annotations),
        chains_(module, annotations, types, options) {}

  /// Replaces the call; "" or what is wrong with it.
  std::string lower(CallInst& call, const Extern& what);

 private:
  std::string find_type(StringRef text, DIType*& type) const;
  std::string find_path(DIType* root, StringRef text, Meaning& meaning) const;
  bool find_member(DICompositeType* record, StringRef name, Path& path, TypeAt& type,
                   unsigned depth) const;

  std::string lower_field(CallInst& call, DIType* type, StringRef path, uint64_t flag);
  std::string lower_enumerator(CallInst& call, DIType* type, StringRef name, uint64_t flag);
  void lower_type(CallInst& call, DIType* type, Question question, uint64_t flag);
  void replace(CallInst& call, IRBuilder<>& builder, Value* value);

  Module& module_;
  const DebugNodes& nodes_;
  const Annotations& annotations_;
  AccessChains chains_;
};

/// The type of that name; an annotated one before others, and one before declarations of it.
std::string MagicExterns::find_type(StringRef text, DIType*& type) const {
  const TypeName wanted = type_name(text);
  bool is_ambiguous = false;
  const auto rank = [&](const DIType* candidate) {
    const auto* record = dyn_cast<DICompositeType>(candidate);
    if (!record) return 1;
    return record->isForwardDecl() ? 0 : annotations_.contains(record) ? 2 : 1;
  };
  for (MDNode* node : nodes_.all()) {
    auto* candidate = dyn_cast<DIType>(node);
    if (!candidate || !has_keyword(candidate, wanted.keyword)) continue;
    if (candidate->getName() != wanted.name && qualified_name(candidate) != wanted.name) continue;
    if (!type || rank(candidate) > rank(type)) {
      type = candidate;
      is_ambiguous = false;
    } else if (rank(candidate) == rank(type)) {
      const auto *one = dyn_cast<DICompositeType>(type),
                 *other = dyn_cast<DICompositeType>(candidate);
      is_ambiguous |= one && other && !is_same_record(one, other);
    }
  }
  if (wanted.name.empty()) return "`" + text.str() + "` names no type";
  if (!type) {
    return "there is no type `" + text.str() +
           "` in the debug info; a variable or a marker global of the type keeps it there";
  }
  if (is_ambiguous) return "there are several types `" + text.str() + "` that differ";
  return "";
}

/// A member by name, also of anonymous records in between.
bool MagicExterns::find_member(DICompositeType* record, StringRef name, Path& path, TypeAt& type,
                               unsigned depth) const {
  if (depth > 32) return false;
  const DINodeArray elements = record->getElements();
  for (unsigned i = 0; i < elements.size(); ++i) {
    const DIDerivedType* member = as_member(elements[i]);
    if (!member) continue;
    const MemberAt step = member_step(record, i);
    if (member->getName() == name) {
      path.steps.push_back(step.path.steps.front());
      type = step.type;
      return true;
    }
    DICompositeType* inner = member->getName().empty() ? step.type.record() : nullptr;
    if (!inner) continue;
    path.steps.push_back(step.path.steps.front());
    if (find_member(inner, name, path, type, depth + 1)) return true;
    path.steps.pop_back();
  }
  return false;
}

/// Reads "a.b[1].c".
std::string MagicExterns::find_path(DIType* root, StringRef text, Meaning& meaning) const {
  meaning.kind = Meaning::Kind::kMember;
  meaning.root = {strip_qualifiers(root)};
  meaning.type = meaning.root;
  StringRef rest = text.trim();
  if (rest.empty()) return "the path to a member is empty";
  while (!rest.empty()) {
    const StringRef name = rest.take_until([](char c) { return c == '.' || c == '['; });
    DICompositeType* record = meaning.type.record();
    if (!record || !find_member(record, name, meaning.path, meaning.type, 0)) {
      return "there is no member `" + name.str() + "` in " + spelled(meaning.type.type);
    }
    rest = rest.drop_front(name.size());
    while (rest.consume_front("[")) {
      uint64_t index = 0;
      if (rest.consumeInteger(10, index) || !rest.consume_front("]") || index > UINT32_MAX ||
          !meaning.type.array()) {
        return "`" + text.str() + "` has an index that is none, or of no array";
      }
      const MemberAt step = element_step(meaning.type, index);
      if (step.path.steps.front().dimension > 0) {
        return "`" + text.str() + "`: a relocation indexes the first dimension of an array only";
      }
      meaning.path.steps.push_back(step.path.steps.front());
      meaning.type = step.type;
    }
    if (!rest.empty() && (!rest.consume_front(".") || rest.empty())) {
      return "`" + text.str() + "` is no path of members";
    }
  }
  return "";
}

void MagicExterns::replace(CallInst& call, IRBuilder<>& builder, Value* value) {
  call.replaceAllUsesWith(builder.CreateZExtOrTrunc(value, call.getType()));
  call.eraseFromParent();
}

std::string MagicExterns::lower_field(CallInst& call, DIType* type, StringRef path, uint64_t flag) {
  Meaning meaning;
  if (std::string problem = find_path(type, path, meaning); !problem.empty()) return problem;
  IRBuilder<> builder(&call);
  const auto kind = static_cast<FieldInfo>(flag);
  Value* info = chains_.whole_field_info(builder, meaning, kind);
  if (kind == FieldInfo::kByteOffset) {
    info = keep_apart(builder, builder.CreateZExt(info, builder.getInt64Ty()));
  }
  replace(call, builder, info);
  return "";
}

void MagicExterns::lower_type(CallInst& call, DIType* type, Question question, uint64_t flag) {
  IRBuilder<> builder(&call);
  const bool is_id = question == Question::kTypeId;
  Value* value =
      call_type_intrinsic(builder, is_id ? "llvm.bpf.btf.type.id" : "llvm.bpf.preserve.type.info",
                          is_id ? builder.getInt64Ty() : builder.getInt32Ty(),
                          {builder.getInt32(0), builder.getInt64(flag)}, type);
  replace(call, builder, value);
}

std::string MagicExterns::lower_enumerator(CallInst& call, DIType* type, StringRef name,
                                           uint64_t flag) {
  auto* enumeration = dyn_cast_or_null<DICompositeType>(strip_names(type));
  if (!enumeration || enumeration->getTag() != dwarf::DW_TAG_enumeration_type) {
    return spelled(type) + " is no enumeration";
  }
  for (const DINode* element : enumeration->getElements()) {
    const auto* enumerator = dyn_cast<DIEnumerator>(element);
    if (!enumerator || enumerator->getName() != name) continue;
    IRBuilder<> builder(&call);
    SmallString<32> value;
    enumerator->getValue().toString(value, 10, !enumerator->isUnsigned());
    // As clang gives it to the intrinsic; nothing of it is left after lowering.
    Constant* text = ConstantDataArray::getString(module_.getContext(), (name + ":" + value).str());
    auto* global = new GlobalVariable(module_, text->getType(), /*isConstant=*/true,
                                      GlobalValue::PrivateLinkage, text);
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    Value* result =
        call_type_intrinsic(builder, "llvm.bpf.preserve.enum.value", builder.getInt64Ty(),
                            {builder.getInt32(0), global, builder.getInt64(flag)}, type);
    replace(call, builder, result);
    return "";
  }
  return "there is no enumerator `" + name.str() + "` in " + spelled(type);
}

std::string MagicExterns::lower(CallInst& call, const Extern& what) {
  const bool has_member =
      what.question == Question::kField || what.question == Question::kEnumerator;
  const unsigned count = has_member ? 2 : 1;
  StringRef texts[2];
  if (call.arg_size() != count || !call.getType()->isIntegerTy()) {
    return "it takes " + std::to_string(count) + " strings and returns an integer";
  }
  for (unsigned i = 0; i < count; ++i) {
    if (!call.getArgOperand(i)->getType()->isPointerTy() ||
        !getConstantStringInfo(call.getArgOperand(i), texts[i])) {
      return "argument " + std::to_string(i + 1) + " is no constant string";
    }
  }
  DIType* type = nullptr;
  if (std::string problem = find_type(texts[0], type); !problem.empty()) return problem;
  switch (what.question) {
    case Question::kField: return lower_field(call, type, texts[1], what.flag);
    case Question::kEnumerator: return lower_enumerator(call, type, texts[1], what.flag);
    default: lower_type(call, type, what.question, what.flag); return "";
  }
}

/// A function of ours that is still used: one that there is not, or one that is not called.
void report_misuse(const Function& function) {
  if (!function.isDeclaration() || !compat::starts_with(function.getName(), kPrefix)) return;
  for (const User* user : function.users()) {
    const auto* instruction = dyn_cast<Instruction>(user);
    const auto* call = dyn_cast<CallInst>(user);
    if (!instruction || (call && extern_of(*call))) continue;  // said already
    const StringRef name = function.getName();
    const bool is_known = any_of(kExterns, [&](const Extern& e) {
      return name.drop_front(StringRef(kPrefix).size()) == e.name;
    });
    Diagnostics::error(*instruction, name + (is_known ? ": it can only be called"
                                                      : ": there is no such question"));
  }
}

}  // namespace

std::size_t lower_magic_externs(Module& module, const DebugNodes& nodes,
                                const Annotations& annotations, ElementTypes& types,
                                const Options& options) {
  SmallVector<CallInst*, 8> calls;
  for (Function& function : module) {
    if (!function.isDeclaration() || !compat::starts_with(function.getName(), kPrefix)) continue;
    for (User* user : function.users()) {
      auto* call = dyn_cast<CallInst>(user);
      if (call && extern_of(*call)) calls.push_back(call);
    }
  }
  MagicExterns externs(module, nodes, annotations, types, options);
  for (CallInst* call : calls) {
    const std::string name = call->getCalledFunction()->getName().str();
    if (const std::string problem = externs.lower(*call, *extern_of(*call)); !problem.empty()) {
      Diagnostics::error(*call, Twine(name) + ": " + problem);
    }
  }
  for (Function& function : make_early_inc_range(module)) {
    report_misuse(function);
    if (function.isDeclaration() && compat::starts_with(function.getName(), kPrefix) &&
        function.use_empty()) {
      function.eraseFromParent();
    }
  }
  return calls.size();
}

}  // namespace btfreloc::pass
