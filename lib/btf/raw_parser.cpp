#include "btf/raw_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace btfreloc::btf {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

/// One line, taken apart from left to right. The first thing wrong with it stays: what is read
/// after that means nothing, and the caller asks error() once, at the end.
class Line {
 public:
  Line(std::string_view text, std::size_t number) : text_(text), number_(number) {}

  bool ok() const { return !error_; }
  TextError error() const { return *error_; }

  /// About what comes next.
  void fail(std::string message, std::string hint = {}) {
    fail_at(at_, std::move(message), std::move(hint));
  }
  /// About the word or number that was read last.
  void fail_last(std::string message, std::string hint = {}) {
    fail_at(last_, std::move(message), std::move(hint));
  }

  void skip_blanks() {
    while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(fmt::format("`{}` is missing here", c));
  }
  /// Up to the next blank.
  std::string_view word() {
    skip_blanks();
    const std::size_t end = std::min(text_.find_first_of(kBlanks, at_), text_.size());
    last_ = std::exchange(at_, end);
    return text_.substr(last_, end - last_);
  }
  /// A number with all its digits.
  template <class I>
  I number(std::string_view what) {
    I value = 0;
    last_ = at_;
    const char* const start = text_.data() + at_;
    const auto [end, code] = std::from_chars(start, text_.data() + text_.size(), value);
    if (code == std::errc::result_out_of_range) {
      fail(fmt::format("{} is too large: it has {} bits", what, sizeof(I) * 8));
    } else if (code != std::errc{}) {
      fail(fmt::format("{} is no number", what));
    } else {
      at_ += static_cast<std::size_t>(end - start);
    }
    return value;
  }
  /// A name in quotes, which may hold quotes itself (Rust's lifetimes): it ends at the last one.
  std::string_view name() {
    skip_blanks();
    if (!take('\'')) return fail("a name in quotes is missing here, as 'int' or '(anon)'"), "";
    const std::size_t end = text_.rfind('\'');
    if (end < at_ || end == std::string_view::npos) return fail("the name does not end"), "";
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (name.contains('\0')) return fail("the name holds a zero byte, which would end it"), "";
    return name == "(anon)" ? std::string_view() : name;
  }

