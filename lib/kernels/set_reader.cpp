#include "kernels/set_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "btf/view.h"
#include "kernels/hash.h"
#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

/// Numbers of strings and symbols in the bytes of one record.
class RecordLookup final : public ContentLookup {
 public:
  RecordLookup(const Segment& segment, const Record& record)
      : segment_(segment),
        record_(record),
        end_(segment.entry.first_symbol + segment.entry.symbols) {}

  bool string(std::uint64_t number, Word& string) const override {
    const bool is_shared = (number & 1) != 0;
    number >>= 1;
    if (number >= (is_shared ? segment_.strings.size() : record_.string_count)) return false;
    string = static_cast<Word>(number) +
             (is_shared ? segment_.first_string : SetReader::kMaxShared + record_.first_string);
    return true;
  }
  bool symbol(std::uint64_t number, Word& symbol) const override {
    const bool is_ordinal = (number & 1) != 0;
    number >>= 1;
    if (!is_ordinal) {
      if (number == 0 || number > segment_.symbols.size()) return false;
      number = segment_.symbols[number - 1];
    }
    if (number >= end_) return false;
    symbol = static_cast<Word>(number);
    return true;
  }

 private:
  const Segment& segment_;
  const Record& record_;
  std::uint64_t end_;
};

bool is_function(SymbolKind kind) {
  return kind == symbol_kind(btf::Kind::kFunc) || kind == symbol_kind(btf::Kind::kVar);
}

std::unexpected<Error> damaged_version(const Record& record, std::uint32_t version) {
  return fail(Errc::bad_format, fmt::format("version {} of `{}` in the kernel set is damaged",
                                            version, printable(record.name)));
}

}  // namespace

SetReader::SetReader(const Set& set) : set_(set) {
  for (const Segment& segment : segments()) {
    blocks_.emplace_back(segment.damage ? 0 : segment.blocks.size());
  }
}

std::unexpected<Error> SetReader::damaged(std::uint32_t segment, std::size_t block,
                                          std::string_view why) const {
  const Segment& of = segments()[segment];
  const BlockEntry& entry = of.blocks[block];
  std::string names = fmt::format("from `{}` on", printable(entry.first_name));
  if (block + 1 < of.blocks.size()) {
    names = fmt::format("`{}` to `{}`", printable(entry.first_name),
                        printable(of.blocks[block + 1].first_name));
  }
  const std::string where = segments().size() == 1 ? "" : fmt::format(" of segment {}", segment);
  return fail(
      Errc::bad_format,
      fmt::format("block {}{} of the kernel set, {}, is damaged: {}", block, where, names, why),
      {.section = {}, .offset = entry.offset},
      fmt::format("{}; kernels without types from that block can be read", kMakeAnew));
}

Result<SetReader::Block*> SetReader::load(std::uint32_t segment, std::size_t block) {
  if (segments()[segment].damage) return std::unexpected(*segments()[segment].damage);
  std::unique_ptr<Block>& slot = blocks_[segment][block];
  if (slot != nullptr) return slot.get();
  const BlockEntry& entry = segments()[segment].blocks[block];
  const Bytes packed = file().subspan(entry.offset, entry.size);
  if (hash64(packed) != entry.checksum) return damaged(segment, block, "its checksum is another");
  auto unpacked = unpack(packed, entry.unpacked, kMaxBlockSize);
  if (!unpacked) return damaged(segment, block, unpacked.error().message);
  auto loaded = std::make_unique<Block>();
  loaded->bytes = *std::move(unpacked);
  TRY_OK(parse(segment, block, *loaded));
  slot = std::move(loaded);
  return slot.get();
}

