#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "btf/legalize.h"

namespace btfreloc::btf {

/// A vlen of 16 bits has at most this many records.
inline constexpr std::uint32_t kMostRecords = 0xffff;

/// What the parts of legalize() share: the kernel and what it takes, what is written, what is said
/// about it.
class Rewrite {
 public:
  Rewrite(const View& view, const LegalizeOptions& options)
      : view_(view), options_(options), builder_(Builder::with_strings_of(view)) {}

  const View& view() const { return view_; }
  const LegalizeOptions& options() const { return options_; }
  Builder& builder() { return builder_; }

  bool takes(Feature feature) const { return options_.kernel >= since(feature); }
  /// In bytes.
  std::size_t longest_name() const;
  /// Why the kernel gets something else.
  static std::string reason(Feature lacking);

  /// The type that is being written.
  TypeId id() const { return id_; }
  void begin(TypeId id) { id_ = id; }
  void keep();
  void changed(ChangeKind kind, std::string text, bool changes_relocations);
  void lowered(Kind to, Feature lacking, bool changes_relocations);
  /// True when there were too many for kernels that count in 16 bits.
  template <class R>
  bool cut(std::vector<R>& records, std::string_view what);

  /// A type behind all others, which `add` adds to the builder.
  TypeId extra(std::function<void()> add);
  /// Only when all others are written.
  void add_extras();

  std::vector<Change> take_changes() { return std::move(changes_); }

 private:
  const View& view_;
  const LegalizeOptions& options_;
  Builder builder_;
  TypeId id_;
  std::vector<Change> changes_;
  std::vector<std::function<void()>> extras_;
};

template <class R>
bool Rewrite::cut(std::vector<R>& records, std::string_view what) {
  if (records.size() <= kMostRecords || takes(Feature::long_vlen)) return false;
  changed(ChangeKind::cut,
          fmt::format("loses {} of its {} {}: {}", records.size() - kMostRecords, records.size(),
                      what, reason(Feature::long_vlen)),
          true);
  records.resize(kMostRecords);
  return true;
}

}  // namespace btfreloc::btf
