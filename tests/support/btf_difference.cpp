#include "support/btf_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Two BTFs are compared by colour refinement. At first, the colour of a type is everything that its
// record says but for ids: kind, flag, sizes, numbers, the text of its strings; for a named type
// also how many of that kind and name come before it. In each round, colours of what a type refers
// to become part of its own, until no two types that had one colour get different ones. Named types
// have colours of their own from the start, and no others can be in a cycle in C, so that equal
// colours are equal types. (Cycles without a name, which only a file from elsewhere has, are told
// apart by what can be reached from them.)
//
// Colours are 64-bit hashes: with a million types, two that differ get one colour in one run of
// about thirty million.

namespace btfreloc::test {
namespace {

/// How the words behind the header of a type, and of its records, are to be taken: 's' string
/// offset, 't' type id, 'n' number. Source: include/uapi/linux/btf.h.
struct Layout {
  std::string_view name;
  char third;  ///< 's', 't' or 'n'; '-': means nothing, but is compared.
  std::string_view fixed;
  std::string_view record;  ///< Repeated vlen times.
};

constexpr auto kLayouts = std::to_array<Layout>({
    {"VOID", '-', "", ""},       {"INT", 'n', "n", ""},         {"PTR", 't', "", ""},
    {"ARRAY", '-', "ttn", ""},   {"STRUCT", 'n', "", "stn"},    {"UNION", 'n', "", "stn"},
    {"ENUM", 'n', "", "sn"},     {"FWD", '-', "", ""},          {"TYPEDEF", 't', "", ""},
    {"VOLATILE", 't', "", ""},   {"CONST", 't', "", ""},        {"RESTRICT", 't', "", ""},
    {"FUNC", 't', "", ""},       {"FUNC_PROTO", 't', "", "st"}, {"VAR", 't', "n", ""},
    {"DATASEC", 'n', "", "tnn"}, {"FLOAT", 'n', "", ""},        {"DECL_TAG", 't', "n", ""},
    {"TYPE_TAG", 't', "", ""},   {"ENUM64", 'n', "", "snn"},
});

/// Kinds whose types are known by their names, by number: INT, STRUCT, UNION, ENUM, FWD, TYPEDEF,
/// FUNC, VAR, DATASEC, FLOAT, ENUM64. Tags have texts, which many share.
constexpr std::uint32_t kNamedKinds = 1U << 1 | 1U << 4 | 1U << 5 | 1U << 6 | 1U << 7 | 1U << 8 |
                                      1U << 12 | 1U << 14 | 1U << 15 | 1U << 16 | 1U << 19;

constexpr std::uint32_t kFwd = 7;

using Colour = std::uint64_t;

/// A hash of `a` and `b` in that order. Source of the constants: SplitMix64.
constexpr Colour mix(Colour a, Colour b) {
  Colour x = std::rotl(a, 23) * 0xbf58476d1ce4e5b9U + b + 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

Colour mix(Colour a, std::string_view text) {
  Colour hash = mix(a, text.size());
  while (!text.empty()) {
    Colour word = 0;
    const std::size_t size = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), size);
    hash = mix(hash, word);
    text.remove_prefix(size);
  }
  return hash;
}

void require(bool condition, std::string_view what) {
  if (!condition) throw std::runtime_error(fmt::format("no BTF: {}", what));
}

/// One blob: the words of its types, and its strings.
class Blob {
 public:
  explicit Blob(Bytes bytes) : bytes_(bytes) {
    require(bytes.size() >= 24, "no header");
    const bool is_little = bytes[0] == std::byte{0x9f} && bytes[1] == std::byte{0xeb};
    const bool is_big = bytes[0] == std::byte{0xeb} && bytes[1] == std::byte{0x9f};
    require(is_little || is_big, "no magic number");
    order_ = is_little ? std::endian::little : std::endian::big;
    const std::uint64_t header = word(4);
    types_ = header + word(8);
    types_end_ = types_ + word(12);
    strings_ = header + word(16);
    strings_end_ = strings_ + word(20);
    require(types_end_ <= bytes.size() && strings_end_ <= bytes.size(), "too short");
  }

  std::endian order() const { return order_; }
  std::uint32_t word(std::uint64_t at) const {
    require(at + 4 <= bytes_.size(), "a type is cut");
    std::uint32_t value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return order_ == std::endian::native ? value : std::byteswap(value);
  }
  std::uint64_t types() const { return types_; }  ///< In bytes from the start of the blob.
  std::uint64_t types_end() const { return types_end_; }
  std::uint64_t strings_size() const { return strings_end_ - strings_; }
  std::string_view string(std::uint64_t offset) const {
    require(offset < strings_size(), "a string outside");
    const char* const text = reinterpret_cast<const char*>(bytes_.data() + strings_ + offset);
    const std::uint64_t most = strings_size() - offset;
    const std::size_t size = ::strnlen(text, most);
    require(size < most, "a string without an end");
    return {text, size};
  }

