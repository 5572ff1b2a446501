#include "btf/header/c_asserts.h"

#include <string>
#include <string_view>
#include <vector>

#include "btf/header/c_words.h"

namespace btfreloc::btf {
namespace {

constexpr NameRules kRulesForMembers{.is_reserved = is_c_keyword};
/// Structs without names inside of each other, and members of one type, that are gone into.
constexpr int kMaxDepth = 16;
constexpr std::uint32_t kMaxMembers = 10'000;

class CAsserts {
 public:
  CAsserts(TextBuffer& out, const View& view, Layouts& layouts)
      : out_(out), view_(view), layouts_(layouts), members_(view, kRulesForMembers) {}

  void print(TypeId id, std::string_view type) {
    members_.clear();
    left_ = kMaxMembers;
    (out_ << "_Static_assert(sizeof(" << type << ") == ").decimal(layouts_.record(id).size.value);
    out_ << ", \"" << type << "\");\n";
    print_members(id, type, {0}, 0);
  }

 private:
  void print_members(TypeId id, std::string_view type, Bits start, int depth) {
    std::vector<PlacedField> fields;
    std::vector<MisfitField> misfits;
    layouts_.fields(id, fields, misfits);
    for (const PlacedField& field : fields) {
      if (left_ == 0) return;
      --left_;
      const Bits offset = start + field.member.offset;
      if (view_.first_char(field.member.name) == '\0') {
        const TypeId inner = view_.skip_modifiers_and_typedefs(field.member.type);
        const auto kind = view_.kind(inner);
        const bool has_members = kind && is_composite(*kind);
        if (has_members && depth < kMaxDepth) print_members(inner, type, offset, depth + 1);
        continue;
      }
      const std::string_view name = members_.add(field.member.name);
      if (field.is_bitfield) continue;
      out_ << "_Static_assert(__builtin_offsetof(" << type << ", " << name << ") == ";
      out_.decimal(whole_bytes(offset).value) << ", \"" << type << '.' << name << "\");\n";
    }
  }

  TextBuffer& out_;
  const View& view_;
  Layouts& layouts_;
  MemberNames members_;
  std::uint32_t left_ = 0;  ///< Members that may still be printed.
};

}  // namespace

void print_c_asserts(TextBuffer& out, const HeaderSelection& selection, Layouts& layouts,
                     const HeaderNames& names) {
  CAsserts asserts(out, selection.view(), layouts);
  for (const TypeId id : selection.types()) {
    const auto kind = selection.view().kind(id);
    const bool is_defined = kind && is_composite(*kind) &&
                            selection.extent(id) >= Extent::partial && layouts.is_object(id);
    if (!is_defined || names.of(id).empty()) continue;
    std::string type(*kind == Kind::kUnion ? "union " : "struct ");
    asserts.print(id, type.append(names.of(id)));
  }
}

}  // namespace btfreloc::btf
