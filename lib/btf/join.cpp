#include "btf/join.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "btf/references.h"

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kHeaderSize = 24;

class Joined {
 public:
  explicit Joined(const View& first) : order_(first.order()) {}

  Status add(const View& view) {
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      TRY_OK(add_type(view, id));
    }
    const Bytes strings = view.strings();
    strings_.insert(strings_.end(), strings.begin(), strings.end());
    ids_ += view.own_count();
    const bool fits = types_.size() + strings_.size() + kHeaderSize + view.strings_start() <=
                      std::numeric_limits<std::uint32_t>::max();
    if (fits) return {};
    return fail(Errc::out_of_range, "together the modules have more than 4 GiB of BTF", {},
                "name types of fewer modules");
  }

  std::vector<std::byte> blob() const {
    std::vector<std::byte> blob(kHeaderSize);
    const auto word = [&](std::size_t at, std::size_t value) {
      store(blob.data() + at, static_cast<std::uint32_t>(value), order_);
    };
    store(blob.data(), kMagic, order_);
    blob[2] = std::byte{kVersion};
    word(4, kHeaderSize);
    word(12, types_.size());
    word(16, types_.size());
    word(20, strings_.size());
    blob.insert(blob.end(), types_.begin(), types_.end());
    blob.insert(blob.end(), strings_.begin(), strings_.end());
    return blob;
  }

 private:
  /// Its references to what the views have in common stay; those to its own view move on by what
  /// came before it.
  Status add_type(const View& view, TypeId id) {
    const Info info = view.info(id);
    if (info.kind >= kFirstUnknownKind) {
      return fail(Errc::unsupported,
                  fmt::format("type [{}] has the unknown kind {}", id.value, info.kind));
    }
    const Bytes record = view.record(id);
    const std::size_t start = types_.size();
    types_.insert(types_.end(), record.begin(), record.end());
    std::byte* const type = types_.data() + start;
    const auto move = [&](std::size_t at, std::uint32_t value, std::uint32_t from, std::size_t by) {
      if (value >= from) store(type + at, static_cast<std::uint32_t>(value + by), order_);
    };
    const std::size_t strings_before = strings_.size();
    for_each_reference(
        record.data(), traits(static_cast<Kind>(info.kind)), info.vlen, order_,
        [&](std::size_t at, std::uint32_t to) { move(at, to, view.first_id().value, ids_); },
        [&](std::size_t at, std::uint32_t to) {
          move(at, to, view.strings_start(), strings_before);
        });
    return {};
  }

  std::endian order_;
  std::vector<std::byte> types_;
  std::vector<std::byte> strings_;
  std::size_t ids_ = 0;
};

}  // namespace

Result<std::vector<std::byte>> join_split(std::span<const View* const> views) {
  Joined joined(*views[0]);
  for (const View* view : views) TRY_OK(joined.add(*view));
  return joined.blob();
}

}  // namespace btfreloc::btf
