#include "kernels/segment_writer.h"

#include <algorithm>
#include <utility>

#include "kernels/content_bytes.h"
#include "kernels/hash.h"
#include "kernels/set_state.h"

namespace btfreloc::kernels {
namespace {

constexpr std::uint32_t kNone = HashIndex::kNone;
/// A string is shared when so many records have it, a symbol when it is referred to more often.
constexpr std::uint32_t kSharedRecords = 2;
constexpr std::uint32_t kSharedReferences = 3;

}  // namespace

/// Strings and symbols of one record.
class SegmentWriter::Names final : public ContentNames {
 public:
  explicit Names(const SegmentWriter& writer) : writer_(writer) {}

  /// Numbers the string for this record, unless it is shared.
  void meet(std::uint32_t string) {
    if (writer_.string_ranks_[string] != kNone) return;
    if (numbers_.try_emplace(string, own_.size()).second) own_.push_back(string);
  }
  const std::vector<std::uint32_t>& own() const { return own_; }

  std::uint64_t string(Word string) override {
    const std::uint32_t rank = writer_.string_ranks_[string];
    if (rank != kNone) return std::uint64_t{rank} << 1 | 1;
    return std::uint64_t{numbers_.at(string)} << 1;
  }
  std::uint64_t symbol(Word symbol) override {
    const std::uint32_t rank = writer_.symbol_ranks_[symbol];
    if (rank != kNone) return (std::uint64_t{rank} + 1) << 1;
    return std::uint64_t{writer_.ordinals_[symbol]} << 1 | 1;
  }

 private:
  const SegmentWriter& writer_;
  std::unordered_map<std::uint32_t, std::size_t> numbers_;
  std::vector<std::uint32_t> own_;
};

SegmentWriter::SegmentWriter(const Catalogue& catalogue, const SegmentPlan& plan)
    : catalogue_(catalogue), plan_(plan), locals_(catalogue.columns.size()) {
  for (std::uint32_t i = 0; i < plan.columns.size(); ++i) locals_[plan.columns[i]] = i;
}

SegmentEntry SegmentWriter::write(ByteWriter& file) {
  plan_records();
  number_symbols();
  rank_patterns();
  find_shared();
  entry_.first_symbol = plan_.old_symbols;
  entry_.records = static_cast<std::uint32_t>(records_.size());
  entry_.columns = static_cast<std::uint32_t>(plan_.columns.size());
  write_blocks(file);
  write_parts(file);
  return entry_;
}

void SegmentWriter::plan_records() {
  for (std::uint32_t symbol = 0; symbol < catalogue_.symbols().size(); ++symbol) {
    if (auto record = plan_record(symbol)) records_.push_back(*std::move(record));
  }
  std::ranges::sort(records_, [&](const RecordPlan& a, const RecordPlan& b) {
    if (is_type(a) != is_type(b)) return is_type(a);
    if (const int order = name_of(a).compare(name_of(b)); order != 0) return order < 0;
    return catalogue_.symbols()[a.symbol].kind < catalogue_.symbols()[b.symbol].kind;
  });
}

/// New sets and versions are numbered as they are met, so that how they arrived does not matter.
std::optional<SegmentWriter::RecordPlan> SegmentWriter::plan_record(std::uint32_t symbol) {
  const Catalogue::Symbol& of = catalogue_.symbols()[symbol];
  const bool is_new = symbol >= plan_.old_symbols;
  row_.assign(plan_.columns.size(), 0);
  for (const Catalogue::Run& run : of.row) {
    for (std::uint32_t column = run.begin; column < run.end; ++column) {
      if (locals_[column]) row_[*locals_[column]] = run.set;
    }
  }
  bool differs = false;
  for (std::size_t i = 0; i < row_.size(); ++i) {
    const auto parent = plan_.parents[i];
    if (row_[i] != (parent ? Catalogue::set_in(of, *parent) : 0)) differs = true;
  }
  if (!differs) return std::nullopt;

  RecordPlan record{.symbol = symbol, .pattern = 0, .is_new = is_new, .sets = {}, .versions = {}};
  const std::uint32_t old_sets = is_new || plan_.old_symbols == 0 ? 0 : of.old_sets;
  const std::uint32_t old_versions = is_new || plan_.old_symbols == 0 ? 0 : of.old_versions;
  std::unordered_map<std::uint32_t, std::uint32_t> sets;
  std::unordered_map<std::uint32_t, std::uint32_t> versions;
  const auto number_of = [&](std::uint32_t version) {
    if (version < old_versions) return version;
    const auto next = static_cast<std::uint32_t>(old_versions + record.versions.size());
    const auto [it, is_first] = versions.try_emplace(version, next);
    if (is_first) record.versions.push_back(version);
    return it->second;
  };
  for (std::uint32_t& value : row_) {
    if (value == 0 || value - 1 < old_sets) continue;
    const auto next = static_cast<std::uint32_t>(old_sets + record.sets.size()) + 1;
    const auto [it, is_first] = sets.try_emplace(value, next);
    if (is_first) {
      std::vector<std::uint32_t>& set = record.sets.emplace_back();
      for (const std::uint32_t version : of.sets[value - 1]) set.push_back(number_of(version));
    }
    value = it->second;
  }
  record.pattern = pattern_of(row_);
  return record;
}

std::uint32_t SegmentWriter::pattern_of(const std::vector<std::uint32_t>& row) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> runs;
  for (const std::uint32_t value : row) {
    if (runs.empty() || runs.back().second != value) runs.emplace_back(0, value);
    ++runs.back().first;
  }
  ByteWriter out;
  out.varint(runs.size());
  for (const auto& [columns, value] : runs) {
    out.varint(columns);
    out.varint(value);
  }
  const auto [it, is_new] = pattern_numbers_.try_emplace(
      std::string(as_chars(out.view())), static_cast<std::uint32_t>(patterns_.size()));
  if (is_new) {
    patterns_.push_back(it->first);
    pattern_uses_.push_back(0);
  }
  ++pattern_uses_[it->second];
  return it->second;
}

