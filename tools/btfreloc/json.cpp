#include "btfreloc/json.h"

#include <fmt/format.h>

namespace btfreloc::tool {
namespace {

Json source_record(const object::Object& object, const object::Relocation& relocation) {
  if (relocation.program == nullptr) return nullptr;
  const auto source = object.source(*relocation.program, relocation.insn);
  if (!source) return nullptr;
  return {{"file", source->file}, {"line", source->line}, {"column", source->column}};
}

}  // namespace

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json integer(std::uint64_t value) {
  constexpr std::uint64_t kMaxExact = (std::uint64_t{1} << 53) - 1;
  if (value > kMaxExact) return fmt::format("{}", value);
  return value;
}

Json string_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string enum_value(std::uint64_t value, bool is_signed) {
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

Json value_json(const RelocationRecord& record, std::uint64_t value) {
  if (record.is_enum_value) return enum_value(value, record.is_signed);
  return integer(value);
}

Json relocation_json(const object::Object& object, const object::Relocation& relocation,
                     const RelocationRecord& record) {
  Json json = {
      {"id", record.id},
      {"program", relocation.program != nullptr ? Json(relocation.program->name) : Json(nullptr)},
      {"index", relocation.index},
      {"section", relocation.section},
      {"section_offset", relocation.record.insn_offset.value},
      {"insn", relocation.insn.value},
      {"kind", record.kind},
      {"root", record.root},
      {"type_id", relocation.record.type.value},
      {"access", record.access},
      {"path", record.problem.empty() ? Json(record.path) : Json(nullptr)},
      {"local", record.local ? value_json(record, *record.local) : Json(nullptr)},
      {"source", source_record(object, relocation)}};
  if (!record.problem.empty()) json["problem"] = record.problem;
  return json;
}

}  // namespace btfreloc::tool
