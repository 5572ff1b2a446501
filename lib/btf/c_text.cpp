#include "btf/c_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "base/printable.h"

// A C declaration reads from the inside out: `int (*f[3])(void)` is an array of pointers to
// functions. So it is built from the inside out: start with the name, and for every step from
// the type towards its end wrap what is there. A pointer goes on the left, an array or a
// parameter list on the right, with parentheses where a pointer was to the left of either. What
// remains at the end of the chain (a named type, or a body) is the front of the line.

namespace btfreloc::btf {
namespace {

/// Nesting of anonymous structs and function types that is printed.
constexpr int kMaxDepth = 32;
/// Members and parameters of anonymous types printed for one type, beyond its own. No kernel seen
/// has a hundred in one struct; anonymous structs that nest by fives would print without end.
constexpr std::uint32_t kMaxNestedRecords = 10'000;
/// Records of anonymous types and of functions printed for all types together, for each 12 bytes of
/// types, the size of one member. Kernels need less than one: few types share an anonymous one.
constexpr std::uint64_t kNestedPerRecord = 2;
constexpr std::uint64_t kRecordSize = 12;
/// Characters of a declaration on one line, from where on parameters are left out.
constexpr std::size_t kMaxLine = 1024;
/// Where the comments start, in columns, when the member leaves room.
constexpr std::size_t kCommentColumn = 56;

class CPrinter {
 public:
  /// With `tagged_unions`, bodies are printed, and tagged unions as what they are.
  explicit CPrinter(const View& view, TaggedUnions* tagged_unions = nullptr)
      : view_(view),
        pointer_size_(view.pointer_size()),
        bodies_(tagged_unions != nullptr),
        tagged_unions_(tagged_unions) {}

  /// Prints at most `nested` records beyond the type's own, and takes those printed off it.
  std::string definition(TypeId id, std::uint64_t& nested) {
    const auto kind = view_.kind(id);
    const bool has_records = kind && traits(*kind).record != Record::none;
    const std::uint32_t own = has_records ? view_.info(id).vlen : 0;
    max_records_ =
        own + static_cast<std::uint32_t>(std::min<std::uint64_t>(nested, kMaxNestedRecords));
    std::string text = spell_out(id);
    nested -= std::min<std::uint64_t>(nested, records_ - std::min(records_, own));
    return text;
  }

  /// `name` declared with type `id`; bodies inside are indented below `depth` levels.
  std::string declare(TypeId id, std::string name, int depth) {
    bool pointer_on_left = false;
    const Bits start = start_;
    for (int step = 0; step <= kMaxModifiers && depth <= kMaxDepth; ++step) {
      const Type type = view_.decode(id);
      if (const auto* ptr = std::get_if<Ptr>(&type)) {
        name.insert(0, "*");
        pointer_on_left = true;
        id = ptr->type;
        start_ = {};
      } else if (const auto* array = std::get_if<Array>(&type)) {
        if (pointer_on_left) name = "(" + name + ")";
        // Only the outermost dimension of an array may be left open.
        const bool is_open = array->nr_elems == 0 && !name.ends_with(']');
        name += is_open ? "[]" : fmt::format("[{}]", array->nr_elems);
        pointer_on_left = false;
        id = array->type;
      } else if (const auto* proto = std::get_if<FuncProto>(&type)) {
        if (pointer_on_left) name = "(" + name + ")";
        name += parameters(*proto, depth);
        pointer_on_left = false;
        id = proto->return_type;
      } else if (const std::string word = qualifier(type); !word.empty()) {
        const TypeId inner{view_.third_word(id)};
        const auto qualified = view_.kind(view_.skip_modifiers(inner));
        if (qualified == Kind::kPtr) {
          name = name.empty() ? word : word + " " + name;
        } else if (qualified != Kind::kArray && qualified != Kind::kFuncProto) {
          break;  // qualifies the front, which prints it
        }
        // C has no qualified arrays and functions. GCC writes them where it means the elements,
        // which have the qualifier too. Source: btf_dump_drop_mods() in libbpf, src/btf_dump.c.
        id = inner;
      } else {
        break;
      }
    }
    std::string line = front(id, depth, /*inner=*/true);
    start_ = start;
    if (!name.empty()) line.append(" ").append(name);
    return line;
  }

