#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include "base/overloaded.h"
#include "btf/c_text.h"
#include "btf/raw_text.h"
#include "btf/tagged_union.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/json.h"
#include "btfreloc/relocation_record.h"

namespace btfreloc::tool {
namespace {

Json program_record(const object::Object& object, const object::Program& program) {
  return {{"name", program.name},
          {"section", program.section},
          {"type", string_or_null(program.type.type)},
          {"attach", string_or_null(program.type.attach)},
          {"insns", program.insn_count()},
          {"relocations", object.relocations_of(program).size()},
          {"section_offset", program.section_offset.value},
          {"subprogram", program.is_subprogram},
          {"linkage", program.is_static ? "static"
                      : program.is_weak ? "weak"
                                        : "global"},
          {"autoload", program.type.autoload}};
}

Json type_name(const object::Object& object, const std::optional<TypeId>& type) {
  return type ? Json(btf::declaration(*object.btf(), *type, "")) : Json(nullptr);
}

Json map_record(const object::Object& object, const object::Map& map) {
  constexpr std::string_view kOrigins[] = {"btf", "legacy", "variables", "struct_ops"};
  return {{"name", map.name},
          {"section", map.section},
          {"origin", kOrigins[static_cast<std::size_t>(map.origin)]},
          {"type", string_or_null(object::map_type_name(map.type))},
          {"type_number", map.type},
          {"key", type_name(object, map.key_type)},
          {"value", type_name(object, map.value_type)},
          {"key_size", map.key_size.value},
          {"value_size", integer(map.value_size.value)},
          {"max_entries", map.max_entries},
          {"flags", map.flags},
          {"pinned_by_name", map.pinned_by_name},
          {"extra", integer(map.extra)},
          {"inner_type", map.inner_type ? string_or_null(object::map_type_name(*map.inner_type))
                                        : Json(nullptr)}};
}

Json extern_record(const object::Object& object, const object::Extern& item) {
  return {{"name", item.name},
          {"section", string_or_null(item.section)},
          {"type", type_name(object, item.type)},
          {"function", item.is_function},
          {"weak", item.is_weak}};
}

/// A relocation of concatenated BTF: its types, and no instruction.
Json part_relocation_record(const object::Object& object, const btf::View& btf,
                            std::string_view section, const btf::CoreRelo& relo) {
  const RelocationRecord record =
      describe(btf, relo, object.order(), fmt::format("{}+{:#x}", section, relo.insn_offset.value));
  return {{"section", section},
          {"input_section_offset", relo.insn_offset.value},
          {"relocation_kind", record.kind},
          {"root", record.root},
          {"type_id", relo.type.value},
          {"access", record.access},
          {"path", record.path},
          {"local", record.local ? value_json(record, *record.local) : Json(nullptr)}};
}

/// What selects a variant: a list of values and ranges, "default", or null when it is not known.
Json selection_record(const btf::TaggedUnion& type, const btf::TaggedUnion::Variant& variant) {
  if (variant.is_default) return "default";
  if (variant.values.empty() || !type.discriminant) return nullptr;
  Json values = Json::array();
  for (const btf::TaggedUnion::Range& range : variant.values) {
    values.push_back(btf::range_text(*type.discriminant, range));
  }
  return values;
}

Json tagged_union_record(const btf::TaggedUnion& type) {
  Json variants = Json::array();
  for (const btf::TaggedUnion::Variant& variant : type.variants) {
    variants.push_back({{"name", variant.name},
                        {"values", selection_record(type, variant)},
                        {"type_id", variant.payload.value}});
  }
  Json discriminant;
  if (type.discriminant) {
    discriminant = {{"type_id", type.discriminant->type.value},
                    {"bits_offset", Bits(type.discriminant->offset).value}};
  }
  return {{"name", type.name},
          {"discriminant", std::move(discriminant)},
          {"variants", std::move(variants)}};
}

/// Fields named as bpftool names them.
Json type_record(const btf::View& view, TypeId id, btf::TaggedUnions& tagged_unions) {
  const auto name = [&](StrOff offset) {
    return offset.value == 0 ? Json("(anon)") : Json(view.string(offset));
  };
  Json json = {
      {"id", id.value}, {"kind", btf::kind_name(view, id)}, {"name", name(view.name_offset(id))}};
  const auto reference = [&](const auto& type) { json["type_id"] = type.type.value; };
  const auto composite = [&](const auto& type) {
    json["size"] = type.size.value;
    json["vlen"] = type.members.size();
    Json members = Json::array();
    for (const btf::Member member : type.members) {
      Json record = {{"name", name(member.name)},
                     {"type_id", member.type.value},
                     {"bits_offset", member.offset.value}};
      if (member.bitfield_size.value != 0) record["bitfield_size"] = member.bitfield_size.value;
      members.push_back(std::move(record));
    }
    json["members"] = std::move(members);
  };
  const auto enumeration = [&](const auto& type) {
    json["encoding"] = type.is_signed ? "SIGNED" : "UNSIGNED";
    json["size"] = type.size.value;
    json["vlen"] = type.values.size();
    Json values = Json::array();
    for (const auto enumerator : type.values) {
      values.push_back(
          {{"name", name(enumerator.name)}, {"val", enum_value(enumerator.value, type.is_signed)}});
    }
    json["values"] = std::move(values);
  };
  std::visit(
      Overloaded{
          [](const btf::Void&) {},
          [&](const btf::Unknown& type) { json["kind_number"] = type.kind; },
          [&](const btf::Int& type) {
            json["size"] = type.size.value;
            json["bits_offset"] = type.offset.value;
            json["nr_bits"] = type.bits.value;
            json["encoding"] = btf::encoding_name(type.encoding);
          },
          [&](const btf::Ptr& type) { reference(type); },
          [&](const btf::Typedef& type) { reference(type); },
          [&](const btf::Volatile& type) { reference(type); },
          [&](const btf::Const& type) { reference(type); },
          [&](const btf::Restrict& type) { reference(type); },
          [&](const btf::TypeTag& type) {
            reference(type);
            if (type.is_attribute) json["attribute"] = true;
          },
          [&](const btf::Array& type) {
            reference(type);
            json["index_type_id"] = type.index_type.value;
            json["nr_elems"] = type.nr_elems;
          },
          [&](const btf::Struct& type) { composite(type); },
          [&](const btf::Union& type) { composite(type); },
          [&](const btf::Enum& type) { enumeration(type); },
          [&](const btf::Enum64& type) { enumeration(type); },
          [&](const btf::Fwd& type) { json["fwd_kind"] = type.is_union ? "union" : "struct"; },
          [&](const btf::Func& type) {
            reference(type);
            json["linkage"] = btf::linkage_name(type.linkage);
          },
          [&](const btf::FuncProto& type) {
            json["ret_type_id"] = type.return_type.value;
            json["vlen"] = type.params.size();
            Json params = Json::array();
            for (const btf::Param param : type.params) {
              params.push_back({{"name", name(param.name)}, {"type_id", param.type.value}});
            }
            json["params"] = std::move(params);
          },
          [&](const btf::Var& type) {
            reference(type);
            json["linkage"] = btf::linkage_name(type.linkage);
          },
          [&](const btf::Datasec& type) {
            json["size"] = type.size.value;
            json["vlen"] = type.vars.size();
            Json vars = Json::array();
            for (const btf::SectionVar var : type.vars) {
              vars.push_back({{"type_id", var.type.value},
                              {"offset", var.offset.value},
                              {"size", var.size.value}});
            }
            json["vars"] = std::move(vars);
          },
          [&](const btf::Float& type) { json["size"] = type.size.value; },
          [&](const btf::DeclTag& type) {
            reference(type);
            json["component_idx"] = type.component;
            if (type.is_attribute) json["attribute"] = true;
          }},
      view.decode(id));
  if (const btf::TaggedUnion* type = tagged_unions.find(id)) {
    json["tagged_union"] = tagged_union_record(*type);
  }
  return json;
}

Json btf_record(const btf::View& view) {
  return {{"types", view.own_count()},
          {"first_id", view.first_id().value},
          {"strings", view.header().strings_size},
          {"byte_order", view.order() == std::endian::little ? "little" : "big"},
          {"pointer_size", view.pointer_size().value},
          {"layout", view.header().layout_size != 0}};
}

Json object_record(const object::Object& object) {
  return {{"byte_order", object.order() == std::endian::little ? "little" : "big"},
          {"license", string_or_null(object.license())}};
}

void print_object_arrays(Output& out, const object::Object& object, const object::Program* only,
                         Decisions decisions) {
  {
    JsonArray programs(out, "programs");
    for (const object::Program& program : object.programs()) {
      if (only == nullptr || only == &program) programs.add(program_record(object, program));
    }
  }
  {
    JsonArray maps(out, "maps");
    for (const object::Map& map : object.maps()) maps.add(map_record(object, map));
  }
  {
    JsonArray externs(out, "externs");
    for (const object::Extern& item : object.externs()) externs.add(extern_record(object, item));
  }
  {
    JsonArray relocations(out, "relocations");
    for (const object::Relocation& relocation : object.relocations()) {
      if (only != nullptr && only != relocation.program) continue;
      const RelocationRecord record = describe(object, relocation);
      Json json = relocation_json(object, relocation, record);
      if (const core::Decision* decision = decision_of(object, relocation, decisions)) {
        add_cell(json, record, *decision);
      }
      relocations.add(json);
    }
  }
  if (object.parts().size() < 2) return;
  JsonArray parts(out, "parts");
  for (const object::BtfPart& part : object.parts()) {
    Json relocations = Json::array();
    for (std::size_t i = 0; part.ext && i < part.ext->core_relo.size(); ++i) {
      const auto& section = part.ext->core_relo[i];
      for (const btf::CoreRelo& relo : section.records) {
        relocations.push_back(part_relocation_record(object, part.btf, section.name, relo));
      }
    }
    parts.add({{"offset", part.offset},
               {"btf", btf_record(part.btf)},
               {"relocations", std::move(relocations)}});
  }
}

void print_empty_arrays(Output& out) {
  for (const std::string_view name : {"programs", "maps", "externs", "relocations"}) {
    out << fmt::format(",\n\"{}\":[]", name);
  }
}

}  // namespace

void print_json(Output& out, const Input& input, const object::Program* only,
                const std::vector<TypeSelection>* types, Decisions decisions) {
  const object::Object* object = input.object();
  out << fmt::format("{{\"schema\":\"btfreloc.dump/1\",\n\"file\":{},\n\"object\":{}",
                     text_of(input.path()),
                     object != nullptr ? text_of(object_record(*object)) : "null");
  if (object != nullptr) {
    print_object_arrays(out, *object, only, decisions);
  } else {
    print_empty_arrays(out);
  }
  const auto views = input.views();
  out << ",\n\"btf\":" << (views.empty() ? "null" : text_of(btf_record(*views[0])));
  if (types != nullptr) {
    JsonArray records(out, "types");
    for (const TypeSelection& selection : *types) {
      btf::TaggedUnions tagged_unions(*selection.view);
      const auto add = [&](TypeId id) {
        records.add(type_record(*selection.view, id, tagged_unions));
      };
      std::ranges::for_each(selection.ids, add);
      if (!selection.ids.empty()) continue;
      for (TypeId id = selection.view->first_id(); id.value < selection.view->size(); ++id.value) {
        add(id);
      }
    }
  }
  out << "}\n";
}

}  // namespace btfreloc::tool