/// A block is its number of records, then a column of each thing that all records have: kinds,
/// shared prefixes, sizes of bodies, rest of the names; then the bodies.
Status SetReader::parse(std::uint32_t segment, std::size_t number, Block& block) {
  const Segment& of = segments()[segment];
  const BlockEntry& entry = of.blocks[number];
  constexpr std::size_t kLeastRecord = 6;  // bytes: four columns, and a body of two
  Cursor in(block.bytes);
  const std::uint32_t count = in.count(kLeastRecord);
  const std::uint32_t next =
      number + 1 < of.blocks.size() ? of.blocks[number + 1].first_record : of.entry.records;
  if (in.failed() || count != next - entry.first_record) {
    return damaged(segment, number, "it has another number of records");
  }
  const Bytes kinds = in.take(count);
  std::vector<std::uint32_t> prefixes(count);
  for (std::uint32_t& prefix : prefixes) prefix = in.varint32();
  std::vector<std::uint32_t> sizes(count);
  for (std::uint32_t& size : sizes) size = in.varint32();
  block.names.reserve(block.bytes.size());
  // Names are as long as they like, but share at most what the one before has.
  std::vector<std::pair<std::size_t, std::size_t>> names(count);
  std::size_t before = 0;
  std::size_t before_size = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view rest = in.text();
    if (prefixes[i] > before_size || prefixes[i] + rest.size() > btf::kMaxStringSize) in.fail();
    if (in.failed()) return damaged(segment, number, "its names cannot be read");
    const std::size_t begin = block.names.size();
    block.names.append(block.names, before, prefixes[i]);
    block.names.append(rest);
    before = begin;
    before_size = block.names.size() - begin;
    names[i] = {before, before_size};
  }
  std::uint32_t symbol = of.entry.first_symbol + entry.first_symbol;
  block.records.resize(count);
  block.bodies.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Record& record = block.records[i];
    const auto kind = static_cast<std::uint8_t>(kinds[i]);
    const bool is_supplement = (kind & kIsSupplement) != 0;
    record.segment = segment;
    record.name = std::string_view(block.names).substr(names[i].first, names[i].second);
    record.has_tags = (kind & kHasTags) != 0;
    record.kind = kind & (kSymbolKinds - 1);
    Cursor body(in.take(sizes[i]));
    record.symbol = is_supplement ? body.varint32() : symbol++;
    record.first_version = is_supplement ? body.varint32() : 0;
    record.first_set = is_supplement ? body.varint32() : 0;
    block.bodies[i] = body.take(body.remaining());
    if (in.failed() || body.failed() || !is_symbol_kind(record.kind) ||
        (is_supplement && record.symbol >= of.entry.first_symbol)) {
      return damaged(segment, number, fmt::format("its record {} cannot be read", i));
    }
  }
  if (!in.at_end()) return damaged(segment, number, "there is something behind its records");
  const std::uint32_t end =
      number + 1 < of.blocks.size() ? of.blocks[number + 1].first_symbol : of.entry.symbols;
  if (symbol != of.entry.first_symbol + end) {
    return damaged(segment, number, "it has another number of new symbols");
  }
  return {};
}

Status SetReader::read_body(std::size_t number, Block& block, std::size_t record) {
  const Bytes body = std::exchange(block.bodies[record], Bytes());
  if (body.empty() || parse_body(body, block.records[record])) return {};
  block.bodies[record] = body;
  return damaged(block.records[record].segment, number,
                 fmt::format("`{}` in it cannot be read", printable(block.records[record].name)));
}

