#include "xdp-blacklist/instance/event_json.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "btf/value_text.h"
#include "xdp-blacklist/instance/mapped_address.h"

namespace xdp_blacklist {

using btfreloc::Overloaded;
using btfreloc::btf::Value;

namespace {

/// Those of more than 64 bits are decimal texts.
Json integer_json(const Value::Integer& integer) {
  const auto& [value, is_signed] = integer;
  const auto low = static_cast<std::int64_t>(value.low);
  if (is_signed && value == btfreloc::btf::WideInt::of_signed(low)) return low;
  if (!is_signed && value.high == 0) return value.low;
  return btfreloc::btf::decimal(value, is_signed);
}

/// Arrays of more elements are cut: events of this tool have 64 at most.
constexpr std::uint64_t kMostElements = 4096;

Json array_json(const Value::Array& array) {
  Json json = Json::array();
  for (const Value::Run& run : array.runs) {
    const Json element = event_of(run.value);
    const std::uint64_t count = std::min(run.count, kMostElements - json.size());
    for (std::uint64_t i = 0; i < count; ++i) json.push_back(element);
  }
  return json;
}

/// The text of a struct address; nullopt for other structs.
/// Source: layout.h, struct address.
std::optional<std::string> address_text(const std::vector<Value::Member>& members) {
  if (members.size() != 1 || members[0].name != "bytes") return std::nullopt;
  const Json bytes = event_of(members[0].value);
  MappedAddress mapped{};
  if (!bytes.is_array() || bytes.size() != mapped.size()) return std::nullopt;
  for (std::size_t i = 0; i < mapped.size(); ++i) {
    if (!bytes[i].is_number_unsigned()) return std::nullopt;
    mapped[i] = bytes[i].get<std::uint8_t>();
  }
  return text(from_mapped(mapped));
}

void add_members(Json& json, const std::vector<Value::Member>& members) {
  for (const Value::Member& member : members) {
    if (!member.name.empty()) {
      json[std::string(member.name)] = event_of(member.value);
    } else if (const Json inner = event_of(member.value); inner.is_object()) {
      json.update(inner);  // a union without a name
    }
  }
}

Json members_json(const std::vector<Value::Member>& members) {
  if (auto address = address_text(members)) return *std::move(address);
  Json json = Json::object();
  add_members(json, members);
  return json;
}

Json variant_json(const Value::Variant& variant) {
  Json json = Json::object();
  add_members(json, variant.members);
  json["kind"] = variant.name;
  return json;
}

}  // namespace

Json event_of(const Value& value) {
  return std::visit(Overloaded{
                        [](const Value::Integer& v) { return integer_json(v); },
                        [](const Value::Boolean& v) { return Json(v.value); },
                        [](const Value::Enumerator& v) { return Json(v.name); },
                        [](const Value::Pointer& v) { return Json(v.address); },
                        [](const Value::Real& v) { return Json(v.value); },
                        [](const Value::Text& v) { return Json(v.chars); },
                        [](const Value::Raw&) { return Json(); },
                        [](const Value::Array& v) { return array_json(v); },
                        [](const Value::Composite& v) { return members_json(v.members); },
                        [](const Value::Variant& v) { return variant_json(v); },
                        [](const Value::NoVariant&) { return Json::object(); },
                        [](Value::Absent) { return Json(); },
                    },
                    value.content);
}

}  // namespace xdp_blacklist