void SegmentWriter::number_symbols() {
  ordinals_.resize(catalogue_.symbols().size(), kNone);
  for (std::uint32_t i = 0; i < plan_.old_symbols; ++i) ordinals_[i] = i;
  for (const RecordPlan& record : records_) {
    if (record.is_new) ordinals_[record.symbol] = plan_.old_symbols + entry_.symbols++;
  }
}

void SegmentWriter::rank_patterns() {
  std::vector<std::uint32_t> order(patterns_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    if (pattern_uses_[a] != pattern_uses_[b]) return pattern_uses_[a] > pattern_uses_[b];
    return patterns_[a] < patterns_[b];
  });
  pattern_ranks_.resize(order.size());
  std::vector<std::string> ranked;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    pattern_ranks_[order[i]] = i;
    ranked.push_back(std::move(patterns_[order[i]]));
  }
  patterns_ = std::move(ranked);
}

/// Strings and symbols that many records have get short numbers.
void SegmentWriter::find_shared() {
  std::vector<std::uint32_t> string_uses(catalogue_.strings.size());
  std::vector<std::uint32_t> last_user(catalogue_.strings.size(), kNone);
  std::vector<std::uint32_t> symbol_uses(catalogue_.symbols().size());
  for (std::uint32_t i = 0; i < records_.size(); ++i) {
    const Catalogue::Symbol& of = catalogue_.symbols()[records_[i].symbol];
    for (const std::uint32_t version : records_[i].versions) {
      const Word tags = walk_content(
          of.kind, catalogue_.content(of.versions[version]),
          [&](const Word& string) {
            if (std::exchange(last_user[string], i) != i) ++string_uses[string];
          },
          [&](const Word& symbol) { ++symbol_uses[symbol]; });
      if (tags != 0) records_[i].has_tags = true;
    }
  }
  const auto rank = [](std::vector<std::uint32_t>& shared, std::size_t size) {
    std::vector<std::uint32_t> ranks(size, kNone);
    for (std::uint32_t i = 0; i < shared.size(); ++i) ranks[shared[i]] = i;
    return ranks;
  };
  for (std::uint32_t i = 0; i < string_uses.size(); ++i) {
    if (string_uses[i] >= kSharedRecords) shared_strings_.push_back(i);
  }
  std::ranges::sort(shared_strings_, [&](std::uint32_t a, std::uint32_t b) {
    if (string_uses[a] != string_uses[b]) return string_uses[a] > string_uses[b];
    return catalogue_.strings[a] < catalogue_.strings[b];
  });
  string_ranks_ = rank(shared_strings_, string_uses.size());
  for (std::uint32_t i = 0; i < symbol_uses.size(); ++i) {
    if (symbol_uses[i] >= kSharedReferences) shared_symbols_.push_back(i);
  }
  std::ranges::sort(shared_symbols_, [&](std::uint32_t a, std::uint32_t b) {
    if (symbol_uses[a] != symbol_uses[b]) return symbol_uses[a] > symbol_uses[b];
    return ordinals_[a] < ordinals_[b];
  });
  symbol_ranks_ = rank(shared_symbols_, symbol_uses.size());
}

void SegmentWriter::encode_body(const RecordPlan& record, ByteWriter& body) {
  const Catalogue::Symbol& of = catalogue_.symbols()[record.symbol];
  std::uint32_t first_version = 0;
  if (!record.is_new) {
    first_version = of.old_versions;
    body.varint(ordinals_[record.symbol]);
    body.varint(of.old_versions);
    body.varint(of.old_sets);
  }
  bool has_sets = record.sets.size() != record.versions.size();
  for (std::uint32_t i = 0; i < record.sets.size() && !has_sets; ++i) {
    has_sets = record.sets[i] != std::vector{first_version + i};
  }
  body.varint(std::uint64_t{pattern_ranks_[record.pattern]} << 1 | (has_sets ? 1 : 0));
  if (has_sets) {
    body.varint(record.sets.size());
    for (const auto& set : record.sets) {
      body.varint(set.size());
      for (const std::uint32_t version : set) body.varint(version);
    }
  }
  Names names(*this);
  for (const std::uint32_t version : record.versions) {
    walk_content(
        of.kind, catalogue_.content(of.versions[version]),
        [&](const Word& string) { names.meet(string); }, [](const Word&) {});
  }
  body.varint(std::uint64_t{record.versions.size()} << 1 | (names.own().empty() ? 0 : 1));
  if (!names.own().empty()) {
    body.varint(names.own().size());
    for (const std::uint32_t string : names.own()) body.text(catalogue_.strings[string]);
  }
  for (const std::uint32_t version : record.versions) {
    ByteWriter content;
    encode_content(of.kind, catalogue_.content(of.versions[version]), record.has_tags, names,
                   content);
    if (record.versions.size() > 1) body.varint(content.size());
    body.append(content.view());
  }
  entry_.versions += static_cast<std::uint32_t>(record.versions.size());
}

