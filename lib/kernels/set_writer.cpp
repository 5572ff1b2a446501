#include "kernels/set_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "btf/view.h"
#include "kernels/extract.h"
#include "kernels/hash.h"
#include "kernels/order.h"
#include "kernels/segment_writer.h"
#include "kernels/set_reader.h"
#include "kernels/set_state.h"
#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

/// Kernels whose order is written against another's, whose order is written against another's, ...
/// take longer to read with each.
constexpr int kMaxReferences = 4;
/// Sequences that are kept while a set is written, of some megabytes each.
constexpr std::size_t kMaxSequences = 32;
/// Columns on either side that are tried as the parent of one that is appended.
constexpr std::size_t kNeighbours = 3;

/// The file: header, the body so far, directory.
std::vector<std::byte> file_of(Bytes body, const Directory& directory) {
  const std::vector<std::byte> unpacked = encode(directory);
  const std::vector<std::byte> packed = pack(unpacked);
  ByteWriter file;
  file.append(as_bytes(std::string_view(kMagic.data(), kMagic.size())));
  file.fixed(kVersion);
  file.fixed(static_cast<std::uint32_t>(kHeaderSize));
  file.fixed(std::uint64_t{body.size() + packed.size()});
  file.fixed(std::uint64_t{body.size()});
  file.fixed(static_cast<std::uint32_t>(packed.size()));
  file.fixed(static_cast<std::uint32_t>(unpacked.size()));
  file.fixed(hash64(packed));
  file.fixed(std::uint64_t{0});
  file.fixed(hash64(file.view()));
  file.append(body.subspan(kHeaderSize));
  file.append(packed);
  return file.take();
}

class SetWriter {
 public:
  explicit SetWriter(const SetContent& content)
      : content_(content), catalogue_(content.catalogue) {}

  Result<std::vector<std::byte>> write() {
    if (content_.appends) {
      const auto& old = SetReader::state(*content_.old);
      body_.append(old.bytes.first(old.body_end));
      directory_.segments = old.directory.segments;
      old_columns_ = old.columns.size();
    } else {
      body_.append(std::vector<std::byte>(kHeaderSize));
    }
    sort_columns();
    fill_directory();
    if (!plan_.columns.empty() || !content_.appends) {
      directory_.segments.push_back(SegmentWriter(catalogue_, plan_).write(body_));
    }
    TRY_OK(write_ids());
    return file_of(body_.view(), directory_);
  }

