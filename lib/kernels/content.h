#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "btf/kinds.h"

// What a type says, in words that mean the same in every kernel of a set: no type ids and no string
// offsets. Every named type is a symbol, (kind, name), and is referred to as such; types without a
// name are written where they are referred to. As all cycles of types go through named structs and
// unions, that makes trees.
//
//   content   by the symbol's kind, then: number of tags, {text, kind_flag, component}
//     INT                     size, the word behind the header
//     FLOAT                   size
//     STRUCT UNION            composite: kind_flag, size, number, {name, offset word, reference}
//     ENUM ENUM64             enum: kind_flag, size, number, {name, low, high half of the value}
//     FWD                     nothing
//     TYPEDEF and modifiers   reference
//     ARRAY                   array: elements, reference to index type, to element type
//     FUNC VAR                linkage, reference
//     FUNC_PROTO              prototype: number, reference, {name, reference}
//     DATASEC                 size, number, {reference, offset, size}
//   of a lone type            reference; of a lone DECL_TAG: reference, text, kind_flag, component.
//                             No tags
//   reference  an Op, then what it says below

namespace btfreloc::kernels {

using Word = std::uint32_t;
using Content = std::vector<Word>;

/// The kind of a symbol: that of its types, but forward declarations of unions have one of their
/// own, and so have types that have no name and that no type refers to.
using SymbolKind = std::uint8_t;
inline constexpr SymbolKind kFwdOfUnion = btf::kFirstUnknownKind;
/// Added to the kind of lone types, and of DECL_TAGs of types that are not named types of the same
/// column. Their symbol's name is one of what they hold.
inline constexpr SymbolKind kLone = 32;
inline constexpr SymbolKind kSymbolKinds = 64;

constexpr bool is_lone(SymbolKind kind) { return kind >= kLone; }
constexpr SymbolKind symbol_kind(btf::Kind kind) { return static_cast<SymbolKind>(kind); }
/// Without what a symbol's adds.
constexpr btf::Kind type_kind(SymbolKind kind) {
  kind &= kLone - 1;
  return kind == kFwdOfUnion ? btf::Kind::kFwd : static_cast<btf::Kind>(kind);
}
constexpr bool is_symbol_kind(SymbolKind kind) {
  const SymbolKind type = kind & (kLone - 1);
  if (type == 0 || kind >= kSymbolKinds) return false;
  if (is_lone(kind)) return type < btf::kFirstUnknownKind;
  return type <= kFwdOfUnion && type != symbol_kind(btf::Kind::kDeclTag) &&
         type != symbol_kind(btf::Kind::kTypeTag);
}
/// Those that relocations ask for by name lie together, apart from functions and variables.
constexpr bool is_type_symbol(SymbolKind kind) {
  return !is_lone(kind) && kind != symbol_kind(btf::Kind::kFunc) &&
         kind != symbol_kind(btf::Kind::kVar) && kind != symbol_kind(btf::Kind::kDatasec);
}

enum class Op : Word {
  nothing,  ///< void
  symbol,   ///< Symbol; which of those that the column has of it, from 0, in the order of ids.
  pointer,  ///< Reference; so the next three.
  constant,
  volatile_,
  restrict_,
  array,
  type_tag,  ///< Text, kind_flag, reference.
  func_proto,
  struct_,
  union_,
  enum_,
  enum64,
  copy,  ///< Number, from 1; reference to a type without a name, of which the kernel has several
         ///< that are the same to the last reference.
};
inline constexpr Word kOps = 14;

/// How deep types without a name may lie in each other. The kernel follows 32.
inline constexpr int kMaxDepth = 64;

/// Calls on_string(Word&) and on_symbol(Word&) for all strings and symbols of a content.
template <class W, class OnString, class OnSymbol>
class ContentWalk {
 public:
  ContentWalk(OnString on_string, OnSymbol on_symbol)
      : on_string_(on_string), on_symbol_(on_symbol) {}

  /// Returns the number of tags.
  Word content(SymbolKind kind, W* at) {
    at_ = at;
    if (is_lone(kind)) {
      reference();
      if (type_kind(kind) == btf::Kind::kDeclTag) tag();
      return 0;
    }
    named(type_kind(kind));
    const Word tags = *at_++;
    for (Word left = tags; left > 0; --left) tag();
    return tags;
  }

 private:
  void named(btf::Kind kind) {
    switch (kind) {
      case btf::Kind::kInt: at_ += 2; break;
      case btf::Kind::kFloat: ++at_; break;
      case btf::Kind::kFwd: break;
      case btf::Kind::kStruct:
      case btf::Kind::kUnion: composite(); break;
      case btf::Kind::kEnum:
      case btf::Kind::kEnum64: enumeration(); break;
      case btf::Kind::kArray: array(); break;
      case btf::Kind::kFuncProto: prototype(); break;
      case btf::Kind::kFunc:
      case btf::Kind::kVar:
        ++at_;
        reference();
        break;
      case btf::Kind::kDatasec: section(); break;
      default: reference(); break;
    }
  }
  void reference() {
    switch (static_cast<Op>(*at_++)) {
      case Op::nothing: break;
      case Op::symbol:
        on_symbol_(*at_);
        at_ += 2;
        break;
      case Op::pointer:
      case Op::constant:
      case Op::volatile_:
      case Op::restrict_: reference(); break;
      case Op::array: array(); break;
      case Op::type_tag:
        on_string_(*at_);
        at_ += 2;
        reference();
        break;
      case Op::func_proto: prototype(); break;
      case Op::struct_:
      case Op::union_: composite(); break;
      case Op::enum_:
      case Op::enum64: enumeration(); break;
      case Op::copy:
        ++at_;
        reference();
        break;
    }
  }
  void composite() {
    at_ += 2;
    for (Word left = *at_++; left > 0; --left) {
      on_string_(*at_);
      at_ += 2;
      reference();
    }
  }
  void enumeration() {
    at_ += 2;
    for (Word left = *at_++; left > 0; --left) {
      on_string_(*at_);
      at_ += 3;
    }
  }
  void array() {
    ++at_;
    reference();
    reference();
  }
  void prototype() {
    Word left = *at_++;
    for (reference(); left > 0; --left) {
      on_string_(*at_++);
      reference();
    }
  }
  void section() {
    ++at_;
    for (Word left = *at_++; left > 0; --left) {
      reference();
      at_ += 2;
    }
  }
  void tag() {
    on_string_(*at_);
    at_ += 3;
  }

  OnString on_string_;
  OnSymbol on_symbol_;
  W* at_ = nullptr;
};

/// Returns the number of its tags. `content` is a span of Word, or of const Word.
template <class W, class OnString, class OnSymbol>
Word walk_content(SymbolKind kind, std::span<W> content, OnString on_string, OnSymbol on_symbol) {
  return ContentWalk<W, OnString, OnSymbol>(on_string, on_symbol).content(kind, content.data());
}

}  // namespace btfreloc::kernels
