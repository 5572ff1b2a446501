#include "btf/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <utility>

#include "btf/name_index.h"
#include "btf/scan.h"

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kMinHeaderSize = 24;
constexpr std::uint32_t kHeaderSizeWithLayout = 32;

Location at_offset(std::string_view section, std::uint64_t offset) {
  return {.section = std::string(section), .offset = offset};
}

/// Byte order of a blob, from its magic number.
Result<std::endian> read_magic(Bytes blob, std::string_view section) {
  if (blob.size() < 2) {
    return fail(Errc::truncated, fmt::format("{} bytes are too few for a BTF header", blob.size()),
                at_offset(section, 0));
  }
  if (load<std::uint16_t>(blob.data(), std::endian::little) == kMagic) return std::endian::little;
  if (load<std::uint16_t>(blob.data(), std::endian::big) == kMagic) return std::endian::big;
  return fail(Errc::bad_format,
              fmt::format("no BTF here: the first bytes are {:02x} {:02x}, not 9f eb or eb 9f",
                          std::to_integer<unsigned>(blob[0]), std::to_integer<unsigned>(blob[1])),
              at_offset(section, 0));
}

/// A part of the blob as its header gives it: an offset from the end of the header, and a size.
Status check_part(std::string_view what, std::uint32_t header_size, std::uint32_t offset,
                  std::uint32_t size, Bytes blob, Location header_field) {
  const std::uint64_t end = std::uint64_t{header_size} + offset + size;
  if (end <= blob.size()) return {};
  return fail(Errc::truncated,
              fmt::format("the {} end at byte {}, there are {}", what, end, blob.size()),
              std::move(header_field), std::string(kCutShort));
}

/// Strings start with "" (in a base) and end with a NUL, so every offset inside is a C string.
Status check_strings(Bytes blob, const Header& header, bool is_split, std::string_view section) {
  if (header.strings_size == 0) {
    if (is_split) return {};
    return fail(Errc::bad_format, "there are no strings, not even the empty one",
                at_offset(section, header.strings_offset));
  }
  const Bytes strings = blob.subspan(header.strings_offset, header.strings_size);
  if (!is_split && strings.front() != std::byte{0}) {
    return fail(Errc::bad_format, "the strings do not start with the empty one",
                at_offset(section, header.strings_offset),
                "the BTF of a kernel module is split: name the kernel's with --base");
  }
  if (strings.back() != std::byte{0}) {
    return fail(Errc::bad_format, "the last string has no end",
                at_offset(section, header.strings_offset + header.strings_size - 1),
                std::string(kCutShort));
  }
  return {};
}

}  // namespace

std::uint64_t Header::end() const {
  return std::max({std::uint64_t{types_offset} + types_size,
                   std::uint64_t{strings_offset} + strings_size,
                   std::uint64_t{layout_offset} + layout_size, std::uint64_t{header_size}});
}

// magic u16, version u8, flags u8, header size u32, then offset and size of types, of strings
// and, from 32 bytes on, of the layout section. Offsets count from the end of the header.
Result<Header> read_header(Bytes blob, std::string_view section) {
  TRY(const std::endian order, read_magic(blob, section));
  if (blob.size() < kMinHeaderSize) {
    return fail(
        Errc::truncated,
        fmt::format("{} bytes are too few for a BTF header of {}", blob.size(), kMinHeaderSize),
        at_offset(section, 0), std::string(kCutShort));
  }
  const auto word = [&](std::size_t byte) {
    return load<std::uint32_t>(blob.data() + byte, order);
  };
  if (const auto version = std::to_integer<unsigned>(blob[2]); version != kVersion) {
    return fail(Errc::unsupported, fmt::format("BTF version {}, only 1 is known", version),
                at_offset(section, 2));
  }
  const std::uint32_t size = word(4);
  if (size < kMinHeaderSize || size > blob.size()) {
    return fail(size < kMinHeaderSize ? Errc::bad_format : Errc::truncated,
                fmt::format("a header of {} bytes in a blob of {}", size, blob.size()),
                at_offset(section, 4), std::string(kCutShort));
  }
  const bool has_layout = size >= kHeaderSizeWithLayout && word(28) != 0;
  TRY_OK(check_part("types", size, word(8), word(12), blob, at_offset(section, 8)));
  TRY_OK(check_part("strings", size, word(16), word(20), blob, at_offset(section, 16)));
  if (has_layout) {
    TRY_OK(check_part("layout entries", size, word(24), word(28), blob, at_offset(section, 24)));
  }
  if (word(8) % 4 != 0) {
    return fail(Errc::bad_format, fmt::format("types at offset {}, not a multiple of 4", word(8)),
                at_offset(section, 8));
  }
  if (std::uint64_t{word(8)} + word(12) > word(16)) {
    return fail(Errc::bad_format,
                fmt::format("the types end at {} and the strings start at {}",
                            std::uint64_t{word(8)} + word(12), word(16)),
                at_offset(section, 16));
  }
  const auto overlaps_layout = [&](std::uint64_t offset, std::uint64_t bytes) {
    return has_layout && word(24) < offset + bytes && offset < std::uint64_t{word(24)} + word(28);
  };
  if (overlaps_layout(word(8), word(12)) || overlaps_layout(word(16), word(20))) {
    return fail(Errc::bad_format, "the layout entries overlap the types or strings",
                at_offset(section, 24));
  }
  return Header{.order = order,
                .header_size = size,
                .types_offset = size + word(8),
                .types_size = word(12),
                .strings_offset = size + word(16),
                .strings_size = word(20),
                .layout_offset = size + (has_layout ? word(24) : 0),
                .layout_size = has_layout ? word(28) : 0};
}