 private:
  /// All columns in the order of the set, and those of the new segment.
  void sort_columns() {
    for (std::uint32_t i = 0; i < catalogue_.columns.size(); ++i) {
      if (catalogue_.is_live[i]) columns_.push_back(i);
    }
    std::ranges::sort(columns_, [&](std::uint32_t a, std::uint32_t b) {
      return goes_before(catalogue_.columns[a], catalogue_.columns[b]);
    });
    numbers_.resize(catalogue_.columns.size());
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
      numbers_[columns_[i]] = i;
      if (columns_[i] >= old_columns_) plan_.columns.push_back(columns_[i]);
    }
    if (content_.appends) plan_.old_symbols = SetReader::state(*content_.old).symbols();
    for (const std::uint32_t column : plan_.columns) plan_.parents.push_back(parent_of(column));
  }

  /// The old column that a new one is most like, among its neighbours.
  std::optional<std::uint32_t> parent_of(std::uint32_t column) const {
    if (!content_.appends) return std::nullopt;
    const auto is_alike = [&](std::uint32_t other) {
      const Column& a = catalogue_.columns[column];
      const Column& b = catalogue_.columns[other];
      return other < old_columns_ && a.module == b.module && a.arch == b.arch && a.order == b.order;
    };
    std::vector<std::uint32_t> candidates;
    const std::size_t number = numbers_[column];
    for (std::size_t i = number; i-- > 0 && candidates.size() < kNeighbours;) {
      if (is_alike(columns_[i])) candidates.push_back(columns_[i]);
    }
    for (std::size_t i = number + 1; i < columns_.size() && candidates.size() < 2 * kNeighbours;
         ++i) {
      if (is_alike(columns_[i])) candidates.push_back(columns_[i]);
    }
    std::optional<std::uint32_t> best;
    std::size_t least = 0;
    for (const std::uint32_t candidate : candidates) {
      const auto differences = static_cast<std::size_t>(
          std::ranges::count_if(catalogue_.symbols(), [&](const Catalogue::Symbol& symbol) {
            return Catalogue::set_in(symbol, column) != Catalogue::set_in(symbol, candidate);
          }));
      if (best && differences >= least) continue;
      best = candidate;
      least = differences;
    }
    return best;
  }

  void fill_directory() {
    const auto segment = static_cast<std::uint32_t>(directory_.segments.size());
    std::uint32_t local = 0;
    for (const std::uint32_t column : columns_) {
      ColumnEntry entry;
      if (column < old_columns_) {
        entry = SetReader::state(*content_.old).directory.columns[column];
        // What it had numbers of has other numbers now.
        if (entry.parent) entry.parent = numbers_[*entry.parent];
        if (entry.reference) entry.reference = numbers_[*entry.reference];
      } else {
        entry.column = catalogue_.columns[column];
        entry.segment = segment;
        entry.local = local;
        if (const auto parent = plan_.parents[local]) entry.parent = numbers_[*parent];
        ++local;
      }
      entry.kernel = numbers_[catalogue_.kernels[column]];
      directory_.columns.push_back(std::move(entry));
    }
  }

  /// Type ids are written last: they are kept as the difference between what is extracted from this
  /// very set and what was added.
  Status write_ids() {
    const bool keeps_any = std::ranges::any_of(
        plan_.columns, [&](std::uint32_t column) { return catalogue_.columns[column].keeps_ids; });
    if (!keeps_any) return {};
    const std::vector<std::byte> without_ids = file_of(body_.view(), directory_);
    TRY(const Set set, Set::open(without_ids));
    for (const std::uint32_t number : kernels_by_release()) TRY_OK(write_ids_of(set, number));
    return {};
  }

  /// Numbers of all kernels, so that those of near releases come one after the other.
  std::vector<std::uint32_t> kernels_by_release() const {
    std::vector<std::uint32_t> kernels;
    for (std::uint32_t number = 0; number < columns_.size(); ++number) {
      if (!directory_.columns[number].column.is_module()) kernels.push_back(number);
    }
    std::ranges::stable_sort(kernels, [&](std::uint32_t a, std::uint32_t b) {
      return compare_releases(directory_.columns[a].column.release,
                              directory_.columns[b].column.release) < 0;
    });
    return kernels;
  }

  bool is_wanted(std::uint32_t number) const {
    return columns_[number] >= old_columns_ && catalogue_.columns[columns_[number]].keeps_ids;
  }

  /// Of a kernel and its modules.
  Status write_ids_of(const Set& set, std::uint32_t number) {
    std::vector<std::uint32_t> modules;
    for (const std::size_t module : set.modules_of(number)) {
      if (is_wanted(static_cast<std::uint32_t>(module)))
        modules.push_back(static_cast<std::uint32_t>(module));
    }
    if (modules.empty() && !is_wanted(number)) return {};
    TRY(const Extracted canonical, Extracted::from(set, number));
    TRY(const std::vector<std::byte> original, this->original(number, nullptr));
    TRY(const btf::View btf, btf::View::open(original));
    if (is_wanted(number)) {
      const auto reference = reference_of(number);
      std::optional<Sequence> sequence;
      if (reference) {
        TRY(sequence, sequence_at(*reference));
      }
      TRY_OK(write_order(number, btf, original, canonical.btf(), sequence ? &*sequence : nullptr));
      directory_.columns[number].reference = reference;
      remember(number, sequence_of(btf));
    }
    for (const std::uint32_t module : modules) {
      TRY(const Extracted canonical_module,
          Extracted::from(set, module, Extracted::Ids::any, &canonical));
      TRY(const std::vector<std::byte> bytes, this->original(module, &number));
      TRY(const btf::View view, btf::View::open(bytes, &btf));
      TRY_OK(write_order(module, view, bytes, canonical_module.btf(), nullptr));
    }
    return {};
  }

  Status write_order(std::uint32_t number, const btf::View& original, Bytes bytes,
                     const btf::View& canonical, const Sequence* reference) {
    TRY(const std::vector<std::byte> order, encode_order(original, bytes, canonical, reference));
    directory_.columns[number].ids = {
        .offset = body_.size(), .size = order.size(), .checksum = hash64(order)};
    body_.append(order);
    return {};
  }

  /// The bytes as they were added.
  Result<std::vector<std::byte>> original(std::uint32_t number, const std::uint32_t* kernel) const {
    const std::uint32_t column = columns_[number];
    if (!content_.originals[column].empty()) return content_.originals[column];
    const Set& old = *content_.old;
    if (kernel == nullptr) {
      TRY(const Extracted extracted, Extracted::from(old, column, Extracted::Ids::original));
      return std::vector<std::byte>(extracted.bytes().begin(), extracted.bytes().end());
    }
    TRY(const Extracted base, Extracted::from(old, columns_[*kernel], Extracted::Ids::original));
    TRY(const Extracted extracted, Extracted::from(old, column, Extracted::Ids::original, &base));
    return std::vector<std::byte>(extracted.bytes().begin(), extracted.bytes().end());
  }

  /// Counts to kMaxReferences: an old set may say anything.
  int depth_of(std::uint32_t number) const {
    int depth = 0;
    for (auto at = directory_.columns[number].reference; at && depth < kMaxReferences;
         at = directory_.columns[*at].reference) {
      ++depth;
    }
    return depth;
  }

  /// The kernel whose types are likely to lie alike, whatever its architecture, among those whose
  /// ids are written: of the same series or the one before it, and of those the one that is read
  /// soonest.
  std::optional<std::uint32_t> reference_of(std::uint32_t number) const {
    std::optional<std::uint32_t> best;
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
      const ColumnEntry& entry = directory_.columns[i];
      if (i == number || entry.ids.size == 0 || entry.column.is_module()) continue;
      if (depth_of(i) < kMaxReferences && (!best || is_better(i, *best, number))) best = i;
    }
    return best;
  }

  bool is_better(std::uint32_t a, std::uint32_t b, std::uint32_t number) const {
    const auto release = [&](std::uint32_t of) -> std::string_view {
      return directory_.columns[of].column.release;
    };
    const bool a_is_later = compare_releases(release(a), release(number)) > 0;
    const bool b_is_later = compare_releases(release(b), release(number)) > 0;
    if (a_is_later != b_is_later) return b_is_later;
    if (!are_of_one_series(release(a), release(b))) {
      const int order = compare_releases(release(a), release(b));
      return a_is_later ? order < 0 : order > 0;
    }
    return depth_of(a) < depth_of(b);
  }

  Result<Sequence> sequence_at(std::uint32_t number) {
    if (const auto found = sequences_.find(number); found != sequences_.end()) return found->second;
    TRY(const std::vector<std::byte> bytes, original(number, nullptr));
    TRY(const btf::View btf, btf::View::open(bytes));
    return remember(number, sequence_of(btf));
  }

  const Sequence& remember(std::uint32_t number, Sequence sequence) {
    if (sequences_.size() >= kMaxSequences) sequences_.erase(sequences_.begin());
    return sequences_[number] = std::move(sequence);
  }

  const SetContent& content_;
  const Catalogue& catalogue_;
  std::size_t old_columns_ = 0;         ///< Those that stay where they are in the file.
  std::vector<std::uint32_t> columns_;  ///< The catalogue's numbers, in the order of the set.
  std::vector<std::uint32_t> numbers_;  ///< And back.
  SegmentPlan plan_;
  Directory directory_;
  ByteWriter body_;
  std::map<std::uint32_t, Sequence> sequences_;  ///< Of the last kernels, by number.
};

}  // namespace

Result<std::vector<std::byte>> write_set(const SetContent& content) {
  return SetWriter(content).write();
}

}  // namespace btfreloc::kernels
