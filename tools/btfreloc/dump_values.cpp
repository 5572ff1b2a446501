#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "btf/c_text.h"
#include "btf/value.h"
#include "btf/value_text.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/json.h"

namespace btfreloc::tool {
namespace {

using btf::Value;

/// Calls f(Value) for each value.
template <class F>
void for_each_value(const ValueType& type, Bytes bytes, F&& f) {
  btf::ValueReader reader(*type.view, {bytes.size()});
  for (std::size_t at = 0; at < bytes.size(); at += type.size.value) {
    f(reader.read(type.id, bytes.subspan(at, type.size.value)));
  }
}

/// Those that a double cannot hold are decimal strings.
Json integer_record(const Value::Integer& integer) {
  constexpr std::int64_t kMaxExact = (std::int64_t{1} << 53) - 1;
  const auto value = static_cast<std::int64_t>(integer.value.low);
  const bool is_exact = value >= (integer.is_signed ? -kMaxExact : 0) && value <= kMaxExact;
  if (is_exact && integer.value == btf::WideInt::of_signed(value)) return value;
  return btf::decimal(integer.value, integer.is_signed);
}

Json real_record(const Value::Real& real) {
  // JSON has no others.
  if (!std::isfinite(real.value)) return btf::real_text(real);
  return real.value;
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

/// JSON has no strings but UTF-8.
Json text_record(const std::string& chars) {
  Json text = chars;
  const auto dumped = [&](Json::error_handler_t handler) {
    return text.dump(-1, ' ', false, handler);
  };
  const bool is_utf8 =
      dumped(Json::error_handler_t::replace) == dumped(Json::error_handler_t::ignore);
  if (is_utf8) return text;
  return {{"hex", hex(std::as_bytes(std::span(chars)))}};
}

Json problem_record(const Value& value) { return {{"problem", btf::problem_text(value)}}; }

/// Makes records of values. Elements of arrays that are equal are read once, and here are as many
/// as there are: what is made is limited in proportion to the bytes, as what is read is.
class Records {
 public:
  explicit Records(ByteCount total) : parts_(kLeastParts + kPartsPerByte * total.value) {}

  Json record(const Value& value);

 private:
  static constexpr std::uint64_t kLeastParts = 10'000;
  static constexpr std::uint64_t kPartsPerByte = 16;
  static constexpr std::uint64_t kCharsPerPart = 16;  ///< Of names and texts.

  Json members_record(const std::vector<Value::Member>& members);
  Json array_record(const Value::Array& array);
  Json variant_record(const Value::Variant& variant);
  Json none_record(const Value& value, const Value::NoVariant& none) const;
  void take(std::uint64_t parts) { parts_ -= std::min(parts_, parts); }

  std::uint64_t parts_;  ///< Records that may still be made.
};

Json Records::members_record(const std::vector<Value::Member>& members) {
  Json json = Json::object();
  for (const Value::Member& member : members) {
    const bool is_end = parts_ == 0;
    take(member.name.size() / kCharsPerPart);
    json[member.name.empty() ? "(anon)" : std::string(member.name)] = record(member.value);
    if (is_end) break;
  }
  return json;
}

Json Records::array_record(const Value::Array& array) {
  Json json = Json::array();
  for (const Value::Run& run : array.runs) {
    const std::uint64_t before = parts_;
    const Json element = record(run.value);
    const std::uint64_t cost = before - parts_;
    json.push_back(element);
    if (cost == 0) return json;
    // One for all elements that are not there.
    if (std::holds_alternative<Value::Absent>(run.value.content)) continue;
    const std::uint64_t more = std::min(run.count - 1, parts_ / cost);
    for (std::uint64_t i = 0; i < more; ++i) json.push_back(element);
    take(more * cost);
    if (more == run.count - 1) continue;
    parts_ = 0;
    json.push_back(problem_record({.content = Value::Absent::too_many}));
    return json;
  }
  return json;
}

Json Records::variant_record(const Value::Variant& variant) {
  const bool is_one = variant.members.size() == 1 && variant.members[0].name.empty();
  return {{"variant", variant.name},
          {"value", is_one ? record(variant.members[0].value) : members_record(variant.members)}};
}

Json Records::none_record(const Value& value, const Value::NoVariant& none) const {
  return {{"variant", nullptr},
          {"discriminant", none.discriminant ? integer_record(*none.discriminant) : Json()},
          {"problem", btf::problem_text(value)}};
}

Json Records::record(const Value& value) {
  if (parts_ == 0) return problem_record({.content = Value::Absent::too_many});
  take(1);
  return std::visit(
      Overloaded{
          [](const Value::Integer& v) { return integer_record(v); },
          [](const Value::Boolean& v) { return Json(v.value); },
          [](const Value::Enumerator& v) { return Json(v.name); },
          [](const Value::Pointer& v) { return Json(fmt::format("{:#x}", v.address)); },
          [](const Value::Real& v) { return real_record(v); },
          [&](const Value::Text& v) {
            take(v.chars.size() / kCharsPerPart);
            return text_record(v.chars);
          },
          [&](const Value::Raw& v) {
            take(v.bytes.size() / kCharsPerPart);
            return Json(hex(v.bytes));
          },
          [&](const Value::Array& v) { return array_record(v); },
          [&](const Value::Composite& v) { return members_record(v.members); },
          [&](const Value::Variant& v) { return variant_record(v); },
          [&](const Value::NoVariant& v) { return none_record(value, v); },
          [&](Value::Absent) { return problem_record(value); },
      },
      value.content);
}

}  // namespace

void print_values(Output& out, const ValueType& type, Bytes bytes) {
  for_each_value(type, bytes, [&](const Value& value) {
    btf::print_value(out.buffer(), value);
    out << "\n";
    out.flush_if_full();
  });
}

void print_values_json(Output& out, const ValueType& type, Bytes bytes) {
  out << fmt::format(
      "{{\"schema\":\"btfreloc.value/1\",\n\"type\":{},\n\"type_id\":{},\n\"size\":{}",
      text_of(btf::title(*type.view, type.id)), type.id.value, type.size.value);
  {
    JsonArray values(out, "values");
    Records records({bytes.size()});
    for_each_value(type, bytes, [&](const Value& value) {
      values.add(records.record(value));
      out.flush_if_full();
    });
  }
  out << "}\n";
}

}  // namespace btfreloc::tool