View::View() : index_(std::make_unique<NameIndex>()) {}
View::View(View&&) noexcept = default;
View& View::operator=(View&&) noexcept = default;
View::~View() = default;

Result<View> View::open(Bytes blob, const View* base, std::string_view section) {
  TRY(const Header header, read_header(blob, section));
  if (base != nullptr && base->order() != header.order) {
    return fail(Errc::bad_format, "its base has the other byte order", at_offset(section, 0),
                "a module's BTF belongs to the kernel it was built for");
  }
  TRY_OK(check_strings(blob, header, base != nullptr, section));

  View view;
  view.blob_ = blob;
  view.header_ = header;
  view.base_ = base;
  view.first_id_ = TypeId{base != nullptr ? base->size() : 1};
  view.strings_start_ = base != nullptr ? base->strings_end_ : 0;
  view.strings_end_ = view.strings_start_ + header.strings_size;

  const Scanner scanner(blob, header, view.first_id_.value, section);
  TRY(Scan found, scanner.scan());
  const auto type_count = static_cast<std::uint32_t>(view.first_id_.value + found.offsets.size());
  if (found.max_type >= type_count || found.max_string >= std::max(view.strings_end_, 1U)) {
    return std::unexpected(
        scanner.first_bad_reference(found, type_count, view.strings_end_, base != nullptr));
  }
  view.offsets_ = std::move(found.offsets);
  return view;
}

std::uint64_t View::type_offset(TypeId id) const {
  if (id.value == 0) return 0;
  if (id < first_id_ && base_ != nullptr) return base_->type_offset(id);
  return header_.types_offset + offsets_[id.value - first_id_.value];
}

Bytes View::record(TypeId id) const {
  if (id.value == 0) return {};
  if (id < first_id_) return base_->record(id);
  const std::uint32_t index = id.value - first_id_.value;
  const std::uint32_t end = index + 1 < own_count() ? offsets_[index + 1] : header_.types_size;
  return blob_.subspan(header_.types_offset + std::size_t{offsets_[index]}, end - offsets_[index]);
}

std::string_view View::string(StrOff offset) const {
  if (offset.value < strings_start_) return base_->string(offset);
  if (offset.value >= strings_end_) return {};
  const auto* const text = reinterpret_cast<const char*>(blob_.data() + header_.strings_offset +
                                                         (offset.value - strings_start_));
  return {text, ::strnlen(text, kMaxStringSize)};
}

bool View::rest_is(StrOff offset, std::string_view text) const {
  if (offset.value < strings_start_) return base_->rest_is(offset, text);
  // The last byte of all is a zero, so that a text that fits has room for its own.
  if (offset.value >= strings_end_ || strings_end_ - offset.value <= text.size()) return false;
  const auto* const own = reinterpret_cast<const char*>(blob_.data() + header_.strings_offset +
                                                        (offset.value - strings_start_));
  return std::memcmp(own, text.data(), text.size()) == 0 && own[text.size()] == '\0';
}

Type View::decode(TypeId id) const {
  if (id.value == 0) return Void{};
  const std::byte* type = at(id);
  const auto word = [&](std::size_t byte) { return load<std::uint32_t>(type + byte, order()); };
  const StrOff name{word(0)};
  const Info info = Info::unpack(word(4));
  const ByteCount size{word(8)};
  const TypeId ref{word(8)};
  const auto records = [&]<class R>(R*) {
    return Records<R>(type + kTypeHeaderSize, info.vlen, order(), info.kind_flag);
  };
  if (info.kind >= kFirstUnknownKind) return Unknown{info.kind};
  switch (static_cast<Kind>(info.kind)) {
    case Kind::kVoid: return Void{};
    case Kind::kInt:
      return Int{.name = name,
                 .size = size,
                 .encoding = static_cast<std::uint8_t>(word(12) >> 24 & 0xf),
                 .offset = {word(12) >> 16 & 0xff},
                 .bits = {word(12) & 0xff}};
    case Kind::kPtr: return Ptr{ref};
    case Kind::kArray: return Array{TypeId{word(12)}, TypeId{word(16)}, word(20)};
    case Kind::kStruct: return Struct{name, size, records(static_cast<Member*>(nullptr))};
    case Kind::kUnion: return Union{name, size, records(static_cast<Member*>(nullptr))};
    case Kind::kEnum:
      return Enum{name, size, info.kind_flag, records(static_cast<Enumerator32*>(nullptr))};
    case Kind::kFwd: return Fwd{name, info.kind_flag};
    case Kind::kTypedef: return Typedef{name, ref};
    case Kind::kVolatile: return Volatile{ref};
    case Kind::kConst: return Const{ref};
    case Kind::kRestrict: return Restrict{ref};
    case Kind::kFunc: return Func{name, ref, static_cast<Linkage>(info.vlen)};
    case Kind::kFuncProto: return FuncProto{ref, records(static_cast<Param*>(nullptr))};
    case Kind::kVar: return Var{name, ref, static_cast<Linkage>(word(12))};
    case Kind::kDatasec: return Datasec{name, size, records(static_cast<SectionVar*>(nullptr))};
    case Kind::kFloat: return Float{name, size};
    case Kind::kDeclTag:
      return DeclTag{name, ref, static_cast<std::int32_t>(word(12)), info.kind_flag};
    case Kind::kTypeTag: return TypeTag{name, ref, info.kind_flag};
    case Kind::kEnum64:
      return Enum64{name, size, info.kind_flag, records(static_cast<Enumerator64*>(nullptr))};
  }
  std::unreachable();
}

