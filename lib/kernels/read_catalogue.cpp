#include "kernels/read_catalogue.h"

#include <fmt/format.h>

#include <vector>

#include "base/printable.h"
#include "kernels/set_reader.h"
#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

class CatalogueReader {
 public:
  explicit CatalogueReader(const Set& set) : set_(set), reader_(set) {}

  Result<Catalogue> read() {
    for (std::size_t i = 0; i < set_.columns().size(); ++i) {
      const ColumnEntry& entry = reader_.entry(i);
      catalogue_.add_column(entry.column,
                            entry.column.is_module() ? std::optional(entry.kernel) : std::nullopt);
      TRY(const auto chain, reader_.chain(i));
      chains_.emplace_back(chain.begin(), chain.end());
    }
    for (const Segment& segment : reader_.segments()) {
      if (segment.damage) return std::unexpected(*segment.damage);
      rows_.emplace_back(segment.entry.columns);
    }
    for (std::uint32_t symbol = 0; symbol < reader_.symbol_count(); ++symbol) {
      TRY_OK(read_symbol(symbol));
    }
    return std::move(catalogue_);
  }

 private:
  static std::unexpected<Error> damaged(const Record& record, std::string_view why) {
    return fail(Errc::bad_format,
                fmt::format("symbol `{}` of the kernel set {}", printable(record.name), why), {},
                kMakeAnew);
  }

  Status read_symbol(std::uint32_t symbol) {
    records_.clear();
    for (std::uint32_t segment = 0; segment < reader_.segments().size(); ++segment) {
      TRY(const Record* record, reader_.record(segment, symbol));
      records_.push_back(record);
      if (record == nullptr) continue;
      if (catalogue_.symbols().size() == symbol) {
        const std::uint32_t name = catalogue_.strings.add(record->name);
        if (catalogue_.symbol(record->kind, name) != symbol)
          return damaged(*record, "is there twice");
      }
      TRY_OK(read_versions(*record));
      TRY_OK(read_row(segment, *record));
    }
    if (catalogue_.symbols().size() != symbol + std::size_t{1}) {
      return fail(Errc::bad_format, fmt::format("the kernel set has no symbol {}", symbol));
    }
    Catalogue::Symbol& of = catalogue_.symbols()[symbol];
    of.old_versions = static_cast<std::uint32_t>(of.versions.size());
    of.old_sets = static_cast<std::uint32_t>(of.sets.size());
    return join_rows(symbol);
  }

  Status read_versions(const Record& record) {
    Catalogue::Symbol& of = catalogue_.symbols()[record.symbol];
    if (record.kind != of.kind || record.name != catalogue_.strings[of.name] ||
        record.first_version != of.versions.size() || record.first_set != of.sets.size()) {
      return damaged(record, "goes on elsewhere than it ended");
    }
    for (std::uint32_t i = 0; i < record.versions.size(); ++i) {
      const std::uint32_t version = record.first_version + i;
      TRY_OK(reader_.content(record, version, content_));
      walk_content(
          record.kind, std::span(content_), [&](Word& string) { string = string_of(string); },
          [](Word&) {});
      if (catalogue_.version(record.symbol, content_) != version) {
        return damaged(record, "has a version twice");
      }
    }
    for (std::uint32_t i = 0; i < record.set_count; ++i) {
      const auto versions = SetReader::versions_of(record, record.first_set + i);
      of.sets.emplace_back(versions.begin(), versions.end());
    }
    return {};
  }

  /// The catalogue's number of a string of the set.
  Word string_of(Word handle) {
    if (handle >= SetReader::kMaxShared) return catalogue_.strings.add(reader_.text(handle));
    if (strings_.size() <= handle) strings_.resize(handle + std::size_t{1});
    if (strings_[handle] == 0) strings_[handle] = catalogue_.strings.add(reader_.text(handle)) + 1;
    return strings_[handle] - 1;
  }

  /// The sets of the segment's own columns.
  Status read_row(std::uint32_t segment, const Record& record) {
    std::vector<std::uint32_t>& row = rows_[segment];
    Cursor in(reader_.segments()[segment].patterns[record.pattern]);
    std::size_t at = 0;
    for (std::uint32_t runs = in.count(2); runs > 0; --runs) {
      const std::uint32_t columns = in.varint32();
      const std::uint32_t set = in.varint32();
      if (in.failed() || columns > row.size() - at) break;
      std::fill_n(row.begin() + static_cast<std::ptrdiff_t>(at), columns, set);
      at += columns;
    }
    if (in.failed() || at != row.size()) return damaged(record, "has a damaged row");
    return {};
  }

  Status join_rows(std::uint32_t symbol) {
    Catalogue::Symbol& of = catalogue_.symbols()[symbol];
    for (std::uint32_t column = 0; column < chains_.size(); ++column) {
      std::uint32_t set = 0;
      for (std::size_t i = chains_[column].size(); i-- > 0;) {
        const SetReader::Link& link = chains_[column][i];
        if (records_[link.segment] == nullptr) continue;
        set = rows_[link.segment][link.local];
        break;
      }
      if (set > of.sets.size()) {
        return fail(Errc::bad_format,
                    fmt::format("symbol {} of the kernel set has no set {}", symbol, set - 1));
      }
      if (set == 0) continue;
      if (!of.row.empty() && of.row.back().end == column && of.row.back().set == set) {
        ++of.row.back().end;
      } else {
        of.row.push_back({.begin = column, .end = column + 1, .set = set});
      }
    }
    return {};
  }

  const Set& set_;
  SetReader reader_;
  Catalogue catalogue_;
  std::vector<std::vector<SetReader::Link>> chains_;  ///< By column.
  std::vector<std::vector<std::uint32_t>> rows_;      ///< Of one symbol, by segment.
  std::vector<const Record*> records_;                ///< Of one symbol, by segment.
  std::vector<std::uint32_t> strings_;                ///< By handle; plus 1.
  Content content_;
};

}  // namespace

Result<Catalogue> read_catalogue(const Set& set) { return CatalogueReader(set).read(); }

}  // namespace btfreloc::kernels
