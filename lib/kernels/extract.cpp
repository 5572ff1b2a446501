#include "kernels/extract.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "kernels/assembler.h"
#include "kernels/order.h"
#include "kernels/set_reader.h"

namespace btfreloc::kernels {
namespace {

/// Sets are written with shorter chains of kernels whose order is kept against each other's.
constexpr int kMaxReferences = 16;

}  // namespace

struct Extracted::State final : Assembler::Symbols {
  State(std::shared_ptr<SetReader> from, std::size_t of, const State* of_kernel)
      : reader(std::move(from)),
        column(of),
        kernel(of_kernel),
        assembler(*reader, reader->entry(of).column.order,
                  of_kernel == nullptr ? nullptr : &of_kernel->assembler) {}

  std::shared_ptr<SetReader> reader;
  std::size_t column;
  const State* kernel;
  Assembler assembler;
  // By symbol: the id of the first type, and how many there are.
  std::vector<std::uint32_t> firsts;
  std::vector<std::uint32_t> counts;
  std::vector<std::byte> canonical;
  std::optional<btf::View> canonical_btf;
  // When the ids are the original ones.
  std::vector<std::byte> original;
  std::optional<btf::View> original_btf;

  const btf::View& btf() const { return original_btf ? *original_btf : *canonical_btf; }

  /// One symbol of the column.
  struct Present {
    const Record* record;  ///< For its name and kind.
    SetReader::Versions versions;
  };

  Result<std::uint32_t> id_of(Word symbol, Word nth, bool /*is_pointee*/) override {
    // A name is looked for in the module first.
    for (const State* of = this; of != nullptr; of = of->kernel) {
      if (nth < of->counts[symbol]) return of->firsts[symbol] + nth;
      nth -= of->counts[symbol];
    }
    return fail(Errc::bad_format, fmt::format("it lacks symbol {} of the set", symbol));
  }

  /// What the column has, by symbol.
  Result<std::vector<Present>> present() {
    struct Last {
      const Record* record = nullptr;
      std::uint32_t set = 0;
    };
    std::vector<Last> last(reader->symbol_count());
    TRY(const auto links, reader->chain(column));
    for (const SetReader::Link link : links) {
      const Segment& segment = reader->segments()[link.segment];
      std::vector<std::optional<std::uint32_t>> sets(segment.patterns.size());
      for (std::size_t i = 0; i < sets.size(); ++i) {
        sets[i] = SetReader::set_in_pattern(segment.patterns[i], link.local);
      }
      for (std::size_t block = 0; block < segment.blocks.size(); ++block) {
        TRY(const auto records, reader->block(link.segment, block));
        for (const Record& record : records) {
          if (!sets[record.pattern])
            return reader->damaged(link.segment, block, "a row pattern of it");
          TRY_OK(reader->check_supplement(block, record));
          last[record.symbol] = {&record, *sets[record.pattern]};
        }
      }
    }
    std::vector<Present> present;
    for (std::uint32_t symbol = 0; symbol < last.size(); ++symbol) {
      const auto& [record, set] = last[symbol];
      if (set == 0) continue;
      const std::uint32_t number = set - 1;
      if (number >= record->first_set && number - record->first_set < record->set_count) {
        present.push_back({record, SetReader::versions_of(*record, number)});
      } else {
        TRY(auto versions, reader->versions_in(symbol, column));
        present.push_back({record, std::move(versions)});
      }
    }
    return present;
  }

  Status assemble() {
    TRY(const std::vector<Present> present, this->present());
    firsts.resize(reader->symbol_count());
    counts.resize(reader->symbol_count());
    for (const auto& [record, versions] : present) {
      if (is_lone(record->kind)) continue;
      firsts[record->symbol] = assembler.next_id();
      counts[record->symbol] = static_cast<std::uint32_t>(versions.size());
      for (std::size_t i = 0; i < versions.size(); ++i) assembler.new_id();
    }
    Content content;
    for (const auto& [record, versions] : present) {
      std::uint32_t id = firsts[record->symbol];
      for (const std::uint32_t version : versions) {
        TRY_OK(reader->content(record->symbol, version, content));
        if (is_lone(record->kind)) {
          TRY_OK(assembler.write_lone(record->kind, content, *this));
        } else {
          TRY_OK(assembler.write(id++, record->kind, record->name, content, *this));
        }
      }
    }
    TRY(canonical, assembler.blob());
    TRY(canonical_btf,
        btf::View::open(canonical, kernel == nullptr ? nullptr : &*kernel->canonical_btf));
    if (const std::uint32_t types = reader->entry(column).column.types;
        canonical_btf->own_count() != types) {
      return fail(Errc::bad_format, fmt::format("it has {} types, and {} were put into the set",
                                                canonical_btf->own_count(), types));
    }
    return {};
  }

  Status restore_ids(int depth) {
    const ColumnEntry& entry = reader->entry(column);
    if (entry.ids.size == 0) {
      return fail(Errc::unsupported, "the set does not keep its type ids", {},
                  "`kernels add --keep-ids` keeps them");
    }
    if (kernel != nullptr && !kernel->original_btf) {
      return fail(Errc::unsupported, "its kernel was extracted with other type ids");
    }
    if (depth > kMaxReferences)
      return fail(Errc::bad_format, "its type ids are those of too many others");
    TRY(const Bytes order, checked(reader->file(), entry.ids, "type ids"));
    std::optional<Sequence> reference;
    if (entry.reference) {
      State of(reader, *entry.reference, nullptr);
      TRY_OK(of.assemble());
      TRY_OK(of.restore_ids(depth + 1));
      reference = sequence_of(*of.original_btf);
    }
    const btf::View* base = kernel == nullptr ? nullptr : &*kernel->original_btf;
    TRY(original, restore(*canonical_btf, base, order, reference ? &*reference : nullptr));
    TRY(original_btf, btf::View::open(original, base));
    return {};
  }
};

Extracted::Extracted(std::unique_ptr<State> state) : state_(std::move(state)) {}
Extracted::Extracted(Extracted&&) noexcept = default;
Extracted& Extracted::operator=(Extracted&&) noexcept = default;
Extracted::~Extracted() = default;

Result<Extracted> Extracted::from(const Set& set, std::size_t column, Ids ids,
                                  const Extracted* kernel) {
  const Column& of = set.columns()[column];
  if (of.is_module() != (kernel != nullptr) ||
      (kernel != nullptr && kernel->state_->column != set.kernel_of(column))) {
    return fail(Errc::not_found, fmt::format("{} is extracted without its kernel", address(of)));
  }
  auto reader = kernel != nullptr ? kernel->state_->reader : std::make_shared<SetReader>(set);
  auto state = std::make_unique<State>(std::move(reader), column,
                                       kernel == nullptr ? nullptr : kernel->state_.get());
  Status status = state->assemble();
  if (status && ids == Ids::original) status = state->restore_ids(0);
  if (!status) {
    Error error = std::move(status).error();
    error.message = fmt::format("{}: {}", address(of), error.message);
    return std::unexpected(std::move(error));
  }
  return Extracted(std::move(state));
}

Bytes Extracted::bytes() const {
  return state_->original_btf ? state_->original : state_->canonical;
}
const btf::View& Extracted::btf() const { return state_->btf(); }

}  // namespace btfreloc::kernels
