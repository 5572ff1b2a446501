#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/inline_vector.h"
#include "kernels/content.h"
#include "kernels/content_bytes.h"
#include "kernels/set.h"
#include "kernels/set_state.h"

namespace btfreloc::kernels {

/// What a segment has of one symbol.
struct Record {
  std::uint32_t segment;
  std::string_view name;
  SymbolKind kind;
  bool has_tags;
  std::uint32_t symbol;  ///< Its ordinal.
  std::uint32_t pattern;
  std::uint32_t first_version;  ///< Versions and sets before are those of older segments.
  std::uint32_t first_set;
  /// Versions in the order of ids, of each set. Empty: set i is version i alone.
  std::vector<std::vector<std::uint32_t>> sets;
  std::uint32_t set_count;
  std::uint32_t first_string;  ///< Of its own strings, as SetReader::text() takes it.
  std::uint32_t string_count;
  std::vector<Bytes> versions;
};

/// Reads symbols and their contents out of the blocks of a set, and keeps what it has unpacked. For
/// one thread. Every answer was checked; errors name the block.
class SetReader {
 public:
  /// Strings of segments have numbers below this, strings of single records the others.
  static constexpr std::uint32_t kMaxShared = std::uint32_t{1} << 31;

  explicit SetReader(const Set& set);

  const Set& set() const { return set_; }
  static const auto& state(const Set& set) { return *set.state_; }
  std::uint32_t symbol_count() const { return set_.state_->symbols(); }
  const std::vector<Segment>& segments() const { return set_.state_->segments; }
  const ColumnEntry& entry(std::size_t column) const {
    return set_.state_->directory.columns[column];
  }
  /// Of a column or, as btf::tells_signs() has it, of its kernel.
  bool tells_signs(std::size_t column) const {
    return entry(set_.kernel_of(column)).column.tells_signs;
  }
  Bytes file() const { return set_.state_->bytes; }

  /// All records of a block, in order.
  Result<std::span<const Record>> block(std::uint32_t segment, std::size_t block);

  /// What a column has of a symbol: the versions of its types in the order of ids; empty for none.
  using Versions = InlineVector<std::uint32_t, 4>;
  /// Of a set that the record has.
  static Versions versions_of(const Record& record, std::uint32_t set);
  Result<Versions> versions_in(std::uint32_t symbol, std::size_t column);
  Result<Versions> versions_of_set(std::uint32_t symbol, std::uint32_t set, std::uint32_t segment);
  /// What a segment has of a symbol; null for nothing.
  Result<const Record*> record(std::uint32_t segment, std::uint32_t symbol);
  /// The name and kind of a symbol.
  Result<const Record*> first_record(std::uint32_t symbol);
  /// Fails where a record of a block continues a symbol of another kind or name.
  Status check_supplement(std::size_t block, const Record& record);
  /// A content, with strings for text() and ordinals of symbols. Replaces what `out` held.
  Status content(std::uint32_t symbol, std::uint32_t version, Content& out);
  Status content(const Record& record, std::uint32_t version, Content& out);
  /// What field relocations look at of it: see decode_fields().
  Status fields(std::uint32_t symbol, std::uint32_t version, MemberFilter* filter, Content& out);
  std::string_view text(Word string) const;

  /// Ordinals of the symbols of types whose essential name is one of those given: X and X___*.
  /// Ascending within each segment.
  Status find_types(std::string_view essential_name, std::vector<std::uint32_t>& found);
  /// Of functions and variables with that name.
  Status find_functions(std::string_view name, std::vector<std::uint32_t>& found);
  /// Names of all types, or else of functions and variables, repeats included.
  Status names(bool of_types, std::vector<std::string>& found);

  /// The segments that say something about a column, the oldest first, and the number of the column
  /// to look at in each.
  struct Link {
    std::uint32_t segment;
    std::uint32_t local;
  };
  Result<std::span<const Link>> chain(std::size_t column);
  /// The set plus 1 that a pattern gives a column of its segment; 0 for none.
  static std::optional<std::uint32_t> set_in_pattern(Bytes pattern, std::uint32_t local);

  std::unexpected<Error> damaged(std::uint32_t segment, std::size_t block,
                                 std::string_view why) const;

 private:
  struct Block {
    std::vector<std::byte> bytes;
    std::string names;
    std::vector<Record> records;  ///< Names, kinds and symbols; the rest once it is asked for.
    std::vector<Bytes> bodies;    ///< Empty once the record is read.
    bool is_whole = false;        ///< All records are read.
  };

  Result<Block*> load(std::uint32_t segment, std::size_t block);
  Status parse(std::uint32_t segment, std::size_t number, Block& block);
  Status read_body(std::size_t number, Block& block, std::size_t record);
  bool parse_body(Bytes body, Record& record);
  Result<const Record*> record_of_version(std::uint32_t symbol, std::uint32_t version);
  template <class IsWanted>
  Status find(std::string_view from, std::string_view to, bool types, IsWanted is_wanted,
              std::vector<std::uint32_t>& found);

  const Set& set_;
  std::vector<std::vector<std::unique_ptr<Block>>> blocks_;  ///< By segment.
  std::vector<std::string_view> strings_;                    ///< Of single records.
  std::unordered_map<std::size_t, std::vector<Link>> chains_;
};

}  // namespace btfreloc::kernels
