#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <variant>

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
  const bool is_small =
      integer.value == btf::WideInt::of_signed(value) && value >= -kMaxExact && value <= kMaxExact;
  if (is_small) return value;
  return btf::decimal(integer.value, integer.is_signed);
}

Json real_record(const Value::Real& real) {
  // JSON has no others.
  if (!std::isfinite(real.value)) return btf::real_text(real);
  return real.value;
}

std::string hex(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

Json value_record(const Value& value);

Json members_record(const std::vector<Value::Member>& members) {
  Json json = Json::object();
  for (const Value::Member& member : members) {
    json[member.name.empty() ? "(anon)" : std::string(member.name)] = value_record(member.value);
  }
  return json;
}

Json array_record(const Value::Array& array) {
  Json json = Json::array();
  for (const Value::Run& run : array.runs) {
    const Json element = value_record(run.value);
    // One for all elements that are not there.
    const bool is_absent = std::holds_alternative<Value::Absent>(run.value.content);
    for (std::uint64_t i = 0; i < (is_absent ? 1 : run.count); ++i) json.push_back(element);
  }
  return json;
}

Json variant_record(const Value::Variant& variant) {
  const bool is_one = variant.members.size() == 1 && variant.members[0].name.empty();
  return {
      {"variant", variant.name},
      {"value", is_one ? value_record(variant.members[0].value) : members_record(variant.members)}};
}

Json value_record(const Value& value) {
  return std::visit(
      Overloaded{
          [](const Value::Integer& v) { return integer_record(v); },
          [](const Value::Boolean& v) { return Json(v.value); },
          [](const Value::Enumerator& v) { return Json(v.name); },
          [](const Value::Pointer& v) { return Json(fmt::format("{:#x}", v.address)); },
          [](const Value::Real& v) { return real_record(v); },
          [](const Value::Text& v) { return Json(v.chars); },
          [](const Value::Raw& v) { return Json(hex(v.bytes)); },
          [](const Value::Array& v) { return array_record(v); },
          [](const Value::Composite& v) { return members_record(v.members); },
          [](const Value::Variant& v) { return variant_record(v); },
          [&](const Value::NoVariant& v) {
            return Json{{"variant", nullptr},
                        {"discriminant", v.discriminant ? integer_record(*v.discriminant) : Json()},
                        {"problem", btf::problem_text(value)}};
          },
          [&](Value::Absent) { return Json{{"problem", btf::problem_text(value)}}; },
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
    for_each_value(type, bytes, [&](const Value& value) {
      values.add(value_record(value));
      out.flush_if_full();
    });
  }
  out << "}\n";
}

}  // namespace btfreloc::tool
