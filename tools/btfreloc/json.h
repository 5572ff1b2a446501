#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "btfreloc/output.h"
#include "btfreloc/relocation_record.h"
#include "object/object.h"

// What all JSON of the tool has in common. One record at a time: a whole kernel's types as one
// document would take a hundred times the memory of the BTF itself.

namespace btfreloc::tool {

using Json = nlohmann::ordered_json;

/// Names in a file may be any bytes; JSON must be UTF-8.
std::string text_of(const Json& json);

/// Integers that a double cannot hold are decimal strings.
Json integer(std::uint64_t value);

Json string_or_null(std::string_view text);

/// Enum values are decimal strings, whatever their size.
std::string enum_value(std::uint64_t value, bool is_signed);

/// A value of the relocation that `record` describes: its local value, or one on a kernel.
Json value_json(const RelocationRecord& record, std::uint64_t value);

/// The identity of a relocation, as every schema spells it.
Json relocation_json(const object::Object& object, const object::Relocation& relocation,
                     const RelocationRecord& record);

/// Writes `"name":[` one record per line `]`.
class JsonArray {
 public:
  JsonArray(Output& out, std::string_view name) : out_(out) {
    out_ << fmt::format(",\n\"{}\":[", name);
  }
  JsonArray(const JsonArray&) = delete;
  JsonArray& operator=(const JsonArray&) = delete;
  ~JsonArray() { out_ << (first_ ? "]" : "\n]"); }
  void add(const Json& record) {
    out_ << (first_ ? "\n" : ",\n") << text_of(record);
    first_ = false;
  }

 private:
  Output& out_;
  bool first_ = true;
};

}  // namespace btfreloc::tool