TypeId View::skip(TypeId id, bool typedefs) const {
  for (int depth = 0; depth <= kMaxModifiers; ++depth) {
    switch (kind(id).value_or(Kind::kVoid)) {
      case Kind::kTypedef:
        if (!typedefs) return id;
        [[fallthrough]];
      case Kind::kConst:
      case Kind::kVolatile:
      case Kind::kRestrict:
      case Kind::kTypeTag: id = TypeId{word(id, 8)}; break;
      default: return id;
    }
  }
  return TypeId{0};
}

TypeId View::skip_modifiers(TypeId id) const { return skip(id, /*typedefs=*/false); }
TypeId View::skip_modifiers_and_typedefs(TypeId id) const { return skip(id, /*typedefs=*/true); }

std::span<const TypeId> View::named(std::string_view essential_name) const {
  return index_->find(*this, essential_name);
}

ByteCount View::pointer_size() const {
  if (base_ != nullptr) return base_->pointer_size();
  // Threads that find it at the same time find the same.
  const std::atomic_ref<std::uint32_t> known(pointer_size_);
  if (known.load(std::memory_order_relaxed) == 0) {
    const TypeId type = pointer_size_type();
    known.store(type.value == 0 ? 8 : third_word(type), std::memory_order_relaxed);
  }
  return {known.load(std::memory_order_relaxed)};
}

TypeId View::pointer_size_type() const {
  for (TypeId id{1}; id.value < size(); ++id.value) {
    if (kind_number(id) == static_cast<std::uint8_t>(Kind::kInt) && is_long(id)) return id;
  }
  return TypeId{0};
}

bool View::is_long(TypeId id) const {
  constexpr auto kSpellings = std::to_array<std::string_view>(
      {"long", "long int", "int long", "unsigned long", "long unsigned", "unsigned long int",
       "unsigned int long", "long unsigned int", "long int unsigned", "int unsigned long",
       "int long unsigned"});
  if (kind(id) != Kind::kInt) return false;
  const std::uint32_t bytes = third_word(id);
  return (bytes == 4 || bytes == 8) && std::ranges::count(kSpellings, name(id)) != 0;
}

std::optional<ByteCount> size_of(const View& view, TypeId id, ByteCount pointer_size) {
  std::uint64_t elements = 1;
  for (int depth = 0; depth <= kMaxModifiers; ++depth) {
    const auto kind = view.kind(id);
    if (!kind) return std::nullopt;
    std::uint64_t bytes = 0;
    switch (*kind) {
      case Kind::kInt:
      case Kind::kStruct:
      case Kind::kUnion:
      case Kind::kEnum:
      case Kind::kEnum64:
      case Kind::kDatasec:
      case Kind::kFloat: bytes = view.third_word(id); break;
      case Kind::kPtr: bytes = pointer_size.value; break;
      case Kind::kTypedef:
      case Kind::kVolatile:
      case Kind::kConst:
      case Kind::kRestrict:
      case Kind::kVar:
      case Kind::kDeclTag:
      case Kind::kTypeTag: id = TypeId{view.third_word(id)}; continue;
      case Kind::kArray: {
        const auto array = std::get<Array>(view.decode(id));
        elements *= array.nr_elems;
        if (elements > UINT32_MAX) return std::nullopt;
        id = array.type;
        continue;
      }
      case Kind::kVoid:
      case Kind::kFwd:
      case Kind::kFunc:
      case Kind::kFuncProto: return std::nullopt;
    }
    if (elements != 0 && bytes > UINT32_MAX / elements) return std::nullopt;
    return ByteCount{bytes * elements};
  }
  return std::nullopt;
}

std::size_t essential_length(std::string_view name) {
  for (std::size_t i = name.size() < 5 ? 0 : name.size() - 4; i-- > 0;) {
    if (name[i] != '_' && name.substr(i + 1, 3) == "___" && name[i + 4] != '_') return i + 1;
  }
  return name.size();
}

}  // namespace btfreloc::btf
