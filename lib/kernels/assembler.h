#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "kernels/content.h"
#include "kernels/set_reader.h"
#include "kernels/string_table.h"

namespace btfreloc::kernels {

/// Makes BTF of contents: the way back from words that mean the same in all kernels to type ids and
/// string offsets. Types may be written in any order; ids are given when a type is first heard of.
class Assembler {
 public:
  /// Who knows which id a symbol's types have.
  class Symbols {
   public:
    /// Fails where there is no such type. `is_pointee`: only a pointer leads to it.
    virtual Result<std::uint32_t> id_of(Word symbol, Word nth, bool is_pointee) = 0;

   protected:
    ~Symbols() = default;
  };

  /// With a base, ids and strings continue the base's, whose types without names are used where
  /// they are the same. The base must outlive this.
  Assembler(SetReader& reader, std::endian order, const Assembler* base = nullptr);

  /// Begins anew, without a base.
  void restart(std::endian order);

  std::uint32_t first_id() const { return first_id_; }
  std::uint32_t next_id() const { return first_id_ + static_cast<std::uint32_t>(places_.size()); }
  /// A new id, for write().
  std::uint32_t new_id();

  /// Writes a type with a name, and its tags, which get ids of their own. What was written for this
  /// id before is replaced, but not its tags.
  Status write(std::uint32_t id, SymbolKind kind, std::string_view name,
               std::span<const Word> content, Symbols& symbols, bool is_pointee = false);
  /// A struct or union without its members.
  void write_stub(std::uint32_t id, SymbolKind kind, std::string_view name,
                  std::span<const Word> content);
  /// A signed enum without a name, by which readers see that the other enums say what they are.
  void write_sign_teller();
  /// A type that nobody refers to, or a DECL_TAG of one that is elsewhere.
  Status write_lone(SymbolKind kind, std::span<const Word> content, Symbols& symbols);

  /// Raw BTF of all own types.
  Result<std::vector<std::byte>> blob() const;

 private:
  struct Place {
    std::uint32_t begin = 0;  ///< In words.
    std::uint32_t size = 0;
    Word copy = 0;
    bool has_tags = false;  ///< They are written.
  };

  StrOff string(std::string_view text);
  std::uint32_t find_string(std::string_view text, std::uint64_t hash) const;
  Word string_word(Word handle);
  std::span<const Word> record(std::uint32_t id) const {
    const Place& place = places_[id - first_id_];
    return std::span(words_).subspan(place.begin, place.size);
  }
  std::uint32_t find_unnamed(std::uint64_t hash, std::span<const Word> words, Word copy) const;
  std::uint32_t intern_unnamed(std::size_t begin, Word copy);
  void place(std::uint32_t id, std::span<const Word> words);

  void begin_record(btf::Kind kind, Word name, Word vlen, Word kind_flag, Word third);
  Status named(SymbolKind kind, Word name);
  Result<std::uint32_t> reference();
  Result<std::uint32_t> unnamed(Op op, Word copy);
  Status modifier(btf::Kind kind, Word name, Word kind_flag);
  Status composite(btf::Kind kind, Word name);
  void enumeration(btf::Kind kind, Word name);
  Status array(Word name);
  Status prototype(Word name);
  Status section(Word name);
  void tag(std::uint32_t target);

  SetReader& reader_;
  std::endian order_;
  const Assembler* base_;
  std::uint32_t first_id_;
  std::vector<Word> words_;
  std::vector<Place> places_;  ///< Of own types, by id.
  HashIndex unnamed_;          ///< Ids.
  std::vector<char> strings_;
  std::uint32_t first_string_ = 0;             ///< Offset of the first own byte.
  HashIndex string_index_;                     ///< Offsets.
  std::vector<std::uint32_t> shared_offsets_;  ///< Of the set's strings, by number; plus 1.
  std::vector<Word> known_shared_;             ///< Whose offsets those are.
  // Of the type that is being written.
  Symbols* symbols_ = nullptr;
  bool is_pointee_ = false;
  const Word* at_ = nullptr;
  std::vector<Word> scratch_;
};

}  // namespace btfreloc::kernels
