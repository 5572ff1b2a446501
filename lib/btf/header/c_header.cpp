#include "btf/header/c_header.h"

#include <algorithm>
#include <span>
#include <utility>

#include "btf/header/c_asserts.h"
#include "btf/header/c_definitions.h"
#include "btf/header/c_words.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/header/order.h"

// Each declaration is printed once, in the order of ids, with what it needs; then they are put into
// an order that compilers take. So the types that a member goes through are looked at once.

namespace btfreloc::btf {
namespace {

constexpr NameRules kRules{.one_namespace_of_types = false, .is_reserved = is_c_keyword};

class CHeader {
 public:
  explicit CHeader(const HeaderSelection& selection)
      : selection_(selection),
        view_(selection.view()),
        layouts_(selection),
        names_(selection, kRules),
        definitions_(selection, layouts_, names_),
        texts_(view_.header().types_size),  // a kernel's take nine tenths of that
        declaration_of_(view_.size(), kNone),
        order_(view_.size()) {
    needs_.reserve(view_.size());  // of a kernel
  }

  std::vector<HeaderNote> print(TextBuffer& out, CHeaderOptions options) {
    add_all();
    // Compilers warn of a pragma that is for nothing.
    if (!has_records()) options.co_re = CoRe::none;
    print_start(out, options);
    out_ = &out;
    options_ = &options;
    for (const TypeId id : types_) order_.emit(id, *this);
    for (const TypeId id : tags_) order_.declare(id, *this);
    print_functions(out);
    print_end(out, options);
    return definitions_.take_notes();
  }

