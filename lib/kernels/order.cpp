#include "kernels/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/order/coder.h"
#include "kernels/order/file.h"
#include "kernels/order/graph.h"
#include "kernels/order/identities.h"
#include "kernels/order/stored.h"
#include "kernels/order/string_order.h"
#include "kernels/order/type_order.h"
#include "kernels/order/used_strings.h"

namespace btfreloc::kernels {
namespace {

/// What is known of the canonical BTF and the reference alone, to writer and reader alike.
struct Known {
  const btf::View& canonical;
  Identities identities;  ///< Of types.
  IdentityMap types;      ///< Own types by identity.
  bool is_unique = true;  ///< No two types have one identity.
  TypeGraph graph;
  UsedStrings strings;
  std::vector<std::uint32_t> base_strings;       ///< Where strings lie in the original base.
  std::vector<std::uint32_t> base_types;         ///< Ids in the original base, by canonical id.
  std::vector<std::uint32_t> reference_types;    ///< Those that are here, too.
  std::vector<std::uint32_t> reference_strings;  ///< The same.

  Known(const btf::View& view, const btf::View* base, const Sequence* reference)
      : canonical(view), identities(view), types(view.own_count()), graph(view), strings(view) {
    for (std::uint32_t type = 0; type < identities.own.size(); ++type) {
      std::uint32_t& known = types[identities.own[type]];
      if (known != IdentityMap::kNone) is_unique = false;
      known = type;
    }
    find_base(base);
    if (reference != nullptr) find_reference(*reference);
  }

 private:
  void find_base(const btf::View* base) {
    base_strings.assign(strings.size(), UsedStrings::kNone);
    if (base == nullptr) return;
    base_strings = strings.offsets_in(*base);
    const std::vector<std::uint64_t> originals = type_identities(*base);
    IdentityMap ids(originals.size());
    for (std::uint32_t i = 0; i < originals.size(); ++i) ids[originals[i]] = i + 1;
    base_types.push_back(0);
    for (const std::uint64_t identity : identities.base) base_types.push_back(ids.find(identity));
  }

