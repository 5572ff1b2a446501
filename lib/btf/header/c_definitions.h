#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_buffer.h"
#include "base/units.h"
#include "btf/header/c_header.h"
#include "btf/header/c_types.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/header/order.h"
#include "btf/header/padding.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Prints the definitions of types as C has them, one at a time and in any order, and notes what
/// each has to have in front of it.
class CDefinitions {
 public:
  /// The arguments must outlive this.
  CDefinitions(const HeaderSelection& selection, Layouts& layouts, HeaderNames& names);

  /// Appends the definition of a struct, union, enum or typedef, or the prototype of a function,
  /// with an empty line; and to `needs` what it needs. Without a name, only of an enum, which
  /// prints nothing if it was printed where another type refers to it. It does not refer to types
  /// that are in `loops`.
  void print(TextBuffer& out, TypeId id, std::vector<Need>& needs,
             std::span<const TypeId> loops = {});
  /// Appends `struct file;`, with a newline.
  void print_tag(TextBuffer& out, TypeId id) const;

  /// Appends the macros that definitions printed since the last time are the first to use.
  void print_new_macros(TextBuffer& out) { padding_.print_new_macros(out); }
  std::vector<HeaderNote> take_notes() { return std::move(notes_); }

 private:
  /// Why a type is mentioned, which says what of it has to come first.
  enum class Use : std::uint8_t {
    contents,  ///< It is part of what is declared.
    name,      ///< A tag, which this declares unless it was.
    param,     ///< A tag that must be declared, or it would end with the parameter list.
  };
  /// What a type takes that is written out: parameters, and members of structs without names.
  struct Nested {
    std::uint32_t records;
    std::uint32_t depth;

    /// Never 0. Both numbers are small: what is more than enough is as good as more.
    std::uint32_t pack() const { return records << 8 | depth; }
    static Nested unpack(std::uint32_t word) { return {word >> 8, word & 0xff}; }
  };

  struct Written {
    TypeId in;
    std::uint32_t print;
  };

  void print_typedef(TypeId id);
  void print_function(TypeId id);
  void print_enum(TypeId id);
  void print_composite(TypeId id, std::string_view name, int indent);
  std::uint64_t print_fields(TypeId id, const RecordLayout& layout, int indent);
  bool print_field(const PlacedField& field, int indent);
  bool print_unnamed_field(const PlacedField& field, int indent);
  void print_misfit(TypeId id, const MisfitField& misfit, int indent);
  void print_union_padding(Bits end, const RecordLayout& layout, int indent);
  void print_enum_body(TypeId id, std::string_view name, int indent);
  template <class Enumeration>
  void print_enumerators(const Enumeration& enumeration, TypeId id, int indent);
  template <class Enumeration>
  bool is_signed(const Enumeration& enumeration);
  bool has_signed_enums();
  bool is_in_c23(TypeId id) const;

  // In c_declarators.cpp: names with types around them.
  void declare(TypeId id, std::string_view name, Use use, int indent);
  void declare_instead(TypeId id, std::string_view name);
  void print_left(TypeId id, Use use, int indent);
  void print_va_list(TypeId id, Use use, int indent);
  void print_right(TypeId id, Use use, int indent);
  void print_unnamed(TypeId id, Kind kind, Use use, int indent);
  void print_params(const FuncProto& proto, bool has_names, int indent);
  void print_param(const Param& param, bool has_name, int indent);
  void print_qualified(TypeId target, Kind kind, Use use, int indent);
  bool is_array_or_function(TypeId id);
  bool is_written_around(TypeId id) const;
  bool is_of_unnamed(TypeId id);

  void need(const CSpelling& spelling, Use use);
  void need(Need need);
  bool mentions_loop(TypeId id, int depth);
  Nested nested(TypeId id, std::uint32_t depth);
  Nested sum_of(TypeId id, std::uint32_t depth);
  bool may_write_out(TypeId id);
  void note(std::optional<std::string_view> member, std::string_view reason);
  void indent_by(int indent) {
    for (int i = 0; i < indent; ++i) *out_ << '\t';
  }

  const HeaderSelection& selection_;
  const View& view_;
  Layouts& layouts_;
  HeaderNames& names_;
  CTypes types_;
  MemberNames members_;
  Padding padding_;

  TextBuffer* out_ = nullptr;
  std::vector<Need>* needs_ = nullptr;
  std::size_t first_need_ = 0;
  std::vector<TypeId> loops_;          ///< Sorted.
  TypeId type_;                        ///< That is being printed.
  std::uint32_t prints_ = 0;           ///< Calls of print().
  std::vector<std::uint32_t> nested_;  ///< By id, packed; 0: not looked at yet.
  std::uint64_t budget_;               ///< Nested records that may still be printed.
  /// Of enums without names, by id: in which type, and which call for it.
  std::unordered_map<std::uint32_t, Written> written_;
  std::optional<bool> has_signed_enums_;  ///< Unset until one has to know.
  std::vector<HeaderNote> notes_;
};

}  // namespace btfreloc::btf
