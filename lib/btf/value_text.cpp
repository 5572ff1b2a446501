#include "btf/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "base/printable.h"

namespace btfreloc::btf {
namespace {

constexpr std::size_t kMaxLine = 100;  // columns
constexpr std::size_t kIndent = 4;     // columns

std::string quoted(std::string_view chars) {
  std::string text = "\"";
  for (const char c : chars) {
    if (c == '"' || c == '\\') text += '\\';
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n";
    } else if (byte < ' ' || byte > '~') {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string raw_text(const std::vector<std::byte>& bytes) {
  std::string text = "<";
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text + ">";
}

/// What a value with others inside is made of.
struct Parts {
  std::string_view name = {};  ///< Of the variant.
  const std::vector<Value::Member>* members = nullptr;
  const std::vector<Value::Run>* runs = nullptr;  ///< Or these.
  char open = '{';
  char close = '}';
};

std::optional<Parts> parts_of(const Value& value) {
  if (const auto* composite = std::get_if<Value::Composite>(&value.content)) {
    return Parts{.members = &composite->members};
  }
  if (const auto* array = std::get_if<Value::Array>(&value.content)) {
    return Parts{.runs = &array->runs, .open = '[', .close = ']'};
  }
  if (const auto* variant = std::get_if<Value::Variant>(&value.content)) {
    const bool is_one = variant->members.size() == 1 && variant->members[0].name.empty();
    return Parts{.name = variant->name.empty() ? "(anon)" : variant->name,
                 .members = &variant->members,
                 .open = is_one ? '(' : '{',
                 .close = is_one ? ')' : '}'};
  }
  return std::nullopt;
}

std::string simple_text(const Value& value) {
  return std::visit(
      Overloaded{
          [](const Value::Integer& v) { return decimal(v.value, v.is_signed); },
          [](const Value::Boolean& v) { return std::string(v.value ? "true" : "false"); },
          [](const Value::Enumerator& v) { return printable(v.name); },
          [](const Value::Pointer& v) { return fmt::format("{:#x}", v.address); },
          [](const Value::Real& v) { return real_text(v); },
          [](const Value::Text& v) { return quoted(v.chars); },
          [](const Value::Raw& v) { return raw_text(v.bytes); },
          [&](const auto&) { return "<" + problem_text(value) + ">"; },
      },
      value.content);
}

std::string before(const Value::Member& member) {
  return member.name.empty() ? "" : printable(member.name) + " = ";
}
std::string after(const Value::Run& run) {
  return run.count == 1 ? "" : fmt::format(" <{} times>", run.count);
}

class ValuePrinter {
 public:
  explicit ValuePrinter(TextBuffer& out) : out_(out) {}

  /// The first line begins in column `column`; others are indented by `depth` steps.
  void print(const Value& value, std::size_t column, std::size_t depth) {
    std::string line;
    const std::size_t room = column < kMaxLine ? kMaxLine - column : 0;
    const auto parts = parts_of(value);
    if (add_to_line(line, value, room) || !parts) {
      out_ << line;
      return;
    }
    if (!parts->name.empty()) out_ << printable(parts->name) << ' ';
    out_ << parts->open << '\n';
    if (parts->members != nullptr) {
      for (const Value::Member& member : *parts->members) print_member(member, depth + 1);
    } else {
      print_elements(*parts->runs, depth + 1);
    }
    indent(depth);
    out_ << parts->close;
  }

 private:
  void indent(std::size_t depth) { out_ << std::string(depth * kIndent, ' '); }

  void print_member(const Value::Member& member, std::size_t depth) {
    indent(depth);
    const std::string name = before(member);
    out_ << name;
    print(member.value, depth * kIndent + name.size() + 1, depth);
    out_ << ",\n";
  }

  /// As many to a line as fit.
  void print_elements(const std::vector<Value::Run>& runs, std::size_t depth) {
    const std::size_t room = kMaxLine - std::min(kMaxLine, depth * kIndent);
    std::size_t used = 0;
    for (const Value::Run& run : runs) {
      std::string text;
      const bool fits = add_to_line(text, run.value, room) || !parts_of(run.value);
      text += after(run) + ",";
      const bool is_behind = used != 0 && fits && used + 1 + text.size() <= room;
      if (used != 0 && !is_behind) out_ << '\n';
      if (is_behind) {
        out_ << ' ' << text;
        used += 1 + text.size();
        continue;
      }
      indent(depth);
      used = fits ? text.size() : room;
      if (fits) {
        out_ << text;
      } else {
        print(run.value, depth * kIndent, depth);
        out_ << after(run) << ',';
      }
    }
    if (used != 0) out_ << '\n';
  }

  /// Appends a value; false when the line is longer than `room`, and then it may be cut.
  static bool add_to_line(std::string& line, const Value& value, std::size_t room) {
    const auto parts = parts_of(value);
    if (!parts) {
      line += simple_text(value);
      return line.size() <= room;
    }
    if (!parts->name.empty()) line += printable(parts->name);
    if (parts->members != nullptr && parts->members->empty()) {
      if (parts->name.empty()) line += "{}";
      return line.size() <= room;
    }
    const bool is_wide = parts->open == '{';
    if (is_wide && !parts->name.empty()) line += ' ';
    line += parts->open;
    if (is_wide) line += ' ';
    bool is_first = true;
    const auto add = [&](const std::string& front, const Value& part, const std::string& back) {
      if (!std::exchange(is_first, false)) line += ", ";
      line += front;
      const bool fits = add_to_line(line, part, room);
      line += back;
      return fits && line.size() <= room;
    };
    if (parts->members != nullptr) {
      for (const Value::Member& member : *parts->members) {
        if (!add(before(member), member.value, "")) return false;
      }
    } else {
      for (const Value::Run& run : *parts->runs) {
        if (!add("", run.value, after(run))) return false;
      }
    }
    if (is_wide) line += ' ';
    line += parts->close;
    return line.size() <= room;
  }

  TextBuffer& out_;
};

std::string no_variant_text(const Value::NoVariant& none) {
  const std::string of =
      none.discriminant ? " for " + decimal(none.discriminant->value, none.discriminant->is_signed)
                        : "";
  switch (none.why) {
    case Selection::Outcome::none: return "no variant" + of;
    case Selection::Outcome::ambiguous: return "several variants" + of;
    case Selection::Outcome::unknown: return "unknown variant" + of;
    case Selection::Outcome::variant: break;
  }
  return "";
}

}  // namespace

void print_value(TextBuffer& out, const Value& value) { ValuePrinter(out).print(value, 0, 0); }

std::string problem_text(const Value& value) {
  if (const auto* none = std::get_if<Value::NoVariant>(&value.content)) {
    return no_variant_text(*none);
  }
  const auto* why = std::get_if<Value::Absent>(&value.content);
  if (why == nullptr) return "";
  switch (*why) {
    case Value::Absent::no_value: return "no value";
    case Value::Absent::outside: return "outside of the bytes";
    case Value::Absent::no_layout: return "not laid out";
    case Value::Absent::too_deep: return "nested too deeply";
    case Value::Absent::too_many: return "too many values";
  }
  return "";
}

std::string real_text(const Value::Real& real) {
  return real.is_double ? fmt::format("{}", real.value)
                        : fmt::format("{}", static_cast<float>(real.value));
}

}  // namespace btfreloc::btf
