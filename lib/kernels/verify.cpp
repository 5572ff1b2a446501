#include <algorithm>
#include <vector>

#include "kernels/extract.h"
#include "kernels/read_catalogue.h"
#include "kernels/set.h"
#include "kernels/set_reader.h"

namespace btfreloc::kernels {
namespace {

/// Reads every block, every content, and every column by itself.
class Verifier {
 public:
  explicit Verifier(const Set& set) : set_(set), reader_(set) {}

  std::vector<Set::Damage> verify() {
    for (std::uint32_t segment = 0; segment < reader_.segments().size(); ++segment) {
      verify_segment(segment);
    }
    for (std::size_t column = 0; column < set_.columns().size(); ++column) {
      if (!set_.columns()[column].is_module()) verify_kernel(column);
    }
    // What an editor goes by besides: rows of all columns at once, symbols that are there once.
    if (found_.empty()) {
      if (const auto catalogue = read_catalogue(set_); !catalogue) note(catalogue.error(), {});
    }
    return std::move(found_);
  }

 private:
  void verify_segment(std::uint32_t segment) {
    const Segment& of = reader_.segments()[segment];
    if (of.damage) return note(*of.damage, {});
    for (std::size_t block = 0; block < of.blocks.size(); ++block) {
      if (Status status = verify_block(segment, block); !status)
        note(std::move(status).error(), {});
    }
  }

  Status verify_block(std::uint32_t segment, std::size_t block) {
    TRY(const auto records, reader_.block(segment, block));
    Content content;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      const bool ascends =
          i == 0 || records[i - 1].name < record.name ||
          (records[i - 1].name == record.name && records[i - 1].kind < record.kind);
      if (!ascends) return reader_.damaged(segment, block, "its names are in no order");
      for (std::uint32_t v = 0; v < record.versions.size(); ++v) {
        TRY_OK(reader_.content(record, record.first_version + v, content));
      }
    }
    return {};
  }

  void verify_kernel(std::size_t column) {
    const auto ids = [&](std::size_t of) {
      return set_.columns()[of].keeps_ids ? Extracted::Ids::original : Extracted::Ids::any;
    };
    auto kernel = Extracted::from(set_, column, ids(column));
    const std::string label = set_.columns()[column].label;
    if (!kernel) {
      note(kernel.error(), label);
      for (const std::size_t module : set_.modules_of(column)) {
        note(kernel.error(), label, address(set_.columns()[module]));
      }
      return;
    }
    for (const std::size_t module : set_.modules_of(column)) {
      const auto extracted = Extracted::from(set_, module, ids(module), &*kernel);
      if (!extracted) note(extracted.error(), address(set_.columns()[module]));
    }
  }

  void note(Error error, const std::string& kernel) { note(std::move(error), kernel, kernel); }
  /// Damage of a block is said once, with all kernels that it is met in. `named` is what the
  /// message begins with.
  void note(Error error, const std::string& named, const std::string& kernel) {
    const std::string prefix = named.empty() ? "" : named + ": ";
    if (error.message.starts_with(prefix)) error.message.erase(0, prefix.size());
    auto same = std::ranges::find_if(found_, [&](const Set::Damage& damage) {
      return damage.error.message == error.message &&
             damage.error.where.offset == error.where.offset;
    });
    if (same == found_.end()) {
      found_.push_back({.error = std::move(error), .kernels = {}});
      same = found_.end() - 1;
    }
    if (!kernel.empty()) same->kernels.push_back(kernel);
  }

  const Set& set_;
  SetReader reader_;
  std::vector<Set::Damage> found_;
};

}  // namespace

std::vector<Set::Damage> Set::verify() const { return Verifier(*this).verify(); }

}  // namespace btfreloc::kernels