bool SetReader::parse_body(Bytes body, Record& record) {
  const Segment& of = segments()[record.segment];
  Cursor in(body);
  const std::uint64_t row = in.varint();
  if (row >> 1 >= of.patterns.size()) return false;
  record.pattern = static_cast<std::uint32_t>(row >> 1);
  const bool has_sets = (row & 1) != 0;
  if (has_sets) {
    record.sets.resize(in.count());
    for (auto& set : record.sets) {
      set.resize(in.count());
      for (std::uint32_t& version : set) version = in.varint32();
    }
  }
  const std::uint64_t versions = in.varint();
  record.versions.clear();
  record.string_count = 0;
  record.first_string = static_cast<std::uint32_t>(strings_.size());
  if ((versions & 1) != 0) {
    record.string_count = in.count();
    for (std::uint32_t i = 0; i < record.string_count && !in.failed(); ++i) {
      strings_.push_back(in.text());
      if (strings_.back().size() >= btf::kMaxStringSize) in.fail();
    }
    if (strings_.size() >= kMaxShared) in.fail();
  }
  if (versions >> 1 > in.remaining() + 1) return false;  // one may be empty
  const auto version_count = static_cast<std::uint32_t>(versions >> 1);
  for (std::uint32_t i = 0; i < version_count && !in.failed(); ++i) {
    record.versions.push_back(in.take(version_count == 1 ? in.remaining() : in.varint()));
  }
  record.set_count = static_cast<std::uint32_t>(has_sets ? record.sets.size() : version_count);
  const std::uint64_t end = std::uint64_t{record.first_version} + version_count;
  for (const auto& set : record.sets) {
    const bool is_known =
        !set.empty() && std::ranges::all_of(set, [&](std::uint32_t v) { return v < end; });
    if (!is_known) return false;
  }
  return !in.failed() && in.at_end() && end + record.set_count < kMaxShared;
}

Result<std::span<const Record>> SetReader::block(std::uint32_t segment, std::size_t block) {
  TRY(Block * loaded, load(segment, block));
  for (std::size_t i = 0; !loaded->is_whole && i < loaded->records.size(); ++i) {
    TRY_OK(read_body(block, *loaded, i));
  }
  loaded->is_whole = true;
  return std::span<const Record>(loaded->records);
}

Result<const Record*> SetReader::record(std::uint32_t segment, std::uint32_t symbol) {
  const Segment& of = segments()[segment];
  if (of.damage) return std::unexpected(*of.damage);
  std::size_t number = 0;
  if (symbol < of.entry.first_symbol) {
    const auto found = std::ranges::lower_bound(of.supplements, symbol, {},
                                                &std::pair<std::uint32_t, std::uint32_t>::first);
    if (found == of.supplements.end() || found->first != symbol) return nullptr;
    number = found->second;
  } else if (symbol < of.entry.first_symbol + of.entry.symbols) {
    const auto behind = std::ranges::upper_bound(of.blocks, symbol - of.entry.first_symbol, {},
                                                 &BlockEntry::first_symbol);
    // Blocks without new symbols begin where the next one does: the last of them has it.
    number = static_cast<std::size_t>(behind - of.blocks.begin()) - 1;
  } else {
    return nullptr;
  }
  TRY(Block * block, load(segment, number));
  const auto found = of.entry.first_symbol == 0
                         ? block->records.begin() + (symbol - of.blocks[number].first_symbol)
                         : std::ranges::find(block->records, symbol, &Record::symbol);
  if (found >= block->records.end() || found->symbol != symbol) {
    return damaged(segment, number, fmt::format("it lacks symbol {}", symbol));
  }
  TRY_OK(read_body(number, *block, static_cast<std::size_t>(found - block->records.begin())));
  TRY_OK(check_supplement(number, *found));
  return &*found;
}

/// A record that continues another is of its kind and name: contents are read by either's.
Status SetReader::check_supplement(std::size_t block, const Record& record) {
  if (record.symbol >= segments()[record.segment].entry.first_symbol) return {};
  TRY(const Record* first, first_record(record.symbol));
  if (first->kind == record.kind && first->name == record.name) return {};
  return damaged(record.segment, block,
                 fmt::format("it continues symbol {} as another", record.symbol));
}

