#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/btf_bytes.h"

// Types as expressions, for tables of cases: ptr(structure("s", {{"pid", i32()}})).

namespace btfreloc::test {

/// Adds a type, and those it is made of, to a blob. Empty names make anonymous types.
using MakeType = std::function<TypeId(BtfBytes&)>;

inline Word word_of(const std::string& name) { return name.empty() ? Word(0) : Word(name); }

inline MakeType nothing() {
  return [](BtfBytes&) { return TypeId{0}; };
}
inline MakeType integer(std::string name, std::uint32_t size, std::uint8_t encoding = 0,
                        std::uint32_t bit_offset = 0) {
  return [=](BtfBytes& btf) {
    return btf.add(btf::Kind::kInt, word_of(name), size,
                   {std::uint32_t{encoding} << 24 | bit_offset << 16 | size * 8});
  };
}
inline MakeType i32() { return integer("int", 4, btf::kIntSigned); }
inline MakeType u8() { return integer("unsigned char", 1); }
inline MakeType u32() { return integer("unsigned int", 4); }
inline MakeType u64() { return integer("unsigned long", 8); }

/// CONST, VOLATILE, RESTRICT and PTR; with a name TYPEDEF and TYPE_TAG.
inline MakeType refer(btf::Kind kind, MakeType to, std::string name = {}) {
  return [=](BtfBytes& btf) {
    const TypeId id = to(btf);
    return btf.add(kind, word_of(name), id);
  };
}
inline MakeType ptr(MakeType to) { return refer(btf::Kind::kPtr, std::move(to)); }
inline MakeType constant(MakeType of) { return refer(btf::Kind::kConst, std::move(of)); }
inline MakeType alias(std::string name, MakeType of) {
  return refer(btf::Kind::kTypedef, std::move(of), std::move(name));
}
inline MakeType array(MakeType of, std::uint32_t nr_elems) {
  return [=](BtfBytes& btf) {
    const TypeId element = of(btf);
    return btf.array(element, element, nr_elems);
  };
}
inline MakeType fwd(std::string name, bool is_union = false) {
  return [=](BtfBytes& btf) { return btf.add(btf::Kind::kFwd, word_of(name), 0, {}, is_union); };
}
inline MakeType floating(std::string name, std::uint32_t size) {
  return [=](BtfBytes& btf) { return btf.add(btf::Kind::kFloat, word_of(name), size); };
}

struct MakeMember {
  std::string name;
  MakeType type;
  std::uint32_t offset = 0;  ///< In bits; with `bits`, of the bitfield.
  std::uint32_t bits = 0;    ///< 0: no bitfield.
};

inline MakeType composite(btf::Kind kind, std::string name, std::vector<MakeMember> members,
                          std::uint32_t size = 64) {
  return [=](BtfBytes& btf) {
    std::vector<Word> words;
    bool has_bitfields = false;
    for (const MakeMember& member : members) has_bitfields |= member.bits != 0;
    for (const MakeMember& member : members) {
      const TypeId type = member.type(btf);
      words.insert(words.end(), {word_of(member.name), type, member.bits << 24 | member.offset});
    }
    return btf.add(kind, word_of(name), size, words, has_bitfields);
  };
}
inline MakeType structure(std::string name, std::vector<MakeMember> members,
                          std::uint32_t size = 64) {
  return composite(btf::Kind::kStruct, std::move(name), std::move(members), size);
}
inline MakeType either(std::string name, std::vector<MakeMember> members, std::uint32_t size = 64) {
  return composite(btf::Kind::kUnion, std::move(name), std::move(members), size);
}

struct MakeEnumerator {
  std::string name;
  std::uint64_t value = 0;
};

inline MakeType enumeration(std::string name, std::vector<MakeEnumerator> values,
                            std::uint32_t size = 4, bool is_signed = false) {
  return [=](BtfBytes& btf) {
    std::vector<Word> words;
    for (const MakeEnumerator& each : values) {
      words.insert(words.end(), {word_of(each.name), static_cast<std::uint32_t>(each.value)});
    }
    return btf.add(btf::Kind::kEnum, word_of(name), size, words, is_signed);
  };
}
inline MakeType enumeration64(std::string name, std::vector<MakeEnumerator> values,
                              std::uint32_t size = 8, bool is_signed = false) {
  return [=](BtfBytes& btf) {
    std::vector<Word> words;
    for (const MakeEnumerator& each : values) {
      words.insert(words.end(), {word_of(each.name), static_cast<std::uint32_t>(each.value),
                                 static_cast<std::uint32_t>(each.value >> 32)});
    }
    return btf.add(btf::Kind::kEnum64, word_of(name), size, words, is_signed);
  };
}

inline MakeType proto(MakeType result, std::vector<MakeType> params) {
  return [=](BtfBytes& btf) {
    std::vector<Word> words;
    for (const MakeType& param : params) words.insert(words.end(), {0, param(btf)});
    const TypeId returned = result(btf);
    return btf.add(btf::Kind::kFuncProto, 0, returned, words);
  };
}

/// `wrap` around `type`, `times` times.
inline MakeType nested(int times, MakeType type, const std::function<MakeType(MakeType)>& wrap) {
  for (int n = 0; n < times; ++n) type = wrap(std::move(type));
  return type;
}

/// A blob of one type and those it is made of.
struct OneType {
  TypeId id;
  OpenBtf open;

  const btf::View& btf() const { return open.view; }
};

inline OneType make(const MakeType& type, std::endian order = std::endian::little) {
  BtfBytes bytes(order);
  const TypeId id = type(bytes);
  // A blob has at least one type.
  if (id.value == 0) bytes.integer("int", 4);
  return {id, open(bytes)};
}

}  // namespace btfreloc::test
