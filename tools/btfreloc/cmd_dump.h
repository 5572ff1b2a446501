#pragma once

#include <string>
#include <vector>

#include "btfreloc/command.h"
#include "btfreloc/decision_text.h"
#include "btfreloc/input.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc dump`.
Runner add_dump(CLI::App& command);

// The views, each in a file of its own. They only print: everything that can fail has been done.

/// dump_programs.cpp: the overview; relocations under source lines; disassembly; line table.
/// `only` limits to one program; null for all. With `decisions`, values on that kernel, too.
void print_overview(Output& out, const Input& input, Decisions decisions);
void print_relocations(Output& out, const object::Object& object, const object::Program* only,
                       Decisions decisions);
void print_insns(Output& out, const object::Object& object, const object::Program* only,
                 Decisions decisions);
void print_lines(Output& out, const object::Object& object, const object::Program* only);

/// Selected types of one BTF blob, or all of its own when `ids` is empty.
struct TypeSelection {
  const btf::View* view;
  std::vector<TypeId> ids;
};

/// A type whose values are to be read.
struct ValueType {
  const btf::View* view;
  TypeId id;
  ByteCount size;  ///< Not 0.
};

/// dump_types.cpp: the types that were asked for by name. Fails with the names that are near.
Result<std::vector<TypeSelection>> select_types(const Input& input,
                                                const std::vector<std::string>& names);
void print_types_as_c(Output& out, const Input& input, const std::vector<TypeSelection>& types);
void print_types_raw(Output& out, const Input& input, const std::vector<TypeSelection>& types);
/// The one type of that name, or with that id, as "[12]", that has values. Fails when there are
/// several.
Result<ValueType> select_value_type(const Input& input, const std::string& name);
/// "BTF: 123 types (40 STRUCT, ...), 2345 bytes of strings".
std::string btf_summary(const btf::View& view);

/// dump_values.cpp: bytes that are one value of the type after the other. As JSON: schema
/// btfreloc.value/1.
void print_values(Output& out, const ValueType& type, Bytes bytes);
void print_values_json(Output& out, const ValueType& type, Bytes bytes);

/// dump_json.cpp: schema btfreloc.dump/1. `types` is null without --types.
void print_json(Output& out, const Input& input, const object::Program* only,
                const std::vector<TypeSelection>* types, Decisions decisions);

}  // namespace btfreloc::tool