Result<const Record*> SetReader::first_record(std::uint32_t symbol) {
  const auto& all = segments();
  // Segments are few, and most symbols are the first one's.
  const auto behind = std::ranges::upper_bound(
      all, symbol, {}, [](const Segment& segment) { return segment.entry.first_symbol; });
  // Of segments without new symbols, the last one begins where the next does.
  TRY(const Record* record,
      this->record(static_cast<std::uint32_t>(behind - all.begin()) - 1, symbol));
  if (record == nullptr) {
    return fail(Errc::bad_format, fmt::format("the kernel set has no symbol {}", symbol));
  }
  return record;
}

Result<std::span<const SetReader::Link>> SetReader::chain(std::size_t column) {
  const auto [it, is_new] = chains_.try_emplace(column);
  std::vector<Link>& links = it->second;
  if (is_new) {
    for (std::optional<std::uint32_t> at = static_cast<std::uint32_t>(column); at;
         at = entry(*at).parent) {
      links.push_back({.segment = entry(*at).segment, .local = entry(*at).local});
    }
    std::ranges::reverse(links);
  }
  for (const Link& link : links) {
    if (segments()[link.segment].damage) return std::unexpected(*segments()[link.segment].damage);
  }
  return std::span<const Link>(links);
}

std::optional<std::uint32_t> SetReader::set_in_pattern(Bytes pattern, std::uint32_t local) {
  Cursor in(pattern);
  std::uint64_t end = 0;
  for (std::uint32_t runs = in.count(2); runs > 0; --runs) {
    end += in.varint32();
    const std::uint32_t set = in.varint32();
    if (in.failed()) return std::nullopt;
    if (local < end) return set;
  }
  if (in.failed()) return std::nullopt;
  return 0;
}

Result<SetReader::Versions> SetReader::versions_in(std::uint32_t symbol, std::size_t column) {
  TRY(const auto links, chain(column));
  for (std::size_t i = links.size(); i-- > 0;) {
    const std::uint32_t segment = links[i].segment;
    TRY(const Record* record, this->record(segment, symbol));
    if (record == nullptr) continue;
    const auto set = set_in_pattern(segments()[segment].patterns[record->pattern], links[i].local);
    if (!set) return fail(Errc::bad_format, "a row pattern of the kernel set is damaged");
    if (*set == 0) return Versions();
    return versions_of_set(symbol, *set - 1, segment);
  }
  return Versions();
}

/// The segment says which set the column has; that one or an older one has it, whether or not the
/// column has a parent there.
Result<SetReader::Versions> SetReader::versions_of_set(std::uint32_t symbol, std::uint32_t set,
                                                       std::uint32_t segment) {
  for (std::uint32_t i = segment + 1; i-- > 0;) {
    TRY(const Record* record, this->record(i, symbol));
    if (record == nullptr || set < record->first_set) continue;
    if (set - record->first_set >= record->set_count) break;
    return versions_of(*record, set);
  }
  return fail(Errc::bad_format,
              fmt::format("symbol {} of the kernel set has no set {}", symbol, set));
}

SetReader::Versions SetReader::versions_of(const Record& record, std::uint32_t set) {
  const std::uint32_t index = set - record.first_set;
  if (record.sets.empty()) return {record.first_version + index};
  Versions versions;
  for (const std::uint32_t version : record.sets[index]) versions.push_back(version);
  return versions;
}

Result<const Record*> SetReader::record_of_version(std::uint32_t symbol, std::uint32_t version) {
  for (std::size_t i = segments().size(); i-- > 0;) {
    if (segments()[i].damage) continue;  // of no concern to whoever got here
    TRY(const Record* record, this->record(static_cast<std::uint32_t>(i), symbol));
    if (record == nullptr || version < record->first_version) continue;
    if (version - record->first_version < record->versions.size()) return record;
  }
  return fail(Errc::bad_format,
              fmt::format("symbol {} of the kernel set has no version {}", symbol, version));
}

Status SetReader::content(std::uint32_t symbol, std::uint32_t version, Content& out) {
  TRY(const Record* record, record_of_version(symbol, version));
  return content(*record, version, out);
}

