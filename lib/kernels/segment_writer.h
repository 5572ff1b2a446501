#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/catalogue.h"
#include "kernels/directory.h"
#include "kernels/varint.h"

namespace btfreloc::kernels {

/// What a new segment is of.
struct SegmentPlan {
  std::vector<std::uint32_t> columns;  ///< As the catalogue numbers them, in the order of the set.
  /// Of each column, one that older segments have; nullopt for none.
  std::vector<std::optional<std::uint32_t>> parents;
  std::uint32_t old_symbols = 0;  ///< That older segments have.
};

/// Writes records of all symbols that the columns have, or have otherwise than their parents.
class SegmentWriter {
 public:
  SegmentWriter(const Catalogue& catalogue, const SegmentPlan& plan);

  /// Appends blocks and parts; `file` is everything from the beginning of the file on.
  SegmentEntry write(ByteWriter& file);

 private:
  struct RecordPlan {
    std::uint32_t symbol;
    std::uint32_t pattern;
    bool is_new;
    bool has_tags = false;
    /// What is new in this segment. Numbers of versions in `sets` are those of the file.
    std::vector<std::vector<std::uint32_t>> sets;
    std::vector<std::uint32_t> versions;  ///< As the catalogue numbers them.
  };
  class Names;
  struct Block {
    ByteWriter kinds, prefixes, sizes, names, bodies;
    std::uint32_t records = 0;
    std::uint32_t first_symbol = 0;
    std::string first_name, last_name;
    std::size_t size() const {
      return kinds.size() + prefixes.size() + sizes.size() + names.size() + bodies.size();
    }
  };

  void plan_records();
  std::optional<RecordPlan> plan_record(std::uint32_t symbol);
  std::uint32_t pattern_of(const std::vector<std::uint32_t>& row);
  void number_symbols();
  void rank_patterns();
  void find_shared();
  void encode_body(const RecordPlan& record, ByteWriter& body);
  void write_blocks(ByteWriter& file);
  void add(Block& block, const RecordPlan& record, const ByteWriter& body);
  void flush(Block& block, ByteWriter& file);
  void write_parts(ByteWriter& file);
  bool is_type(const RecordPlan& record) const {
    return is_type_symbol(catalogue_.symbols()[record.symbol].kind);
  }
  std::string_view name_of(const RecordPlan& record) const {
    return catalogue_.strings[catalogue_.symbols()[record.symbol].name];
  }

  const Catalogue& catalogue_;
  const SegmentPlan& plan_;
  SegmentEntry entry_;
  std::vector<std::optional<std::uint32_t>>
      locals_;  ///< Numbers of columns here, by the catalogue's.
  std::vector<RecordPlan> records_;
  std::vector<std::uint32_t> ordinals_;  ///< By symbol.
  std::vector<std::uint32_t> row_;
  std::unordered_map<std::string, std::uint32_t> pattern_numbers_;
  std::vector<std::string> patterns_;
  std::vector<std::uint32_t> pattern_uses_;
  std::vector<std::uint32_t> pattern_ranks_;
  std::vector<std::uint32_t> shared_strings_;  ///< In the order of the file.
  std::vector<std::uint32_t> string_ranks_;    ///< By string; kNone: not shared.
  std::vector<std::uint32_t> shared_symbols_;
  std::vector<std::uint32_t> symbol_ranks_;
  ByteWriter block_index_;
  ByteWriter block_names_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> supplement_blocks_;
  std::uint32_t written_records_ = 0;
  std::uint32_t written_symbols_ = 0;
  std::uint32_t blocks_ = 0;
};

}  // namespace btfreloc::kernels