  // For DeclarationOrder.
  std::span<const Need> needs(TypeId id) const {
    if (declaration_of_[id.value] == kNone) return {};
    const Declaration& of = declarations_[declaration_of_[id.value]];
    return std::span(needs_).subspan(of.first_need, of.needs);
  }
  void without(TypeId id, std::span<const TypeId> loops) { add(id, loops); }
  void define(TypeId id) {
    if (declaration_of_[id.value] == kNone) return;
    const Declaration& of = declarations_[declaration_of_[id.value]];
    *out_ << texts_.view().substr(of.text, of.size);
    if (options_->on_text) options_->on_text();
  }
  void declare(TypeId id) { definitions_.print_tag(*out_, id); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Declaration {
    std::size_t text;  ///< Where it begins in texts_.
    std::size_t size;
    std::size_t first_need;  ///< Index into needs_.
    std::size_t needs;
  };

  bool has_records() const {
    return std::ranges::any_of(types_, [this](TypeId id) {
      return is_composite(view_.kind(id).value_or(Kind::kVoid)) &&
             selection_.extent(id) >= Extent::partial;
    });
  }

  /// How a type is declared by itself.
  enum class Form : std::uint8_t { none, tag, type, function };
  Form form(TypeId id, Kind kind) {
    if (kind == Kind::kPtr) return Form::none;
    if (is_enum(kind)) return Form::type;
    if (view_.first_char(view_.name_offset(id)) == '\0') return Form::none;
    if (kind == Kind::kTypedef) {
      return view_.string_is(view_.name_offset(id), kBuiltinVaList) ? Form::none : Form::type;
    }
    if (kind == Kind::kFunc) return Form::function;
    if (is_composite(kind) && selection_.extent(id) >= Extent::partial) {
      return layouts_.is_object(id) ? Form::type : Form::tag;
    }
    return selection_.is_named(id) ? Form::tag : Form::none;
  }

  /// Enums without names come last: what other types contain is printed there.
  void add_all() {
    for (TypeId id{1}; id.value < view_.size(); ++id.value) {
      if (selection_.extent(id) == Extent::absent) continue;
      const auto kind = view_.kind(id);
      const Form form = kind ? this->form(id, *kind) : Form::none;
      if (form == Form::none) continue;
      (form == Form::function ? functions_ : form == Form::tag ? tags_ : types_).push_back(id);
    }
    declarations_.reserve(types_.size() + functions_.size());
    std::vector<TypeId> unnamed_enums;
    for (const TypeId id : types_) {
      if (view_.first_char(view_.name_offset(id)) == '\0') {
        unnamed_enums.push_back(id);
      } else {
        add(id);
      }
    }
    for (const TypeId id : unnamed_enums) add(id);
    for (const TypeId id : functions_) add(id);
  }

  void add(TypeId id, std::span<const TypeId> loops = {}) {
    Declaration declaration{
        .text = texts_.size(), .size = 0, .first_need = needs_.size(), .needs = 0};
    definitions_.print(texts_, id, needs_, loops);
    declaration.size = texts_.size() - declaration.text;
    declaration.needs = needs_.size() - declaration.first_need;
    if (declaration_of_[id.value] == kNone) {
      declaration_of_[id.value] = static_cast<std::uint32_t>(declarations_.size());
      declarations_.push_back(declaration);
    } else {
      declarations_[declaration_of_[id.value]] = declaration;
    }
  }
  void print_start(TextBuffer& out, const CHeaderOptions& options);
  void print_functions(TextBuffer& out);
  void print_end(TextBuffer& out, const CHeaderOptions& options);

  const HeaderSelection& selection_;
  const View& view_;
  Layouts layouts_;
  HeaderNames names_;
  CDefinitions definitions_;
  TextBuffer texts_;
  std::vector<TypeId> types_;  ///< Those declared, ascending.
  std::vector<TypeId> tags_;   ///< Those that are only named.
  std::vector<TypeId> functions_;
  std::vector<Declaration> declarations_;
  std::vector<std::uint32_t> declaration_of_;  ///< By id: index into declarations_.
  std::vector<Need> needs_;
  DeclarationOrder order_;
  TextBuffer* out_ = nullptr;
  const CHeaderOptions* options_ = nullptr;
};

void CHeader::print_start(TextBuffer& out, const CHeaderOptions& options) {
  if (!options.origin.empty()) out << "/* " << options.origin << " */\n";
  if (!options.guard.empty()) {
    out << "#ifndef " << options.guard << "\n#define " << options.guard << "\n\n";
  }
  switch (options.co_re) {
    case CoRe::none: break;
    case CoRe::attribute:
      out << "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
             "#pragma clang attribute push (__attribute__((preserve_access_index)), "
             "apply_to = record)\n"
             "#endif\n\n";
      break;
    case CoRe::tag:
      out << "#pragma clang attribute push (__attribute__((btf_decl_tag(\"btfreloc\"))), "
             "apply_to = record)\n\n";
      break;
  }
  definitions_.padding().print_macros(out);
}

/// The prototypes, as kernel functions and behind all types, for those who have none of their own.
void CHeader::print_functions(TextBuffer& out) {
  if (functions_.empty()) return;
  for (const TypeId id : functions_) {
    for (const Need need : needs(id)) {
      if (need.is_defined) {
        order_.emit(need.type, *this);
      } else {
        order_.declare(need.type, *this);
      }
    }
  }
  out << "#ifndef BPF_NO_KFUNC_PROTOTYPES\n"
         "#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n"
         "#ifndef __weak\n#define __weak __attribute__((weak))\n#endif\n\n";
  for (const TypeId id : functions_) define(id);
  out << "#endif\n\n";
}

void CHeader::print_end(TextBuffer& out, const CHeaderOptions& options) {
  switch (options.co_re) {
    case CoRe::none: break;
    case CoRe::attribute:
      out << "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n";
      break;
    case CoRe::tag: out << "#pragma clang attribute pop\n\n"; break;
  }
  if (options.asserts) {
    print_c_asserts(out, selection_, layouts_, names_);
    out << '\n';
  }
  if (!options.guard.empty()) out << "#endif /* " << options.guard << " */\n";
}

}  // namespace

std::vector<HeaderNote> print_c_header(TextBuffer& out, const HeaderSelection& selection,
                                       const CHeaderOptions& options) {
  return CHeader(selection).print(out, options);
}

}  // namespace btfreloc::btf
