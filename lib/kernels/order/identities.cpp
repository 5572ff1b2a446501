#include "kernels/order/identities.h"

#include <bit>
#include <cstddef>
#include <span>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace btfreloc::kernels {
namespace {

/// Anonymous types hold each other a few deep; what is deeper, or a cycle, has no identity of its
/// own.
constexpr int kMaxDepth = 64;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t words[] = {a, b};
  return XXH3_64bits(words, sizeof words);
}

/// Sets apart what would be equal otherwise: a number for each sort of thing that is hashed.
enum Salt : std::uint64_t { kVoidSalt = 1, kNoIdentity, kBaseSalt, kNamedSalt };

bool has_symbol(std::uint8_t kind) {
  constexpr btf::KindSet kSymbols = {btf::Kind::kInt,   btf::Kind::kStruct, btf::Kind::kUnion,
                                     btf::Kind::kEnum,  btf::Kind::kFwd,    btf::Kind::kTypedef,
                                     btf::Kind::kFunc,  btf::Kind::kVar,    btf::Kind::kDatasec,
                                     btf::Kind::kFloat, btf::Kind::kEnum64};
  return kSymbols.has(kind);
}

class Identifier {
 public:
  Identifier(const btf::View& view, std::span<const std::uint64_t> base)
      : view_(view),
        first_(view.first_id().value),
        base_(base),
        identities_(view.own_count()),
        states_(view.own_count(), State::unknown) {}

  std::vector<std::uint64_t> run() {
    // Named types first: anonymous ones are told apart by which of them they refer to.
    IdentityMap seen(identities_.size());
    for (std::uint32_t i = 0; i < identities_.size(); ++i) {
      const TypeId id{first_ + i};
      const btf::Info info = view_.info(id);
      if (!has_symbol(info.kind) || view_.first_char(view_.name_offset(id)) == '\0') continue;
      const bool is_union =
          info.kind == static_cast<std::uint8_t>(btf::Kind::kFwd) && info.kind_flag;
      const std::uint64_t kind =
          kNamedSalt | std::uint64_t{info.kind} << 8 | std::uint64_t{is_union} << 16;
      identities_[i] = numbered(seen, mix(string_identity(view_.name(id)), kind));
      states_[i] = State::known;
    }
    std::vector<std::uint32_t> anonymous;
    for (std::uint32_t i = 0; i < identities_.size(); ++i) {
      if (states_[i] == State::known) continue;
      anonymous.push_back(i);
    }
    for (const std::uint32_t i : anonymous) identify(i, 0);
    for (const std::uint32_t i : anonymous) identities_[i] = numbered(seen, identities_[i]);
    return std::move(identities_);
  }

 private:
  enum class State : std::uint8_t { unknown, in_work, known };

  static std::uint64_t numbered(IdentityMap& seen, std::uint64_t identity) {
    std::uint32_t& count = seen[identity];
    ++count;  // From none to zero at first.
    return count == 0 ? identity : mix(identity, count);
  }

  std::uint64_t of(TypeId id, int depth) {
    if (id.value == 0) return kVoidSalt;
    if (id.value <= base_.size()) return mix(base_[id.value - 1], kBaseSalt);
    if (id.value < first_) return kNoIdentity;  // Of the base of the base.
    const std::uint32_t i = id.value - first_;
    if (states_[i] == State::known) return identities_[i];
    if (states_[i] == State::in_work || depth == kMaxDepth) return kNoIdentity;
    return identify(i, depth);
  }

  /// By content: the record, with what it refers to in place of ids and offsets.
  std::uint64_t identify(std::uint32_t i, int depth) {
    if (states_[i] == State::known) return identities_[i];
    states_[i] = State::in_work;
    const TypeId id{first_ + i};
    const Bytes record = view_.record(id);
    const btf::Info info = view_.info(id);
    const std::size_t start = words_.size();
    for (std::size_t byte = 0; byte + 4 <= record.size(); byte += 4) {
      words_.push_back(load<std::uint32_t>(record.data() + byte, view_.order()));
    }
    btf::for_each_reference(
        record.data(), btf::traits_or_unknown(info.kind), info.vlen, view_.order(),
        [&](std::size_t byte, std::uint32_t to) {
          const std::uint64_t identity = of(TypeId{to}, depth + 1);
          words_[start + byte / 4] = identity;
        },
        [&](std::size_t byte, std::uint32_t offset) {
          words_[start + byte / 4] = string_identity(view_.string(StrOff{offset}));
        });
    const std::uint64_t identity =
        XXH3_64bits(words_.data() + start, (words_.size() - start) * sizeof words_[0]);
    words_.resize(start);
    states_[i] = State::known;
    return identities_[i] = identity;
  }

  const btf::View& view_;
  std::uint32_t first_;
  std::span<const std::uint64_t> base_;  ///< Of base types, from id 1.
  std::vector<std::uint64_t> identities_;
  std::vector<State> states_;
  std::vector<std::uint64_t> words_;  ///< Records that are being hashed, one behind the other.
};

}  // namespace

Identities::Identities(const btf::View& view) {
  if (view.base() != nullptr) base = type_identities(*view.base());
  own = Identifier(view, base).run();
}

std::vector<std::uint64_t> type_identities(const btf::View& view) {
  return std::move(Identities(view).own);
}

std::uint64_t string_identity(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

std::uint64_t checksum_of(Bytes file) { return XXH3_64bits(file.data(), file.size()); }

IdentityMap::IdentityMap(std::size_t count) : slots_(std::bit_ceil(count * 2 + 2)) {}

std::size_t IdentityMap::slot_of(std::uint64_t identity) const {
  const std::size_t mask = slots_.size() - 1;
  identity += identity == 0 ? 1 : 0;
  std::size_t at = identity & mask;
  while (slots_[at].identity != identity && slots_[at].identity != 0) at = (at + 1) & mask;
  return at;
}

std::uint32_t& IdentityMap::operator[](std::uint64_t identity) {
  std::size_t at = slot_of(identity);
  if (slots_[at].identity == 0) {
    if (++taken_ * 2 > slots_.size()) {
      grow();
      at = slot_of(identity);
    }
    slots_[at].identity = identity == 0 ? 1 : identity;
  }
  return slots_[at].value;
}

void IdentityMap::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.identity != 0) slots_[slot_of(slot.identity)] = slot;
  }
}

}  // namespace btfreloc::kernels
