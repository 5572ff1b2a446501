#pragma once

#include <cstdint>
#include <vector>

#include "support/btf_bytes.h"

namespace btfreloc::test {

/// What every_kind() wrote, by kind; `types` are their ids in file order.
struct EveryKind {
  TypeId int32, uint32, char8, bool8, pointer, array, structure, packed, unions, enums, enum_signed,
      fwd_struct, fwd_union, typedefs, volatiles, consts, restricts, proto, variadic, function, var,
      datasec, floats, decl_tag, decl_attribute, type_tag, type_attribute, enum64, enum64_signed;
};

/// Adds a type of every kind, in every form a flag can give it. The numbers differ in every byte,
/// where they can, so that a wrong byte order or field shows.
inline EveryKind every_kind(BtfBytes& btf) {
  using btf::Kind;
  EveryKind id;
  id.int32 = btf.integer("int", 4, btf::kIntSigned);
  id.uint32 = btf.integer("unsigned int", 4);
  id.char8 = btf.integer("char", 1, btf::kIntChar);
  id.bool8 = btf.integer("bool", 1, btf::kIntBool);
  id.pointer = btf.pointer(TypeId{0});
  id.array = btf.array(id.int32, id.uint32, 0x01020304);
  id.structure = btf.add(Kind::kStruct, "plain", 0x01020304,
                         {"first", id.int32, 0, "second", id.pointer, 0x01020340, 0, id.array, 96});
  id.packed = btf.add(Kind::kStruct, "packed", 8,
                      {"three", id.int32, 3U << 24 | 0, "five", id.uint32, 5U << 24 | 3, "far",
                       id.int32, 0x123456, "whole", id.int32, 32U << 24 | 32},
                      true);
  id.unions = btf.add(Kind::kUnion, 0, 16, {"one", id.int32, 0, "other", id.structure, 0});
  id.enums = btf.add(Kind::kEnum, "unsigned_enum", 4, {"ZERO", 0, "TOP", 0x80000000, "ALL", ~0U});
  id.enum_signed = btf.add(Kind::kEnum, 0, 4, {"MINUS_ONE", ~0U, "LOWEST", 0x80000000}, true);
  id.fwd_struct = btf.add(Kind::kFwd, "fwd_struct", 0);
  id.fwd_union = btf.add(Kind::kFwd, "fwd_union", 0, {}, true);
  id.typedefs = btf.add(Kind::kTypedef, "typedef_t", id.structure);
  id.volatiles = btf.add(Kind::kVolatile, 0, id.typedefs);
  id.consts = btf.add(Kind::kConst, 0, id.volatiles);
  id.restricts = btf.add(Kind::kRestrict, 0, id.pointer);
  id.proto = btf.add(Kind::kFuncProto, 0, id.int32, {"named", id.consts, 0, id.restricts});
  id.variadic = btf.add(Kind::kFuncProto, 0, 0, {"format", id.pointer, 0, 0});
  id.function = btf.function("function", id.proto, 1);
  id.var = btf.add(Kind::kVar, "variable", id.uint32, {2});
  id.datasec = btf.add(Kind::kDatasec, ".data", 0x01020304,
                       {id.var, 0x05060708, 0x090a0b0c, id.function, 4, 8});
  id.floats = btf.add(Kind::kFloat, "double", 8);
  id.decl_tag = btf.add(Kind::kDeclTag, "decl", id.structure, {1});
  id.decl_attribute = btf.add(Kind::kDeclTag, "attribute", id.function, {-1}, true);
  id.type_tag = btf.add(Kind::kTypeTag, "user", id.int32);
  id.type_attribute = btf.add(Kind::kTypeTag, "aligned(8)", id.int32, {}, true);
  id.enum64 = btf.add(Kind::kEnum64, "unsigned_enum64", 8,
                      {"MIXED", 0x05060708, 0x01020304, "ALL64", ~0U, ~0U});
  id.enum64_signed = btf.add(Kind::kEnum64, "signed_enum64", 8,
                             {"LOWEST64", 0, 0x80000000, "MINUS", ~0U, ~0U}, true);
  return id;
}

}  // namespace btfreloc::test