 private:
  std::string spell_out(TypeId id) {
    return std::visit(
        Overloaded{
            [&](const Typedef& t) { return "typedef " + declare(t.type, text(t.name), 0) + ";\n"; },
            [&](const Func& f) {
              return fmt::format("{}{};\n",
                                 f.linkage == Linkage::is_global   ? ""
                                 : f.linkage == Linkage::is_extern ? "extern "
                                                                   : "static ",
                                 declare(f.type, text(f.name), 0));
            },
            [&](const Var& v) {
              return fmt::format("{}{};\n",
                                 v.linkage == Linkage::is_extern   ? "extern "
                                 : v.linkage == Linkage::is_static ? "static "
                                                                   : "",
                                 declare(v.type, text(v.name), 0));
            },
            [&](const Datasec& d) { return section(d, id); },
            [&](const DeclTag& t) {
              return fmt::format("/* decl tag \"{}\" on {}{} */\n", text(t.name),
                                 title(view_, t.type),
                                 t.component < 0 ? "" : fmt::format(", component {}", t.component));
            },
            [&](const auto&) {
              const auto kind = view_.kind(id);
              const bool is_derived =
                  kind && (traits(*kind).third == ThirdWord::type || kind == Kind::kArray);
              return (is_derived ? declare(id, "", 0) : front(id, 0, /*inner=*/false)) + ";\n";
            },
        },
        view_.decode(id));
  }

  /// The word a modifier adds; "" for other kinds.
  std::string qualifier(const Type& type) const {
    if (std::holds_alternative<Const>(type)) return "const";
    if (std::holds_alternative<Volatile>(type)) return "volatile";
    if (std::holds_alternative<Restrict>(type)) return "restrict";
    if (const auto* tag = std::get_if<TypeTag>(&type)) {
      return tag->is_attribute
                 ? fmt::format("__attribute__(({}))", text(tag->name))
                 : fmt::format("__attribute__((btf_type_tag(\"{}\")))", text(tag->name));
    }
    return {};
  }

  /// What stands left of the declarator: qualifiers, then a named type or a body.
  std::string front(TypeId id, int depth, bool inner) {
    std::string line;
    for (int step = 0; step <= kMaxModifiers; ++step) {
      const Type type = view_.decode(id);
      const std::string word = qualifier(type);
      if (word.empty()) return line + base(type, id, depth, inner);
      line.append(word).append(" ");
      id = TypeId{view_.third_word(id)};
    }
    return line + "/* endless modifiers */ void";
  }

  std::string base(const Type& type, TypeId id, int depth, bool inner) {
    const auto named = [&](std::string_view word, StrOff name) {
      return name.value == 0 ? std::string(word) + " {...}"
                             : fmt::format("{} {}", word, text(name));
    };
    return std::visit(
        Overloaded{
            [&](const Struct& s) {
              const TaggedUnion* tagged =
                  tagged_unions_ != nullptr ? tagged_unions_->find(id) : nullptr;
              if (!has_body(s.name, depth, inner)) {
                return named(tagged != nullptr ? "enum" : "struct", s.name);
              }
              return tagged != nullptr ? variants(*tagged, s.name, id, depth)
                                       : body("struct", s, id, depth, inner);
            },
            [&](const Union& u) {
              return has_body(u.name, depth, inner) ? body("union", u, id, depth, inner)
                                                    : named("union", u.name);
            },
            [&](const Enum& e) {
              return has_body(e.name, depth, inner) ? enumerators(e, id, depth, inner)
                                                    : named("enum", e.name);
            },
            [&](const Enum64& e) {
              return has_body(e.name, depth, inner) ? enumerators(e, id, depth, inner)
                                                    : named("enum", e.name);
            },
            [&](const Fwd& f) { return named(f.is_union ? "union" : "struct", f.name); },
            [&](const Unknown& u) { return fmt::format("/* kind {} */ void", u.kind); },
            [&](const Void&) { return std::string("void"); },
            // A chain that was cut: the rest of it is left out.
            [&](const Ptr&) { return std::string("/* ... */ void *"); },
            [&](const Array&) { return std::string("/* ... */ void"); },
            [&](const FuncProto&) { return std::string("/* ... */ void"); },
            [&](const auto&) { return text(view_.name_offset(id)); },
        },
        type);
  }