 private:
  Bytes bytes_;
  std::endian order_ = std::endian::little;
  std::uint64_t types_ = 0, types_end_ = 0, strings_ = 0, strings_end_ = 0;
};

/// One type, without colours.
struct Type {
  const Blob* blob;
  std::uint64_t at;  ///< In bytes from the start of the blob.
  std::uint32_t kind;
  std::uint32_t vlen;
  bool flag;
  std::string_view name;
  std::uint32_t nth = 0;  ///< Of the named: how many of that kind and name come before it.
  bool is_of_base;
  std::uint32_t first_reference = 0;  ///< Index into Graph::references.

  bool is_named() const { return (kNamedKinds >> kind & 1) != 0 && !name.empty(); }
};

/// All types of a BTF and its base, and what they refer to.
class Graph {
 public:
  explicit Graph(const RawBtf& btf) {
    types_.push_back({.blob = nullptr,
                      .at = 0,
                      .kind = 0,
                      .vlen = 0,
                      .flag = false,
                      .name = "void",
                      .is_of_base = true});
    colours_.push_back(mix(0, "void"));
    if (!btf.base.empty()) base_.emplace(btf.base);
    blob_.emplace(btf.blob);
    if (base_) read(*base_, true);
    first_own_ = base_ ? size() : 1;
    read(*blob_, false);
    for (const std::uint32_t id : references_) require(id < size(), "an id without a type");
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  std::endian order() const { return blob_->order(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(types_.size()); }
  std::uint32_t first_own() const { return first_own_; }
  const Type& type(std::uint32_t id) const { return types_[id]; }
  const std::vector<Colour>& colours() const { return colours_; }

  std::span<const std::uint32_t> references(std::uint32_t id) const {
    const std::size_t end = id + 1 < size() ? types_[id + 1].first_reference : references_.size();
    return std::span(references_)
        .subspan(types_[id].first_reference, end - types_[id].first_reference);
  }

  /// One more round.
  void refine() {
    std::vector<Colour> next(size());
    for (std::uint32_t id = 0; id < size(); ++id) {
      Colour colour = colours_[id];
      for (const std::uint32_t to : references(id)) colour = mix(colour, colours_[to]);
      next[id] = colour;
    }
    colours_ = std::move(next);
  }

  /// Calls f(what, value, text) for every word of a type behind its second: 's', 't', 'n' or '-',
  /// and the text of a string.
  template <class F>
  void for_each_word(const Type& type, F&& f) const {
    const Layout& layout = kLayouts[type.kind];
    const auto pass = [&](char what, std::uint64_t at) {
      const std::uint32_t value = type.blob->word(at);
      f(what, value, what == 's' ? string(*type.blob, value) : std::string_view());
    };
    std::uint64_t at = type.at + 8;
    pass(layout.third, at);
    for (const char what : layout.fixed) pass(what, at += 4);
    for (std::uint32_t i = 0; i < type.vlen && !layout.record.empty(); ++i) {
      for (const char what : layout.record) pass(what, at += 4);
    }
  }

 private:
  void read(const Blob& blob, bool is_of_base) {
    // By kind, flag of a forward declaration, and name.
    std::map<std::pair<std::uint32_t, std::string_view>, std::uint32_t> seen;
    for (std::uint64_t at = blob.types(); at < blob.types_end();) {
      const std::uint32_t info = blob.word(at + 4);
      Type type{.blob = &blob,
                .at = at,
                .kind = info >> 24 & 0x7f,
                .vlen = info & 0xffffff,
                .flag = info >> 31 != 0,
                .name = string(blob, blob.word(at)),
                .is_of_base = is_of_base,
                .first_reference = static_cast<std::uint32_t>(references_.size())};
      require(type.kind != 0 && type.kind < kLayouts.size(), "a kind that is not known");
      const Layout& layout = kLayouts[type.kind];
      at += 12 + 4 * (layout.fixed.size() + layout.record.size() * std::uint64_t{type.vlen});
      require(at <= blob.types_end(), "a type is cut");
      if (type.is_named()) {
        const bool is_union = type.kind == kFwd && type.flag;
        type.nth = seen[{type.kind | (is_union ? 0x80U : 0U), type.name}]++;
      }
      add(type);
    }
  }

  void add(const Type& type) {
    Colour colour = mix(mix(type.is_of_base, type.kind), mix(type.flag, type.vlen));
    colour = mix(mix(colour, type.name), type.is_named() ? type.nth : ~Colour{0});
    for_each_word(type, [&](char what, std::uint32_t value, std::string_view text) {
      if (what == 't') {
        references_.push_back(value);
      } else {
        colour = what == 's' ? mix(colour, text) : mix(colour, value);
      }
    });
    types_.push_back(type);
    colours_.push_back(colour);
  }

  /// Offsets of split BTF continue those of its base.
  std::string_view string(const Blob& blob, std::uint64_t offset) const {
    if (!base_ || &blob == &*base_) return blob.string(offset);
    return offset < base_->strings_size() ? base_->string(offset)
                                          : blob.string(offset - base_->strings_size());
  }

  std::optional<Blob> base_;
  std::optional<Blob> blob_;
  std::uint32_t first_own_ = 1;
  std::vector<Type> types_;  ///< By id.
  std::vector<std::uint32_t> references_;
  std::vector<Colour> colours_;  ///< By id.
};

std::string title(const Graph& graph, std::uint32_t id) {
  const Type& type = graph.type(id);
  if (id == 0) return "void";
  std::string text(kLayouts[type.kind].name);
  if (!type.name.empty()) text += fmt::format(" '{}'", type.name.substr(0, 100));
  if (type.nth > 0) text += fmt::format(" (#{} of them)", type.nth);
  return text;
}

/// All of a type on one line, for people.
std::string text_of(const Graph& graph, std::uint32_t id) {
  constexpr std::size_t kMost = 2000;  // characters
  const Type& type = graph.type(id);
  std::string text = fmt::format("[{}] {} vlen={}{}", id, title(graph, id), type.vlen,
                                 type.flag ? " kind_flag" : "");
  graph.for_each_word(type, [&](char what, std::uint32_t value, std::string_view string) {
    if (text.size() > kMost) return;
    if (what == 's') text += fmt::format(" '{}'", string);
    if (what == 't') text += fmt::format(" -> {}", title(graph, value));
    if (what == 'n' || what == '-') text += fmt::format(" {:#x}", value);
  });
  return text;
}

/// A type that refers to this one, for people who look for it.
std::string text_of_user(const Graph& graph, std::uint32_t id) {
  for (std::uint32_t user = graph.first_own(); user < graph.size(); ++user) {
    const auto to = graph.references(user);
    if (std::ranges::find(to, id) != to.end()) return "; used by " + text_of(graph, user);
  }
  return "; used by none";
}

std::string report(const Graph& graph, std::uint32_t id, const Graph& other, bool is_first) {
  const Type& type = graph.type(id);
  std::string text =
      fmt::format("only the {} has {}", is_first ? "first" : "second", text_of(graph, id));
  if (!type.is_named()) return text + text_of_user(graph, id);
  for (std::uint32_t i = other.first_own(); i < other.size(); ++i) {
    const Type& candidate = other.type(i);
    if (candidate.kind == type.kind && candidate.name == type.name && candidate.nth == type.nth &&
        (type.kind != kFwd || candidate.flag == type.flag)) {
      return text + "; the other one is " + text_of(other, i);
    }
  }
  return text + "; the other one lacks it";
}

/// Own types by colour, then id. With merged copies, one of each colour.
std::vector<std::pair<Colour, std::uint32_t>> sorted_own(const Graph& graph, Copies copies) {
  std::vector<std::pair<Colour, std::uint32_t>> own;
  for (std::uint32_t id = graph.first_own(); id < graph.size(); ++id) {
    own.emplace_back(graph.colours()[id], id);
  }
  std::ranges::sort(own);
  if (copies == Copies::merged) {
    const auto same = std::ranges::unique(own, {}, &std::pair<Colour, std::uint32_t>::first);
    own.erase(same.begin(), same.end());
  }
  return own;
}

/// The first type, by id, that is in only one of the two; nullopt for none.
struct Found {
  std::uint32_t id;
  bool is_in_first;
};
std::optional<Found> first_difference(const Graph& a, const Graph& b, Copies copies) {
  const auto ours = sorted_own(a, copies);
  const auto theirs = sorted_own(b, copies);
  std::optional<Found> found;
  const auto note = [&](std::uint32_t id, bool is_in_first) {
    if (!found || std::pair(!is_in_first, id) < std::pair(!found->is_in_first, found->id)) {
      found = {.id = id, .is_in_first = is_in_first};
    }
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ours.size() || j < theirs.size()) {
    if (j == theirs.size() || (i < ours.size() && ours[i].first < theirs[j].first)) {
      note(ours[i++].second, true);
    } else if (i == ours.size() || theirs[j].first < ours[i].first) {
      note(theirs[j++].second, false);
    } else {
      ++i;
      ++j;
    }
  }
  return found;
}

std::size_t count_colours(const Graph& a, const Graph& b) {
  std::vector<Colour> all = a.colours();
  all.insert(all.end(), b.colours().begin(), b.colours().end());
  std::ranges::sort(all);
  return all.size() - std::ranges::unique(all).size();
}

}  // namespace

std::string difference(const RawBtf& first, const RawBtf& second, Copies copies) {
  Graph a(first);
  Graph b(second);
  if (a.order() != b.order()) return "they have different byte orders";
  for (std::size_t colours = count_colours(a, b);;) {
    if (const auto found = first_difference(a, b, copies)) {
      return found->is_in_first ? report(a, found->id, b, true) : report(b, found->id, a, false);
    }
    a.refine();
    b.refine();
    const std::size_t now = count_colours(a, b);
    if (now == colours) break;
    colours = now;
  }
  return "";
}

}  // namespace btfreloc::test
