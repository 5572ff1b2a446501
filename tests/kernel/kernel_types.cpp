#include "kernel/kernel_types.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>

#include "btf/kinds.h"
#include "btf/types.h"
#include "btf/view.h"

namespace btfreloc::test {
namespace {

std::uint32_t id_of(const ::btf* btf, const char* name, std::uint32_t kind) {
  const int id = ::btf__find_by_name_kind(btf, name, kind);
  if (id < 0) throw std::runtime_error(std::string("libbpf finds no ") + name);
  return static_cast<std::uint32_t>(id);
}

std::uint64_t size_of(const ::btf* btf, const char* name, std::uint32_t kind) {
  return static_cast<std::uint64_t>(::btf__resolve_size(btf, id_of(btf, name, kind)));
}

const ::btf_type* struct_of(const ::btf* btf, const char* name) {
  return ::btf__type_by_id(btf, id_of(btf, name, BTF_KIND_STRUCT));
}

/// Index of a named member of the struct itself; throws when it has none.
std::uint16_t member_of(const ::btf* btf, const ::btf_type* type, std::string_view member) {
  for (std::uint16_t i = 0; i < ::btf_vlen(type); ++i) {
    if (member == ::btf__name_by_offset(btf, ::btf_members(type)[i].name_off)) return i;
  }
  throw std::runtime_error("libbpf finds no member " + std::string(member));
}

/// In bytes.
std::uint64_t offset_of(const ::btf* btf, const char* name, const char* member) {
  const ::btf_type* type = struct_of(btf, name);
  return ::btf_member_bit_offset(type, member_of(btf, type, member)) / 8;
}

/// In bytes.
std::uint64_t size_of_member(const ::btf* btf, const char* name, const char* member) {
  const ::btf_type* type = struct_of(btf, name);
  return static_cast<std::uint64_t>(
      ::btf__resolve_size(btf, ::btf_members(type)[member_of(btf, type, member)].type));
}

/// Enumerators of all enums of that name, 32 or 64 bits wide.
std::optional<std::uint64_t> enumerator(const ::btf* btf, std::string_view name,
                                        std::string_view enumerator) {
  for (std::uint32_t id = 1; id < ::btf__type_cnt(btf); ++id) {
    const ::btf_type* type = ::btf__type_by_id(btf, id);
    if (!::btf_is_any_enum(type) || name != ::btf__name_by_offset(btf, type->name_off)) continue;
    for (std::uint16_t i = 0; i < ::btf_vlen(type); ++i) {
      if (::btf_is_enum64(type)) {
        const struct ::btf_enum64& value = ::btf_enum64(type)[i];
        if (enumerator == ::btf__name_by_offset(btf, value.name_off)) {
          return std::uint64_t{value.val_hi32} << 32 | value.val_lo32;
        }
      } else if (enumerator == ::btf__name_by_offset(btf, ::btf_enum(type)[i].name_off)) {
        return static_cast<std::uint64_t>(std::int64_t{::btf_enum(type)[i].val});
      }
    }
  }
  return std::nullopt;
}

std::uint64_t value_of(const ::btf* btf, const char* name, const char* enumerator_name) {
  if (const auto value = enumerator(btf, name, enumerator_name)) return *value;
  throw std::runtime_error(std::string("libbpf finds no ") + enumerator_name);
}

std::uint32_t added(int id) {
  if (id <= 0) throw std::runtime_error("libbpf adds no type");
  return static_cast<std::uint32_t>(id);
}

/// A place in the record of the private module.
struct Place {
  const char* member;
  std::uint32_t offset;  ///< In bytes.
  std::uint32_t size;    ///< In bytes.
};

/// Of the stores to more bytes than in the object there is only that of an immediate: that of a
/// register would be poisoned.
constexpr Place kStored[] = {
    {"st_quad", 0, 8},    {"stx_shrunk", 8, 4}, {"stx_byte", 13, 1}, {"st_byte", 14, 1},
    {"st_half", 18, 2},   {"stx_word", 20, 4},  {"st_word", 24, 4},  {"stx_quad", 32, 8},
    {"stx_grown", 40, 4}, {"st_grown", 48, 8},  {"stx_half", 90, 2},
};
constexpr Place kLoaded = {"ldx_quad", 56, 8};
constexpr Place kShrunk = {"ldx_shrunk", 66, 2};
/// Bitfields of the four bytes here.
constexpr std::uint32_t kBitsOffset = 28;
constexpr std::uint32_t kBitsFirst = 3, kBitsCount = 5;
constexpr std::uint32_t kSignedBitsFirst = 15, kSignedBitsCount = 7;

constexpr std::uint64_t kWide = 0x123456789abcdef0;
constexpr std::int32_t kNegative = -5;

std::uint64_t stored_value(const Place& place) {
  const std::string_view member = place.member;
  if (member.ends_with("byte")) return KV_STORED_BYTE;
  if (member.ends_with("half")) return KV_STORED_HALF;
  if (member.ends_with("word") || member.ends_with("grown")) return KV_STORED_WORD;
  return KV_STORED_QUAD;
}

template <class Number>
Number read(const private_values& values, std::uint32_t offset) {
  Number number;
  std::memcpy(&number, values.record + offset, sizeof number);
  return number;
}

}  // namespace

LibbpfBtf libbpf_btf(Bytes blob) {
  LibbpfBtf btf(::btf__new(blob.data(), static_cast<std::uint32_t>(blob.size())), &::btf__free);
  if (btf == nullptr) throw std::runtime_error("libbpf refuses the BTF");
  return btf;
}

type_values types_according_to_libbpf(const ::btf* kernel, const std::string& object_path) {
  const LibbpfBtf object(::btf__parse_elf(object_path.c_str(), nullptr), &::btf__free);
  if (object == nullptr) throw std::runtime_error("libbpf refuses the BTF of the object");
  const auto arena = enumerator(kernel, "bpf_map_type", "BPF_MAP_TYPE_ARENA");
  return {
      .size_task = size_of(kernel, "task_struct", BTF_KIND_STRUCT),
      .size_inode = size_of(kernel, "inode", BTF_KIND_STRUCT),
      .size_kuid = size_of(kernel, "kuid_t", BTF_KIND_TYPEDEF),
      .id_task = id_of(kernel, "task_struct", BTF_KIND_STRUCT),
      .id_local_task = id_of(object.get(), "task_struct", BTF_KIND_STRUCT),
      .offset_pid = offset_of(kernel, "task_struct", "pid"),
      .offset_tgid = offset_of(kernel, "task_struct", "tgid"),
      .offset_comm = offset_of(kernel, "task_struct", "comm"),
      .offset_rlim_3 = offset_of(kernel, "signal_struct", "rlim") +
                       3 * size_of(kernel, "rlimit", BTF_KIND_STRUCT),
      .size_comm = size_of_member(kernel, "task_struct", "comm"),
      .size_pointer = ::btf__pointer_size(kernel),
      .is_pid_signed = 1,
      .is_flags_signed = 0,
      .pidtype_tgid = value_of(kernel, "pid_type", "PIDTYPE_TGID"),
      .pidtype_sid = value_of(kernel, "pid_type", "PIDTYPE_SID"),
      .zone_movable = value_of(kernel, "zone_type", "ZONE_MOVABLE"),
      .lru_unevictable = value_of(kernel, "lru_list", "LRU_UNEVICTABLE"),
      .context_kernel = value_of(kernel, "perf_callchain_context", "PERF_CONTEXT_KERNEL"),
      .has_arena = arena.has_value(),
      .arena = arena.value_or(0),
      .has_state = 1,
      .has_old_state = 0,
      .has_task = 1,
      .has_missing = 0,
      .has_missing_member = 0,
      .matches_list_head = 1,
      .matches_old_task = 0,
  };
}

std::vector<std::byte> private_module(::btf* kernel) {
  const LibbpfBtf module(::btf__new_empty_split(kernel), &::btf__free);
  if (module == nullptr) throw std::runtime_error("libbpf makes no split BTF");
  ::btf* const btf = module.get();
  const std::uint32_t byte = added(::btf__add_int(btf, "unsigned char", 1, 0));
  const std::uint32_t half = added(::btf__add_int(btf, "unsigned short", 2, 0));
  const std::uint32_t word = added(::btf__add_int(btf, "unsigned int", 4, 0));
  const std::uint32_t quad = added(::btf__add_int(btf, "unsigned long", 8, 0));
  const std::uint32_t signed_word = added(::btf__add_int(btf, "int", 4, BTF_INT_SIGNED));

  added(::btf__add_struct(btf, "btfreloc_private", sizeof private_values::record));
  int status = 0;
  const auto add = [&](const Place& place) {
    const std::uint32_t type = place.size == 1   ? byte
                               : place.size == 2 ? half
                               : place.size == 4 ? word
                                                 : quad;
    status |= ::btf__add_field(btf, place.member, static_cast<int>(type), place.offset * 8, 0);
  };
  std::ranges::for_each(kStored, add);
  add(kLoaded);
  add(kShrunk);
  status |= ::btf__add_field(btf, "bits", static_cast<int>(word), kBitsOffset * 8 + kBitsFirst,
                             kBitsCount);
  status |= ::btf__add_field(btf, "signed_bits", static_cast<int>(signed_word),
                             kBitsOffset * 8 + kSignedBitsFirst, kSignedBitsCount);

  added(::btf__add_enum64(btf, "btfreloc_private_wide", 8, false));
  status |= ::btf__add_enum64_value(btf, "BTFRELOC_WIDE", kWide);
  added(::btf__add_enum(btf, "btfreloc_private_negative", 4));
  status |= ::btf__add_enum_value(btf, "BTFRELOC_NEGATIVE", kNegative);
  if (status != 0) throw std::runtime_error("libbpf adds no member");

  std::uint32_t size = 0;
  const auto* bytes = static_cast<const std::byte*>(::btf__raw_data(btf, &size));
  return {bytes, bytes + size};
}

private_values expected_private_values(const private_values& before) {
  private_values values = before;
  values.size = sizeof values.record;
  values.wide = kWide;
  values.negative = static_cast<std::uint64_t>(std::int64_t{kNegative});
  values.loaded = read<std::uint64_t>(before, kLoaded.offset);
  values.shrunk = read<std::uint16_t>(before, kShrunk.offset);
  const auto bits = read<std::uint32_t>(before, kBitsOffset);
  values.bits = bits >> kBitsFirst & ((1U << kBitsCount) - 1);
  // To the top and back, with the sign.
  values.signed_bits = static_cast<std::uint64_t>(
      std::int64_t{static_cast<std::int32_t>(bits << (32 - kSignedBitsFirst - kSignedBitsCount))} >>
      (32 - kSignedBitsCount));
  for (const Place& place : kStored) {
    const std::uint64_t value = stored_value(place);
    std::memcpy(values.record + place.offset, &value, place.size);
  }
  return values;
}

std::vector<std::byte> with_pid_and_tgid_swapped(Bytes kernel) {
  const auto view = btf::View::open(kernel);
  if (!view) throw std::runtime_error(view.error().message);
  std::vector<std::byte> bytes(kernel.begin(), kernel.end());
  for (const TypeId id : view->named("task_struct")) {
    const btf::Type type = view->decode(id);
    const auto* task = std::get_if<btf::Struct>(&type);
    if (task == nullptr) continue;
    // Where the third word of a member record, its offset, lies.
    // Source: include/uapi/linux/btf.h, struct btf_type and struct btf_member.
    std::byte *pid = nullptr, *tgid = nullptr;
    std::byte* word = bytes.data() + view->type_offset(id) + 12 + 8;
    for (const btf::Member& member : task->members) {
      if (view->string_is(member.name, "pid")) pid = word;
      if (view->string_is(member.name, "tgid")) tgid = word;
      word += btf::Member::kSize;
    }
    if (pid == nullptr || tgid == nullptr) continue;
    std::swap_ranges(pid, pid + 4, tgid);
    return bytes;
  }
  throw std::runtime_error("no task_struct with pid and tgid");
}

}  // namespace btfreloc::test