  void find_reference(const Sequence& reference) {
    const auto add = [](std::uint32_t found, std::vector<bool>& seen,
                        std::vector<std::uint32_t>& to) {
      if (found == UINT32_MAX || seen[found]) return;
      seen[found] = true;
      to.push_back(found);
    };
    std::vector<bool> seen_types(graph.size());
    for (const std::uint64_t type : reference.types)
      add(types.find(type), seen_types, reference_types);
    std::vector<bool> seen_strings(strings.size());
    for (std::uint32_t i = 0; i < strings.size(); ++i) {
      seen_strings[i] = base_strings[i] != UsedStrings::kNone;
    }
    for (const std::uint64_t string : reference.strings) {
      add(strings.find(string), seen_strings, reference_strings);
    }
  }
};

FileParts parts_of(const Known& known, const btf::View* base, const StoredOrder& stored,
                   std::span<const std::uint32_t> types, std::span<const std::uint32_t> strings) {
  return {.canonical = known.canonical,
          .strings = known.strings,
          .stored = stored,
          .types = types,
          .string_order = strings,
          .base_strings = known.base_strings,
          .strings_start = base == nullptr ? 0 : base->strings_end(),
          .first_id = base == nullptr ? 1 : base->size(),
          .base_types = known.base_types};
}

/// Types of the canonical BTF in the order of the original; nullopt where they are not the same.
std::optional<std::vector<std::uint32_t>> types_of(const Known& known, const btf::View& original) {
  const std::vector<std::uint64_t> identities = type_identities(original);
  if (!known.is_unique || identities.size() != known.graph.size()) return std::nullopt;
  std::vector<std::uint32_t> order;
  order.reserve(identities.size());
  std::vector<bool> seen(identities.size());
  for (const std::uint64_t identity : identities) {
    const std::uint32_t type = known.types.find(identity);
    if (type == IdentityMap::kNone || seen[type]) return std::nullopt;
    seen[type] = true;
    order.push_back(type);
  }
  return order;
}

/// The strings of the original, by number; texts of others go to `stored`.
std::vector<std::uint32_t> strings_of(const Known& known, const btf::View& original,
                                      std::span<const std::uint32_t> first_use,
                                      StoredOrder& stored) {
  std::vector<bool> expected(known.strings.size());
  for (const std::uint32_t string : first_use) expected[string] = true;
  std::vector<std::uint32_t> order;
  for_each_string_of(original.strings(), [&](std::uint32_t, std::string_view text) {
    const std::uint32_t string = known.strings.find(string_identity(text));
    if (string != UsedStrings::kNone && expected[string]) {
      expected[string] = false;
      order.push_back(string);
      return;
    }
    order.push_back(kOtherString);
    stored.other_texts += text;
    stored.other_texts += '\0';
  });
  stored.strings = static_cast<std::uint32_t>(order.size());
  return order;
}

/// How many bytes besides the orders are kept at most; else the whole file is.
std::uint64_t most_kept(const btf::View& canonical) {
  return canonical.blob_size() + (std::uint64_t{1} << 20);
}

/// nullopt where the original is not what an order can say.
std::optional<StoredOrder> make_order(const Known& known, const btf::View& original) {
  StoredOrder stored;
  if (!split_file(original, stored)) return std::nullopt;
  const auto types = types_of(known, original);
  if (!types) return std::nullopt;
  const std::vector<std::uint32_t> first_use = known.strings.first_use(*types, known.base_strings);
  const std::vector<std::uint32_t> strings = strings_of(known, original, first_use, stored);
  BitWriter bits;
  write_type_order(bits, known.graph, known.reference_types, *types);
  write_string_order(bits, first_use, known.reference_strings, strings);
  stored.bits = bits.finish();
  const auto made = put_together(parts_of(known, original.base(), stored, *types, strings));
  if (!made) return std::nullopt;
  auto patches = find_patches(*made, original.blob());
  if (!patches) return std::nullopt;
  stored.patches = *std::move(patches);
  return stored;
}

Result<std::vector<std::byte>> read_order(const Known& known, const btf::View* base,
                                          const StoredOrder& stored) {
  if (!known.is_unique) return fail_order("two types of the kernel cannot be told apart");
  BitReader bits(stored.bits);
  const auto types = read_type_order(bits, known.graph, known.reference_types);
  if (!types) return fail_order("the order of types leads nowhere");
  const std::vector<std::uint32_t> first_use = known.strings.first_use(*types, known.base_strings);
  if (stored.strings > first_use.size() + stored.other_texts.size()) {
    return fail_order(fmt::format("there are fewer than {} strings", stored.strings));
  }
  const auto strings = read_string_order(bits, first_use, known.reference_strings, stored.strings);
  if (!strings) return fail_order("the order of strings leads nowhere");
  TRY(std::vector<std::byte> file, put_together(parts_of(known, base, stored, *types, *strings)));
  TRY_OK(apply_patches(stored.patches, file));
  return file;
}

}  // namespace

Sequence sequence_of(const btf::View& btf) {
  Sequence sequence = {.types = type_identities(btf), .strings = {}};
  for_each_string_of(btf.strings(), [&](std::uint32_t, std::string_view text) {
    sequence.strings.push_back(string_identity(text));
  });
  return sequence;
}

Result<std::vector<std::byte>> encode_order(const btf::View& original, Bytes original_bytes,
                                            const btf::View& canonical, const Sequence* reference) {
  if (original_bytes.size() > kMaxFileSize) {
    return fail(
        Errc::out_of_range,
        fmt::format("BTF of {} bytes is too long to be kept with its ids", original_bytes.size()),
        {.section = ".BTF"}, "add it without --keep-ids");
  }
  const std::uint64_t checksum = checksum_of(original_bytes);
  const auto can_restore = [&](Bytes order) {
    const auto restored = restore(canonical, original.base(), order, reference);
    return restored && std::ranges::equal(*restored, original_bytes);
  };
  if ((original.base() == nullptr) == (canonical.base() == nullptr) &&
      std::ranges::equal(original.blob(), original_bytes)) {
    const Known known(canonical, original.base(), reference);
    if (const auto stored = make_order(known, original)) {
      std::vector<std::byte> order = pack(*stored, checksum);
      if (can_restore(order)) return order;
    }
  }
  std::vector<std::byte> file = pack_file(original_bytes, checksum);
  if (!can_restore(file))
    return fail(Errc::out_of_range, "BTF cannot be kept with its ids", {.section = ".BTF"},
                "add it without --keep-ids");
  return file;
}

Result<std::vector<std::byte>> restore(const btf::View& canonical, const btf::View* base,
                                       Bytes order, const Sequence* reference) {
  TRY(const Packed packed, open_packed(order));
  std::vector<std::byte> file;
  if (packed.is_file) {
    TRY(file, unpack_file(packed.content));
  } else {
    TRY(const StoredOrder stored, unpack(packed.content, most_kept(canonical)));
    if ((base == nullptr) != (canonical.base() == nullptr)) {
      return fail_order("it is for a module, or is not");
    }
    TRY(file, read_order(Known(canonical, base, reference), base, stored));
  }
  if (checksum_of(file) != packed.checksum) return fail_order("another file comes out");
  return file;
}

}  // namespace btfreloc::kernels