  /// Inside another type, a named type is only named; alone, it is spelled out.
  bool has_body(StrOff name, int depth, bool inner) const {
    return bodies_ && depth < kMaxDepth && records_ < max_records_ && (!inner || name.value == 0);
  }

  std::string opening(std::string_view word, StrOff name, bool inner, std::string_view comment) {
    std::string line(word);
    if (name.value != 0) line.append(" ").append(text(name));
    line += " {";
    return inner ? line + "\n" : with_comment(std::move(line), comment) + "\n";
  }

  template <class Composite>
  std::string body(std::string_view word, const Composite& type, TypeId id, int depth, bool inner) {
    std::string text =
        opening(word, type.name, inner, fmt::format("[{}] size {}", id.value, type.size.value));
    return text + members(type.members, depth + 1) + indent(depth) + "}";
  }

  std::string members(const Records<Member>& members, int depth) {
    std::string text;
    for (const Member member : members) {
      if (++records_ > max_records_) return text + too_many(depth);
      text += this->member(member, depth);
    }
    return text;
  }

  std::string member(const Member& member, int depth) {
    const Bits outer = std::exchange(start_, start_ + member.offset);
    std::string line = indent(depth) + declare(member.type, text(member.name), depth);
    const std::uint64_t byte = whole_bytes(start_).value;
    const std::uint64_t bit = start_.value % 8;
    start_ = outer;
    const auto size = size_of(view_, member.type, pointer_size_);
    if (member.bitfield_size.value != 0) line += fmt::format(" : {}", member.bitfield_size.value);
    const bool is_bitfield = member.bitfield_size.value != 0 || bit != 0;
    return with_comment(line + ";", fmt::format("{:>5}{} {:>5}", byte,
                                                is_bitfield ? fmt::format(":{}", bit) : "",
                                                size ? size->value : 0)) +
           "\n";
  }

  std::string too_many(int depth) const {
    return indent(depth) + "/* too many members to print */\n";
  }

  /// A tagged union, with the members of its variants where they have their own payload.
  std::string variants(const TaggedUnion& type, StrOff name, TypeId id, int depth) {
    std::string comment = fmt::format("[{}] ", id.value);
    if (type.name != view_.string(name)) comment += printable(type.name) + ", ";
    comment += fmt::format("size {}", type.size.value);
    if (const auto& discriminant = type.discriminant) {
      comment += fmt::format(", discriminant {} at byte {}", declare(discriminant->type, "", depth),
                             whole_bytes(start_ + discriminant->offset).value);
    }
    std::string text = opening("enum", name, /*inner=*/false, comment);
    for (const TaggedUnion::Variant& variant : type.variants) {
      if (++records_ > max_records_) {
        text += too_many(depth + 1);
        break;
      }
      text += indent(depth + 1) + (variant.name.empty() ? "(anon)" : printable(variant.name));
      const std::string values = selection_text(type, variant);
      if (type.discriminant && !values.empty()) text += " = " + values;
      const std::string content = payload(variant, depth + 2);
      text += content.empty() ? " {},\n" : " {\n" + content + indent(depth + 1) + "},\n";
    }
    return text + indent(depth) + "}";
  }

  std::string payload(const TaggedUnion::Variant& variant, int depth) {
    if (depth > kMaxDepth) return too_many(depth);
    if (has_own_payload(view_, variant) && tagged_unions_->find(variant.payload) == nullptr) {
      return members(std::get<Struct>(view_.decode(variant.payload)).members, depth);
    }
    return member({.name = {}, .type = variant.payload, .offset = {}, .bitfield_size = {}}, depth);
  }

  template <class Enumeration>
  std::string enumerators(const Enumeration& type, TypeId id, int depth, bool inner) {
    std::string text = opening(
        "enum", type.name, inner,
        fmt::format("[{}] size {}{}", id.value, type.size.value, type.is_signed ? ", signed" : ""));
    for (const auto enumerator : type.values) {
      if (++records_ > max_records_) break;
      text += fmt::format("{}{} = ", indent(depth + 1), this->text(enumerator.name));
      text += type.is_signed ? fmt::format("{}", static_cast<std::int64_t>(enumerator.value))
                             : fmt::format("{}", enumerator.value);
      text += ",\n";
    }
    return text + indent(depth) + "}";
  }