void SegmentWriter::write_blocks(ByteWriter& file) {
  Block block;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const RecordPlan& record = records_[i];
    ByteWriter body;
    encode_body(record, body);
    const bool begins_others = i > 0 && is_type(record) != is_type(records_[i - 1]);
    const std::size_t most = is_type(record) ? kTypeBlockSize : kOtherBlockSize;
    const bool is_full = block.size() + body.size() + name_of(record).size() > most;
    if (block.records > 0 && (begins_others || is_full)) flush(block, file);
    if (begins_others) entry_.type_blocks = blocks_;
    add(block, record, body);
  }
  if (block.records > 0) flush(block, file);
  if (!records_.empty() && is_type(records_.back())) entry_.type_blocks = blocks_;
}

void SegmentWriter::add(Block& block, const RecordPlan& record, const ByteWriter& body) {
  const Catalogue::Symbol& of = catalogue_.symbols()[record.symbol];
  const std::string_view name = name_of(record);
  if (block.records == 0) {
    block.first_name = name;
    block.first_symbol = written_symbols_;
  }
  const auto prefix = static_cast<std::size_t>(std::ranges::mismatch(block.last_name, name).in1 -
                                               block.last_name.begin());
  block.kinds.byte(static_cast<std::uint8_t>(of.kind | (record.has_tags ? kHasTags : 0) |
                                             (record.is_new ? 0 : kIsSupplement)));
  block.prefixes.varint(prefix);
  block.sizes.varint(body.size());
  block.names.text(name.substr(prefix));
  block.bodies.append(body.view());
  block.last_name = name;
  ++block.records;
  if (record.is_new) {
    ++written_symbols_;
  } else {
    supplement_blocks_.emplace_back(ordinals_[record.symbol], blocks_);
  }
}

void SegmentWriter::flush(Block& block, ByteWriter& file) {
  ByteWriter raw;
  raw.varint(block.records);
  for (const ByteWriter* part :
       {&block.kinds, &block.prefixes, &block.sizes, &block.names, &block.bodies}) {
    raw.append(part->view());
  }
  const std::vector<std::byte> packed = pack(raw.view());
  block_index_.fixed(std::uint64_t{file.size()});
  block_index_.fixed(static_cast<std::uint32_t>(packed.size()));
  block_index_.fixed(static_cast<std::uint32_t>(raw.size()));
  block_index_.fixed(written_records_);
  block_index_.fixed(block.first_symbol);
  block_index_.fixed(static_cast<std::uint32_t>(block_names_.size()));
  block_index_.fixed(std::uint32_t{0});
  block_index_.fixed(hash64(packed));
  block_names_.text(block.first_name);
  file.append(packed);
  written_records_ += block.records;
  ++blocks_;
  block = Block();
}

void SegmentWriter::write_parts(ByteWriter& file) {
  const auto put = [&](Part part, const ByteWriter& bytes) {
    entry_.parts[static_cast<std::size_t>(part)] = {
        .offset = file.size(), .size = bytes.size(), .checksum = hash64(bytes.view())};
    file.append(bytes.view());
  };
  const auto put_pool = [&](Part offsets, Part pool, std::size_t count, auto text_of) {
    ByteWriter ends;
    ByteWriter bytes;
    ends.fixed(std::uint32_t{0});
    for (std::size_t i = 0; i < count; ++i) {
      bytes.append(as_bytes(text_of(i)));
      ends.fixed(static_cast<std::uint32_t>(bytes.size()));
    }
    put(offsets, ends);
    put(pool, bytes);
  };
  put_pool(Part::string_offsets, Part::strings, shared_strings_.size(),
           [&](std::size_t i) { return catalogue_.strings[shared_strings_[i]]; });
  ByteWriter symbols;
  for (const std::uint32_t symbol : shared_symbols_) symbols.fixed(ordinals_[symbol]);
  put(Part::symbols, symbols);
  put_pool(Part::pattern_offsets, Part::patterns, patterns_.size(),
           [&](std::size_t i) { return std::string_view(patterns_[i]); });
  put(Part::blocks, block_index_);
  put(Part::block_names, block_names_);
  std::ranges::sort(supplement_blocks_);
  ByteWriter supplements;
  for (const auto& [symbol, block] : supplement_blocks_) {
    supplements.fixed(symbol);
    supplements.fixed(block);
  }
  put(Part::supplements, supplements);
}

}  // namespace btfreloc::kernels
