#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "btf/kinds.h"
#include "kernels/content.h"
#include "kernels/intern.h"

namespace btfreloc::kernels {
namespace {

using btf::Info;
using btf::Kind;

/// Words that all types of a kernel may have as contents; those of real ones have some 3 million.
/// Types without names are written out wherever they are referred to, so that a small BTF could say
/// as much as it likes.
constexpr std::uint64_t kMaxWords = std::uint64_t{1} << 26;

class Checker {
 public:
  explicit Checker(const btf::View& btf) : btf_(btf), words_(btf.size()), depths_(btf.size()) {}

  Status check() {
    std::uint64_t words = 0;
    for (std::uint32_t id = btf_.first_id().value; id < btf_.size(); ++id) {
      TRY_OK(check_header(TypeId{id}));
      TRY_OK(check_strings(TypeId{id}));
      words += btf_.record(TypeId{id}).size() / sizeof(Word);
      TRY_OK(for_each_unnamed(TypeId{id}, [&](TypeId to) -> Status {
        TRY_OK(measure(to, 1));
        words += words_[to.value];
        return {};
      }));
      if (words > kMaxWords) {
        return refuse(TypeId{id}, "types without names are nested in too many others");
      }
    }
    return {};
  }

 private:
  std::unexpected<Error> refuse(TypeId id, std::string why) const {
    return fail(Errc::unsupported, fmt::format("type [{}]: {}", id.value, why),
                {.section = ".BTF", .offset = btf_.type_offset(id)},
                "no kernel has such a type: `btfreloc validate` says more");
  }

  Status check_header(TypeId id) const {
    const Info info = btf_.info(id);
    if (info.kind >= btf::kFirstUnknownKind || info.kind == 0) {
      return fail(Errc::unsupported,
                  fmt::format("type [{}] is of kind {}, which this version does not know", id.value,
                              info.kind),
                  {.section = ".BTF", .offset = btf_.type_offset(id)});
    }
    const auto kind = static_cast<Kind>(info.kind);
    const btf::KindTraits& traits = btf::traits(kind);
    const bool has_flag = btf::is_composite(kind) || btf::is_enum(kind) || kind == Kind::kFwd ||
                          kind == Kind::kDeclTag || kind == Kind::kTypeTag;
    if (info.kind_flag && !has_flag) return refuse(id, "its kind has no kind_flag");
    if (info.vlen != 0 && traits.record == btf::Record::none && kind != Kind::kFunc) {
      return refuse(id, "its kind has no records");
    }
    const bool is_named_kind = traits.kind == Kind::kInt || kind == Kind::kFwd ||
                               kind == Kind::kTypedef || kind == Kind::kFunc ||
                               kind == Kind::kVar || kind == Kind::kDatasec || kind == Kind::kFloat;
    if (is_named_kind && btf_.first_char(btf_.name_offset(id)) == '\0') {
      return refuse(id, fmt::format("a {} without a name", traits.name));
    }
    if (traits.third == btf::ThirdWord::unused && btf_.third_word(id) != 0) {
      return refuse(id, "its size is not used, and not 0");
    }
    return {};
  }

  Status check_strings(TypeId id) const {
    Status status;
    const btf::Info info = btf_.info(id);
    btf::for_each_reference(
        btf_.record(id).data(), btf::traits(static_cast<Kind>(info.kind)), info.vlen, btf_.order(),
        [&](std::size_t, std::uint32_t to) {
          if (status && btf_.info(TypeId{to}).kind == symbol_kind(Kind::kDeclTag)) {
            status = refuse(id, "refers to a DECL_TAG");
          }
        },
        [&](std::size_t, std::uint32_t offset) {
          if (status && btf_.string(StrOff{offset}).size() >= btf::kMaxStringSize) {
            status = refuse(id, fmt::format("a name of {} bytes or more", btf::kMaxStringSize));
          }
        });
    return status;
  }

  bool is_unnamed(TypeId id) const {
    const std::uint8_t kind = btf_.info(id).kind;
    return id.value != 0 &&
           (btf_.first_char(btf_.name_offset(id)) == '\0' || kind == symbol_kind(Kind::kTypeTag));
  }

  template <class F>
  Status for_each_unnamed(TypeId id, F&& f) const {
    Status status;
    btf_.for_each_type_id(id, [&](TypeId to) {
      if (status && is_unnamed(to)) status = f(to);
    });
    return status;
  }

  /// The words and the depth of a type without a name, with all that is written inside it.
  Status measure(TypeId id, int depth) {
    if (depths_[id.value] == 0) {
      if (depth > kMaxDepth) {
        return refuse(id, fmt::format("more than {} types without names in each other", kMaxDepth));
      }
      std::uint64_t words = btf_.record(id).size() / sizeof(Word) + 2;
      int deepest = 0;
      TRY_OK(for_each_unnamed(id, [&](TypeId to) -> Status {
        TRY_OK(measure(to, depth + 1));
        words = std::min(words + words_[to.value], kMaxWords + 1);
        deepest = std::max<int>(deepest, depths_[to.value]);
        return {};
      }));
      words_[id.value] = static_cast<std::uint32_t>(words);
      depths_[id.value] = static_cast<std::uint8_t>(deepest + 1);
    }
    if (depth + depths_[id.value] - 1 > kMaxDepth) {
      return refuse(id, fmt::format("more than {} types without names in each other", kMaxDepth));
    }
    return {};
  }

  const btf::View& btf_;
  std::vector<std::uint32_t> words_;  ///< Of types without names, once measured.
  std::vector<std::uint8_t> depths_;  ///< 0: not measured.
};

}  // namespace

Status check_internable(const btf::View& btf) { return Checker(btf).check(); }

}  // namespace btfreloc::kernels
