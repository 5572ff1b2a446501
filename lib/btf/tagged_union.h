#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "btf/builder.h"
#include "btf/decl_tags.h"
#include "btf/legal_names.h"
#include "btf/view.h"
#include "btf/wide_int.h"

// A tagged union has a discriminant and variants of which one is active: Rust's `enum`, Zig's
// `union(enum)`. BTF has no kind for it. It is written as LLVM 22 lays it out, with tags that keep
// what LLVM drops; docs/tagged-unions.md describes the form:
//
//   STRUCT 'Event' size=16 vlen=1              the name, made legal for the kernel
//     (anon) type=U bits_offset=0
//   UNION (anon) size=16 vlen=3
//     (anon) type=D bits_offset=0              the discriminant, when there is one in memory
//     'Started' type=V1 bits_offset=0
//     'Moved' type=V2 bits_offset=0
//   DECL_TAG 'discriminant' on U, component 0
//   DECL_TAG 'discriminant=1' on U, component 1
//   DECL_TAG 'discriminant=default' on U, component 2
//   DECL_TAG 'name=...' on what has another name than it was given
//   DECL_TAG 'discriminant=none' on 'Event' without variants, unless it has a 'name=...'

namespace btfreloc::btf {

struct TaggedUnion {
  /// Where it lies and what it is.
  struct Discriminant {
    TypeId type;  ///< An INT, ENUM or ENUM64, qualified or by another name.
    ByteCount offset;
    Bits bits;  ///< Up to 128.
    bool is_signed = false;

    friend bool operator==(const Discriminant&, const Discriminant&) = default;
  };

  /// Values of the discriminant, from the first to the last of them.
  struct Range {
    WideInt first;
    WideInt last;

    friend bool operator==(const Range&, const Range&) = default;
  };

  struct Variant {
    std::string name;
    TypeId payload;             ///< Its members are where they are in the tagged union.
    std::vector<Range> values;  ///< That select it. None: only the default, or nobody knows.
    bool is_default = false;    ///< Selected by what selects no other.

    friend bool operator==(const Variant&, const Variant&) = default;
  };

  std::string name;  ///< In its language: "Option<u32>".
  ByteCount size;
  /// None where there is nothing to choose from: up to one variant, the default.
  std::optional<Discriminant> discriminant;
  std::vector<Variant> variants;

  friend bool operator==(const TaggedUnion&, const TaggedUnion&) = default;
};

struct EncodeOptions {
  /// Without them, what LLVM 22 writes: readers see no values, and no original names.
  bool tags = true;
  /// Among which the name is made legal, if it has to be unlike others.
  LegalNames* names = nullptr;
};

/// Adds a tagged union, whose discriminant and payloads `btf` has already; returns the STRUCT.
/// Strings of 4096 and more bytes are not read back.
TypeId add_tagged_union(Builder& btf, const TaggedUnion& type, const EncodeOptions& options = {});

/// What the STRUCT is as a tagged union; nullopt when it is none. That of LLVM 22, without tags,
/// has variants whose values are not known, as have those whose tag says nothing that can be read.
/// Of `tags`, only those of that type are looked at.
std::optional<TaggedUnion> decode_tagged_union(const View& view, TypeId id, DeclTags& tags);

/// The tagged unions of a view, each decoded once. The view must outlive this.
///
/// Structs of a hostile file may share one union of many variants, and tags one long text. What is
/// decoded is limited in proportion to the size of the BTF; structs beyond that are not tagged
/// unions.
class TaggedUnions {
 public:
  explicit TaggedUnions(const View& view);

  /// Null when it is none. Valid as long as this.
  const TaggedUnion* find(TypeId id);
  /// The tags that say what the tagged union is; none when it is none.
  std::vector<TypeId> tags_of(TypeId id);

 private:
  bool take(std::uint64_t parts);
  bool take_parts(const std::vector<TypeId>& tagged, std::uint64_t variants);

  const View& view_;
  DeclTags tags_;
  std::uint64_t parts_;  ///< Variants and tags that may still be read.
  std::map<TypeId, std::optional<TaggedUnion>> known_;
};

/// Whether the payload is the variant's own STRUCT, without a name or with the variant's, whose
/// members are the variant's. Else it is any type.
bool has_own_payload(const View& view, const TaggedUnion::Variant& variant);

/// The variant that a value of the discriminant selects.
struct Selection {
  enum class Outcome : std::uint8_t {
    variant,
    none,       ///< No variant has the value, and there is no default.
    ambiguous,  ///< Several have it.
    unknown,    ///< It may be one whose values are not known.
  };
  Outcome outcome;
  std::size_t variant = 0;  ///< Index, of Outcome::variant.
};
/// Without a discriminant, whatever the value.
Selection select(const TaggedUnion& type, WideInt value);

/// A range as tags write it: "5", "-3..5"; of more than 64 bits in hexadecimal.
std::string range_text(const TaggedUnion::Discriminant& discriminant,
                       const TaggedUnion::Range& range);
/// What selects a variant, as its tag writes it: "0", "3..5,7", "default"; "" when it is not known.
std::string selection_text(const TaggedUnion& type, const TaggedUnion::Variant& variant);

}  // namespace btfreloc::btf