  std::string section(const Datasec& type, TypeId id) {
    std::string text = fmt::format("section \"{}\" {{", this->text(type.name));
    text = with_comment(std::move(text), fmt::format("[{}] size {}", id.value, type.size.value));
    text += "\n";
    for (const SectionVar var : type.vars) {
      const Type content = view_.decode(var.type);
      const TypeId inner = std::holds_alternative<Var>(content)    ? std::get<Var>(content).type
                           : std::holds_alternative<Func>(content) ? std::get<Func>(content).type
                                                                   : var.type;
      text +=
          with_comment(indent(1) + declare(inner, this->text(view_.name_offset(var.type)), 1) + ";",
                       fmt::format("{:>5} {:>5}", var.offset.value, var.size.value)) +
          "\n";
    }
    return text + "};\n";
  }

  std::string parameters(const FuncProto& proto, int depth) {
    // The compiler writes `f()` as if it were `f(...)`, which is not C either.
    const bool is_unspecified = proto.params.size() == 1 && proto.params[0].type.value == 0;
    if (proto.params.empty() || is_unspecified) return "(void)";
    std::string list = "(";
    for (std::uint32_t i = 0; i < proto.params.size(); ++i) {
      const Param param = proto.params[i];
      if (++records_ > max_records_ || (!bodies_ && list.size() > kMaxLine)) {
        return list + "/* too many */)";
      }
      if (i != 0) list += ", ";
      list += param.type.value == 0 && param.name.value == 0 && i + 1 == proto.params.size()
                  ? "..."
                  : declare(param.type, text(param.name), depth + 1);
    }
    return list + ")";
  }

  /// A name of the file, fit for a terminal.
  std::string text(StrOff name) const { return printable(view_.string(name)); }

  static std::string indent(int depth) {
    return std::string(static_cast<std::size_t>(depth) * 4, ' ');
  }

  /// Pads the last line of `text` so that comments line up.
  static std::string with_comment(std::string text, std::string_view comment) {
    const std::size_t line_start = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    const std::size_t width = text.size() - line_start;
    text.append(width < kCommentColumn ? kCommentColumn - width : 1, ' ');
    return text.append("/* ").append(comment).append(" */");
  }

  const View& view_;
  ByteCount pointer_size_;
  bool bodies_;
  TaggedUnions* tagged_unions_;  ///< Null without bodies.
  Bits start_;                   ///< Where the type being printed lies in the outermost struct.
  std::uint32_t records_ = 0;
  std::uint32_t max_records_ = kMaxNestedRecords;
};

}  // namespace

CText::CText(const View& view)
    : view_(view),
      tagged_unions_(view),
      nested_(kMaxNestedRecords + kNestedPerRecord * (view.header().types_size / kRecordSize)) {}

void CText::print(TextBuffer& out, TypeId id) {
  out << CPrinter(view_, &tagged_unions_).definition(id, nested_);
}

void print_c(TextBuffer& out, const View& view, TypeId id) { CText(view).print(out, id); }

std::string declaration(const View& view, TypeId id, std::string_view name) {
  return CPrinter(view).declare(id, printable(name), 0);
}

std::string_view keyword(const View& view, TypeId id) {
  switch (view.kind(id).value_or(Kind::kVoid)) {
    case Kind::kStruct: return "struct";
    case Kind::kUnion: return "union";
    case Kind::kEnum:
    case Kind::kEnum64: return "enum";
    case Kind::kFwd: return view.info(id).kind_flag ? "union" : "struct";
    case Kind::kTypedef: return "typedef";
    case Kind::kFunc: return "func";
    case Kind::kVar: return "var";
    case Kind::kDatasec: return "section";
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kPtr:
    case Kind::kArray:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kFuncProto:
    case Kind::kFloat:
    case Kind::kDeclTag:
    case Kind::kTypeTag: return "";
  }
  std::unreachable();
}

std::string title(const View& view, TypeId id) {
  const std::string_view word = keyword(view, id);
  if (word.empty()) return declaration(view, id, "");
  const std::string name = printable(view.name(id));
  return fmt::format("{} {}", word, name.empty() ? "(anon)" : name);
}

}  // namespace btfreloc::btf