Status SetReader::content(const Record& record, std::uint32_t version, Content& out) {
  out.clear();
  const RecordLookup lookup(segments()[record.segment], record);
  if (decode_content(record.kind, record.versions[version - record.first_version], record.has_tags,
                     lookup, out)) {
    return {};
  }
  return damaged_version(record, version);
}

Status SetReader::fields(std::uint32_t symbol, std::uint32_t version, MemberFilter* filter,
                         Content& out) {
  TRY(const Record* record, record_of_version(symbol, version));
  out.clear();
  const RecordLookup lookup(segments()[record->segment], *record);
  const Bytes bytes = record->versions[version - record->first_version];
  if (decode_fields(record->kind, bytes, lookup, filter, out)) return {};
  return damaged_version(*record, version);
}

std::string_view SetReader::text(Word string) const {
  if (string >= kMaxShared) return strings_[string - kMaxShared];
  const auto& all = segments();
  const auto behind = std::ranges::upper_bound(all, string, {}, &Segment::first_string);
  const Segment& segment = *(behind - 1);
  const std::string_view text = as_chars(segment.strings[string - segment.first_string]);
  return text.substr(0, std::min(text.find('\0'), btf::kMaxStringSize - 1));
}

template <class IsWanted>
Status SetReader::find(std::string_view from, std::string_view to, bool types, IsWanted is_wanted,
                       std::vector<std::uint32_t>& found) {
  for (std::uint32_t s = 0; s < segments().size(); ++s) {
    const Segment& of = segments()[s];
    if (of.damage) continue;  // columns that need it say so
    const auto split = of.blocks.begin() + of.entry.type_blocks;
    const auto begin = types ? of.blocks.begin() : split;
    const auto end = types ? split : of.blocks.end();
    auto at = std::ranges::lower_bound(begin, end, from, {}, &BlockEntry::first_name);
    if (at != begin) --at;
    for (; at != end && at->first_name <= to; ++at) {
      TRY(const Block* const block, load(s, static_cast<std::size_t>(at - of.blocks.begin())));
      for (auto record = std::ranges::lower_bound(block->records, from, {}, &Record::name);
           record != block->records.end() && record->name <= to; ++record) {
        const bool is_new = record->symbol >= of.entry.first_symbol;
        if (is_new && is_wanted(*record)) found.push_back(record->symbol);
      }
    }
  }
  return {};
}

Status SetReader::find_types(std::string_view essential_name, std::vector<std::uint32_t>& found) {
  const auto is_wanted = [&](const Record& record) {
    return is_type_symbol(record.kind) &&
           record.name.substr(0, btf::essential_length(record.name)) == essential_name;
  };
  TRY_OK(find(essential_name, essential_name, true, is_wanted, found));
  // Everything that begins with X___ is before X__` in the order of bytes.
  const std::string flavors = std::string(essential_name) + "___";
  const std::string behind = std::string(essential_name) + "__`";
  return find(flavors, behind, true, is_wanted, found);
}

Status SetReader::names(bool of_types, std::vector<std::string>& found) {
  for (std::uint32_t s = 0; s < segments().size(); ++s) {
    const Segment& of = segments()[s];
    if (of.damage) continue;  // columns that need it say so
    const std::size_t end = of_types ? of.entry.type_blocks : of.blocks.size();
    for (std::size_t i = of_types ? 0 : of.entry.type_blocks; i < end; ++i) {
      TRY(const Block* const block, load(s, i));
      for (const Record& record : block->records) {
        const bool is_named_one = of_types ? is_type_symbol(record.kind) : is_function(record.kind);
        if (is_named_one && !record.name.empty()) found.emplace_back(record.name);
      }
    }
  }
  return {};
}

Status SetReader::find_functions(std::string_view name, std::vector<std::uint32_t>& found) {
  return find(
      name, name, false, [](const Record& record) { return is_function(record.kind); }, found);
}

}  // namespace btfreloc::kernels