  /// True, and past it, when ` key=` comes next.
  bool take_key(std::string_view key) {
    skip_separators();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(key) || rest.substr(key.size(), 1) != "=") return false;
    at_ += key.size() + 1;
    return true;
  }
  bool has_key(std::string_view key) const {
    Line copy = *this;
    return copy.take_key(key);
  }
  template <class I = std::uint32_t>
  I field(std::string_view key) {
    if (!take_key(key)) return fail(fmt::format("`{}=` is missing here", key)), I{0};
    return number<I>(key);
  }
  /// A field that may be missing; zero then.
  std::uint32_t optional_field(std::string_view key) {
    return take_key(key) ? number<std::uint32_t>(key) : 0;
  }
  bool optional_flag(std::string_view key) {
    const std::uint32_t value = optional_field(key);
    if (value > 1) fail_last(fmt::format("{} is 0 or 1", key));
    return value != 0;
  }

  /// Nothing else may be on the line.
  void end() {
    skip_blanks();
    take('\r');
    if (at_ != text_.size()) fail(fmt::format("`{}` is not expected here", text_.substr(at_, 40)));
  }
  std::size_t column() const { return at_ + 1; }
  std::string_view rest() const { return text_.substr(at_); }
  void skip_rest() { at_ = text_.size(); }

 private:
  void fail_at(std::size_t at, std::string message, std::string hint) {
    if (error_) return;
    error_ = {
        .line = number_, .column = at + 1, .message = std::move(message), .hint = std::move(hint)};
  }
  void skip_separators() {
    while (at_ < text_.size() && std::string_view(", \t").contains(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t number_;
  std::size_t at_ = 0;
  std::size_t last_ = 0;  ///< Where the word or number read last begins.
  std::optional<TextError> error_;
};

/// A word of a fixed list, and what it stands for.
template <class T>
struct Spelling {
  std::string_view word;
  T value;
};
constexpr Spelling<std::uint8_t> kEncodings[] = {
    {"(none)", 0}, {"SIGNED", kIntSigned}, {"CHAR", kIntChar}, {"BOOL", kIntBool}};
constexpr Spelling<Linkage> kLinkages[] = {
    {"static", Linkage::is_static}, {"global", Linkage::is_global}, {"extern", Linkage::is_extern}};
constexpr Spelling<bool> kSigns[] = {{"UNSIGNED", false}, {"SIGNED", true}};
constexpr Spelling<bool> kFwdKinds[] = {{"struct", false}, {"union", true}};

class RawParser {
 public:
  RawParser(std::string_view text, std::endian order, const View* base)
      : builder_(order, base), rest_(text) {}

  std::expected<Builder, TextError> run() {
    while (auto line = next_line()) {
      if (!parse_type(*line)) return std::unexpected(*error_);
    }
    for (const Reference& reference : references_) {
      if (reference.to < builder_.next_id()) continue;
      return std::unexpected(
          TextError{.line = reference.line,
                    .column = reference.column,
                    .message = fmt::format("there is no type [{}]: the last is [{}]",
                                           reference.to.value, builder_.next_id().value - 1)});
    }
    return std::move(builder_);
  }

 private:
  struct Reference {
    TypeId to;
    std::size_t line;
    std::size_t column;
  };

  std::optional<Line> next_line() {
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      const std::string_view text = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++line_number_;
      const std::string_view content = trimmed(text);
      if (!content.empty() && !content.starts_with('#')) return Line(text, line_number_);
    }
    return std::nullopt;
  }

  /// True when the line was fine; else error_ says what is wrong.
  bool check(const Line& line) {
    if (!line.ok()) error_ = line.error();
    return line.ok();
  }

  bool parse_type(Line& line) {
    line.skip_blanks();
    if (!line.take('[')) {
      line.fail("a type is missing here, as in `[1] INT 'int' size=4 ...`",
                "member lines follow the type they belong to, as many as its vlen says");
      return check(line);
    }
    const auto id = line.number<std::uint32_t>("a type id");
    if (line.ok() && id != builder_.next_id().value) {
      line.fail_last(
          fmt::format("type [{}] comes where [{}] is next", id, builder_.next_id().value),
          "ids count up from 1; types that continue a kernel's BTF need --base");
    }
    line.expect(']');
    const std::string_view word = line.word();
    const auto* const kind = std::ranges::find(kKindTraits, word, &KindTraits::name);
    if (kind == kKindTraits.end() || kind->kind == Kind::kVoid) {
      line.fail_last(fmt::format("`{}` is no kind of type", word.substr(0, 40)));
      return check(line);
    }
    const StrOff name = builder_.string(line.name());
    if (!check(line) || !add(kind->kind, name, line)) return false;
    if (name.value != 0) builder_.rename_last(name);
    return true;
  }

  bool add(Kind kind, StrOff name, Line& line) {
    switch (kind) {
      case Kind::kVoid: return false;
      case Kind::kInt: return add_int(name, line);
      case Kind::kPtr: return finish(line, Ptr{type(line)});
      case Kind::kArray: return add_array(line);
      case Kind::kStruct:
      case Kind::kUnion: return add_composite(kind, name, line);
      case Kind::kEnum:
      case Kind::kEnum64: return add_enum(kind, name, line);
      case Kind::kFwd:
        return finish(line, Fwd{name, one_of<bool>(line, "fwd_kind", kFwdKinds, {})});
      case Kind::kTypedef: return finish(line, Typedef{name, type(line)});
      case Kind::kVolatile: return finish(line, Volatile{type(line)});
      case Kind::kConst: return finish(line, Const{type(line)});
      case Kind::kRestrict: return finish(line, Restrict{type(line)});
      case Kind::kFunc: return add_func(name, line);
      case Kind::kFuncProto: return add_func_proto(line);
      case Kind::kVar: return add_var(name, line);
      case Kind::kDatasec: return add_datasec(name, line);
      case Kind::kFloat: return finish(line, Float{name, size(line)});
      case Kind::kDeclTag: return add_decl_tag(name, line);
      case Kind::kTypeTag: return add_type_tag(name, line);
    }
    return false;
  }

  // Fields.

  TypeId type(Line& line, std::string_view key = "type_id") {
    if (!line.take_key(key)) return line.fail(fmt::format("`{}=` is missing here", key)), TypeId{};
    const std::size_t column = line.column();
    const TypeId to{line.number<std::uint32_t>(key)};
    // Types that come earlier are there.
    if (to >= builder_.next_id()) references_.push_back({to, line_number_, column});
    return to;
  }
  static ByteCount size(Line& line) { return {line.field("size")}; }
  template <class T>
  static T one_of(Line& line, std::string_view key, std::span<const Spelling<T>> spellings,
                  std::optional<T> when_missing) {
    if (!line.take_key(key)) {
      if (!when_missing) line.fail(fmt::format("`{}=` is missing here", key));
      return when_missing.value_or(T{});
    }
    const std::string_view rest = line.rest();
    const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
    for (const Spelling<T>& spelling : spellings) {
      if (trimmed(word) != spelling.word) continue;
      line.word();
      return spelling.value;
    }
    std::string known;
    for (const Spelling<T>& spelling : spellings) {
      known += fmt::format("{}{}", known.empty() ? "" : ", ", spelling.word);
    }
    line.fail(fmt::format("`{}` is no {}", trimmed(word).substr(0, 40), key), "known are " + known);
    return T{};
  }
  static Linkage linkage(Line& line, Linkage when_missing) {
    return one_of<Linkage>(line, "linkage", kLinkages, when_missing);
  }
  static void at_most(Line& line, std::string_view what, std::uint64_t value, std::uint64_t most) {
    if (value > most)
      line.fail_last(fmt::format("{}={} has no room: at most {}", what, value, most));
  }

  // Kinds.

  template <class T>
  bool finish(Line& line, const T& type) {
    line.end();
    if (line.ok()) builder_.add(type);
    return check(line);
  }

  bool add_int(StrOff name, Line& line) {
    Int type{.name = name, .size = size(line), .encoding = 0, .offset = {}, .bits = {}};
    type.offset = {line.field("bits_offset")};
    at_most(line, "bits_offset", type.offset.value, 255);
    type.bits = {line.field("nr_bits")};
    at_most(line, "nr_bits", type.bits.value, 255);
    type.encoding = one_of<std::uint8_t>(line, "encoding", kEncodings, {});
    return finish(line, type);
  }

  bool add_array(Line& line) {
    const TypeId element = type(line);
    const TypeId index = type(line, "index_type_id");
    return finish(line, Array{element, index, line.field("nr_elems")});
  }

  bool add_func(StrOff name, Line& line) {
    const TypeId proto = type(line);
    return finish(line, Func{name, proto, linkage(line, Linkage::is_static)});
  }

  bool add_var(StrOff name, Line& line) {
    const TypeId of = type(line);
    return finish(line, Var{name, of, linkage(line, Linkage::is_static)});
  }

  bool add_decl_tag(StrOff name, Line& line) {
    const TypeId of = type(line);
    const auto component = line.field<std::int32_t>("component_idx");
    return finish(line, DeclTag{name, of, component, line.optional_flag("kind_flag")});
  }

  bool add_type_tag(StrOff name, Line& line) {
    const TypeId of = type(line);
    return finish(line, TypeTag{name, of, line.optional_flag("kind_flag")});
  }

  /// Reads the header line's vlen and as many lines behind it.
  template <class R, class Read>
  std::optional<std::vector<R>> records(Line& line, Read&& read) {
    const auto vlen = line.field("vlen");
    at_most(line, "vlen", vlen, 0xffffff);
    line.end();
    if (!check(line)) return std::nullopt;
    std::vector<R> found;
    const std::size_t number = line_number_;
    for (std::uint32_t i = 0; i < vlen; ++i) {
      auto next = next_line();
      if (!next || trimmed(next->rest()).starts_with('[')) {
        error_ = {.line = number,
                  .column = 1,
                  .message = fmt::format("vlen={}, and {} lines follow", vlen, i)};
        return std::nullopt;
      }
      found.push_back(read(*next));
      next->end();
      if (!check(*next)) return std::nullopt;
    }
    return found;
  }

  bool add_composite(Kind kind, StrOff name, Line& line) {
    const ByteCount bytes = size(line);
    const auto members = records<Member>(line, [this](Line& of) {
      const StrOff member = builder_.string(of.name());
      const TypeId member_type = type(of);
      const Bits offset{of.field("bits_offset")};
      const Bits width{of.optional_field("bitfield_size")};
      at_most(of, "bitfield_size", width.value, 255);
      return Member{member, member_type, offset, width};
    });
    if (!members || !check_offsets(*members, line)) return false;
    if (kind == Kind::kStruct) {
      builder_.add_struct(name, bytes, *members);
    } else {
      builder_.add_union(name, bytes, *members);
    }
    return true;
  }

  /// Beside bitfields, offsets have 24 bits.
  bool check_offsets(const std::vector<Member>& members, Line& line) {
    constexpr std::uint64_t kMost = 0xffffff;
    const bool has_bitfields =
        std::ranges::any_of(members, [](const Member& m) { return m.bitfield_size.value != 0; });
    const auto far =
        std::ranges::find_if(members, [](const Member& m) { return m.offset.value > kMost; });
    if (has_bitfields && far != members.end()) {
      line.fail_last(
          fmt::format("member {} has no room for bits_offset={} beside bitfields: at most {}",
                      far - members.begin(), far->offset.value, kMost));
    }
    return check(line);
  }

  bool add_enum(Kind kind, StrOff name, Line& line) {
    // Versions that do not say it print values as they like.
    const bool says_sign = line.has_key("encoding");
    const bool is_signed = one_of<bool>(line, "encoding", kSigns, false);
    const ByteCount bytes = size(line);
    const auto values = records<Enumerator>(line, [&](Line& of) {
      const StrOff enumerator = builder_.string(of.name());
      return Enumerator{enumerator, value(of, kind, is_signed, says_sign)};
    });
    if (!values) return false;
    if (kind == Kind::kEnum) {
      builder_.add_enum(name, bytes, is_signed, *values);
    } else {
      builder_.add_enum64(name, bytes, is_signed, *values);
    }
    return true;
  }

  /// "-1", "7", with an ENUM64 "-1LL" and "7ULL".
  static std::uint64_t value(Line& line, Kind kind, bool is_signed, bool says_sign) {
    if (!line.take_key("val")) return line.fail("`val=` is missing here"), 0;
    const bool is_wide = kind == Kind::kEnum64;
    std::uint64_t value = 0;
    const bool is_negative = line.rest().starts_with('-');
    if (is_negative && says_sign && !is_signed) line.fail("val is negative in an UNSIGNED enum");
    if (is_negative || is_signed) {
      value = is_wide ? static_cast<std::uint64_t>(line.number<std::int64_t>("val"))
                      : static_cast<std::uint64_t>(line.number<std::int32_t>("val"));
    } else {
      value = is_wide ? line.number<std::uint64_t>("val") : line.number<std::uint32_t>("val");
    }
    if (is_wide) {
      if (!is_signed) line.take('U');
      if (line.take('L')) line.expect('L');
    }
    return value;
  }

  bool add_func_proto(Line& line) {
    const TypeId result = type(line, "ret_type_id");
    const auto params = records<Param>(line, [this](Line& of) {
      const StrOff name = builder_.string(of.name());
      return Param{name, type(of)};
    });
    if (params) builder_.add_func_proto(result, *params);
    return params.has_value();
  }

  bool add_datasec(StrOff name, Line& line) {
    const ByteCount bytes = size(line);
    const auto vars = records<SectionVar>(line, [this](Line& of) {
      const TypeId var = type(of);
      const ByteCount offset{of.field("offset")};
      const ByteCount var_size{of.field("size")};
      // "(VAR 'name')" repeats what the type says.
      of.skip_blanks();
      if (of.rest().starts_with('(') && trimmed(of.rest()).ends_with("')")) of.skip_rest();
      return SectionVar{var, offset, var_size};
    });
    if (vars) builder_.add_datasec(name, bytes, *vars);
    return vars.has_value();
  }

  Builder builder_;
  std::string_view rest_;
  std::size_t line_number_ = 0;
  std::vector<Reference> references_;  ///< To types that had not come yet.
  std::optional<TextError> error_;
};

}  // namespace

std::expected<Builder, TextError> parse_raw(std::string_view text, std::endian order,
                                            const View* base) {
  return RawParser(text, order, base).run();
}

}  // namespace btfreloc::btf
