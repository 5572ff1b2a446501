#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "btf/kinds.h"
#include "support/btf_bytes.h"
#include "support/choices.h"

namespace btfreloc::test {

/// Types to write as BTF, in a shape that is easy to change. References are indices into
/// Model::types; kVoidRef is void. Type i gets id i + 1.
inline constexpr int kVoidRef = -1;

struct ModelMember {
  std::string name;  ///< "": anonymous.
  int type = kVoidRef;
  std::uint32_t bits = 0;    ///< Of a bitfield; 0: none.
  std::uint32_t offset = 0;  ///< In bits; set by lay_out().
};

struct ModelType {
  btf::Kind kind = btf::Kind::kInt;
  std::string name = {};
  std::uint32_t size = 0;  ///< In bytes; of a struct or union set by lay_out().
  std::uint8_t encoding = 0;
  bool flag = false;  ///< Signed enum, forward declaration of a union.
  int ref = kVoidRef;
  std::uint32_t elements = 0;
  std::vector<ModelMember> members = {};
  std::vector<std::pair<std::string, std::uint64_t>> values = {};
  std::vector<int> params = {};

  bool is_composite() const { return btf::is_composite(kind); }
  bool is_enum() const { return btf::is_enum(kind); }
};

struct Model {
  std::vector<ModelType> types;
  std::uint32_t pointer_size = 8;  ///< In bytes.
  int names = 0;                   ///< Used so far: members are named once in a whole model.

  std::string fresh_name() { return "m" + std::to_string(names++); }
  /// In bytes; 0 for what has none.
  std::uint32_t size_of(int type) const;
  /// Offsets of all members and sizes of all structs, as a C compiler would have them.
  void lay_out();
  /// With a base, as the BTF of a module of it, whose types refer only to each other.
  BtfBytes write(const BtfBytes* base = nullptr) const;
};

/// The types of an object: a few structs, unions, enums and typedefs, and what they need.
Model make_local(Choices& choices);

/// The same types as another kernel might have them: members moved, renamed, retyped, wrapped in
/// anonymous structs; enumerators gone; a second struct of the same name; other ids; pointers of
/// another size.
Model make_target(const Model& local, Choices& choices);

}  // namespace btfreloc::test
