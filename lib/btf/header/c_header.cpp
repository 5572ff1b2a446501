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

// A declaration is printed before it is known whether it may stand here: that shows what it needs,
// and the types that its members go through are looked at once. It waits, with those that wait for
// it, until what it needs is written.

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
        order_(view_.size()) {}

  std::vector<HeaderNote> print(TextBuffer& out, CHeaderOptions options) {
    out_ = &out;
    options_ = &options;
    find_declarations();
    // Compilers warn of a pragma that is for nothing.
    if (!has_records()) options.co_re = CoRe::none;
    print_start(out, options);
    // Enums without names come last: what other types contain is printed there.
    for (const TypeId id : types_) {
      if (!is_unnamed(id)) order_.emit(id, *this);
    }
    for (const TypeId id : types_) {
      if (is_unnamed(id)) order_.emit(id, *this);
    }
    for (const TypeId id : tags_) order_.declare(id, *this);
    for (const TypeId id : functions_) order_.emit(id, *this);
    print_functions(out);
    print_end(out, options);
    return definitions_.take_notes();
  }

  // For DeclarationOrder.
  void begin(TypeId id) {
    open_.push_back({.text = texts_.size(), .first_need = needs_.size()});
    const auto kind = view_.kind(id);
    const bool is_there = kind && selection_.has(id);
    const Form form = is_there ? this->form(id, *kind) : Form::none;
    if (form == Form::type || form == Form::function) definitions_.print(texts_, id, needs_);
  }
  std::span<const Need> needs() const { return std::span(needs_).subspan(open_.back().first_need); }
  void without(TypeId id, std::span<const TypeId> loops) {
    texts_.truncate(open_.back().text);
    needs_.resize(open_.back().first_need);
    definitions_.print(texts_, id, needs_, loops);
  }
  void end(TypeId id) {
    definitions_.print_new_macros(*out_);
    TextBuffer& to = view_.kind(id) == Kind::kFunc ? prototypes_ : *out_;
    to << texts_.view().substr(open_.back().text);
    texts_.truncate(open_.back().text);
    needs_.resize(open_.back().first_need);
    open_.pop_back();
    if (options_->on_text) options_->on_text();
  }
  void declare(TypeId id) { definitions_.print_tag(*out_, id); }

 private:
  /// A declaration that waits for what it needs.
  struct Open {
    std::size_t text;        ///< Where it begins in texts_.
    std::size_t first_need;  ///< Index into needs_.
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
    if (is_enum(kind)) return Form::type;
    if (is_unnamed(id)) return Form::none;
    if (kind == Kind::kTypedef) {
      return view_.string_is(view_.name_offset(id), kBuiltinVaList) ? Form::none : Form::type;
    }
    if (kind == Kind::kFunc) return Form::function;
    if (is_composite(kind) && selection_.extent(id) >= Extent::partial) {
      return layouts_.is_object(id) ? Form::type : Form::tag;
    }
    return selection_.is_named(id) ? Form::tag : Form::none;
  }
  bool is_unnamed(TypeId id) const { return view_.first_char(view_.name_offset(id)) == '\0'; }

  void find_declarations() {
    constexpr KindSet kDeclared{Kind::kStruct,  Kind::kUnion, Kind::kEnum,  Kind::kFwd,
                                Kind::kTypedef, Kind::kFunc,  Kind::kEnum64};
    view_.for_each_kind([&](TypeId id, std::uint8_t kind) {
      if (!kDeclared.has(kind) || !selection_.has(id)) return;
      switch (form(id, static_cast<Kind>(kind))) {
        case Form::none: break;
        case Form::tag: tags_.push_back(id); break;
        case Form::type: types_.push_back(id); break;
        case Form::function: functions_.push_back(id); break;
      }
    });
  }
  void print_start(TextBuffer& out, const CHeaderOptions& options);
  void print_functions(TextBuffer& out);
  void print_end(TextBuffer& out, const CHeaderOptions& options);

  const HeaderSelection& selection_;
  const View& view_;
  Layouts layouts_;
  HeaderNames names_;
  CDefinitions definitions_;
  std::vector<TypeId> types_;  ///< Those declared, ascending.
  std::vector<TypeId> tags_;   ///< Those that are only named.
  std::vector<TypeId> functions_;
  TextBuffer texts_;         ///< Of open_.
  std::vector<Need> needs_;  ///< Of open_.
  std::vector<Open> open_;
  TextBuffer prototypes_;
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
}

/// The prototypes, as kernel functions and behind all types, for those who have none of their own.
void CHeader::print_functions(TextBuffer& out) {
  if (prototypes_.size() == 0) return;
  out << "#ifndef BPF_NO_KFUNC_PROTOTYPES\n"
         "#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n"
         "#ifndef __weak\n#define __weak __attribute__((weak))\n#endif\n\n";
  out << prototypes_.view() << "#endif\n\n";
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
