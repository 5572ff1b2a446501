#include "btf/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kHeaderSize = 24;
constexpr std::uint32_t kHeaderSizeWithLayout = 32;
constexpr std::size_t kSmallestTable = 64;  // slots; a power of two, as all sizes

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

void append_bytes(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> copied(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// The NUL-terminated string at the start of `bytes`, which have a NUL.
std::string_view c_string(Bytes bytes) {
  const std::string_view chars = as_chars(bytes);
  return chars.substr(0, chars.find('\0'));
}

/// Calls f(offset, text) for every string of a section whose first byte has offset `start`.
template <class F>
void for_each_string(Bytes section, std::uint32_t start, F&& f) {
  for (std::size_t at = 0; at < section.size();) {
    const std::string_view text = c_string(section.subspan(at));
    f(start + static_cast<std::uint32_t>(at), text);
    at += text.size() + 1;
  }
}

}  // namespace

Builder::Builder(std::endian order, const View* base)
    : order_(order),
      base_(base),
      next_id_(base != nullptr ? base->size() : 1),
      strings_start_(base != nullptr ? base->strings_end() : 0),
      strings_(base != nullptr ? 0 : 1) {}

Builder Builder::with_strings_of(const View& view) {
  Builder builder(view.order(), view.base());
  builder.strings_ = copied(view.strings());
  return builder;
}

Builder Builder::copy_of(const View& view) {
  Builder builder = with_strings_of(view);
  const Header& header = view.header();
  const Bytes blob = view.blob();
  builder.types_ = copied(blob.subspan(header.types_offset, header.types_size));
  builder.keep_layout_of(view);
  builder.next_id_ = view.size();

  // Types lie before strings; the layout section may lie anywhere.
  Frame& frame = builder.frame_;
  frame.header = copied(blob.first(header.header_size));
  std::size_t at = header.header_size;
  const auto gap_before = [&](std::size_t start, std::size_t size) {
    std::vector<std::byte> gap = copied(blob.subspan(at, start - at));
    at = start + size;
    return gap;
  };
  frame.layout = header.layout_size == 0                        ? Frame::Layout::before_strings
                 : header.layout_offset < header.types_offset   ? Frame::Layout::before_types
                 : header.layout_offset < header.strings_offset ? Frame::Layout::before_strings
                                                                : Frame::Layout::last;
  const auto take_layout = [&](Frame::Layout where) {
    if (header.layout_size == 0 || frame.layout != where) return;
    frame.before_layout = gap_before(header.layout_offset, header.layout_size);
  };
  take_layout(Frame::Layout::before_types);
  frame.before_types = gap_before(header.types_offset, header.types_size);
  take_layout(Frame::Layout::before_strings);
  frame.before_strings = gap_before(header.strings_offset, header.strings_size);
  take_layout(Frame::Layout::last);
  frame.after = copied(blob.subspan(at));
  return builder;
}

StrOff Builder::string(std::string_view text) {
  if (text.empty()) return StrOff{0};
  if (table_.empty()) index_strings();
  if (const std::uint32_t found = *slot_of(text); found != 0) return StrOff{found - 1};
  const auto offset = static_cast<std::uint32_t>(strings_start_ + strings_.size());
  append_bytes(strings_, as_bytes(text));
  strings_.push_back(std::byte{0});
  enter(offset, text);
  return StrOff{offset};
}

std::string_view Builder::text(StrOff offset) const {
  if (offset.value < strings_start_) return base_->string(offset);
  return c_string(Bytes(strings_).subspan(offset.value - strings_start_));
}

void Builder::index_strings() {
  table_.resize(kSmallestTable);
  for (const View* view = base_; view != nullptr; view = view->base()) {
    for_each_string(view->strings(), view->strings_start(),
                    [this](std::uint32_t offset, std::string_view text) { enter(offset, text); });
  }
  // `text` would move with the strings if they grew; they do not.
  for_each_string(strings_, strings_start_,
                  [this](std::uint32_t offset, std::string_view text) { enter(offset, text); });
}

/// Remembers where a string is, unless an equal one is known.
void Builder::enter(std::uint32_t offset, std::string_view text) {
  if ((table_used_ + 1) * 2 > table_.size()) {
    const std::vector<std::uint32_t> old = std::exchange(table_, {});
    table_.resize(old.size() * 2);
    for (const std::uint32_t entry : old) {
      if (entry != 0) *slot_of(this->text(StrOff{entry - 1})) = entry;
    }
  }
  std::uint32_t* const slot = slot_of(text);
  if (*slot != 0) return;
  *slot = offset + 1;
  ++table_used_;
}

/// The slot of the table that holds this string, or the empty one it belongs in.
std::uint32_t* Builder::slot_of(std::string_view text) {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(text)&mask;
  while (table_[slot] != 0 && this->text(StrOff{table_[slot] - 1}) != text) {
    slot = (slot + 1) & mask;
  }
  return &table_[slot];
}

// Types.

/// Appends 32-bit words stored in `order`; returns where they begin.
std::byte* Builder::append_words(Bytes words, std::endian order) {
  const std::size_t at = types_.size();
  append_bytes(types_, words);
  if (order != order_) {
    for (std::size_t byte = at; byte + 4 <= types_.size(); byte += 4) {
      store(types_.data() + byte, load<std::uint32_t>(types_.data() + byte, order), order_);
    }
  }
  return types_.data() + at;
}

void Builder::append_word(std::uint32_t word) {
  append_words(std::as_bytes(std::span(&word, 1)), std::endian::native);
}

TypeId Builder::add(Info info, StrOff name, std::uint32_t third) {
  last_type_ = types_.size();
  append_word(name.value);
  append_word(info.pack());
  append_word(third);
  return TypeId{next_id_++};
}

TypeId Builder::add(Kind kind, StrOff name, std::uint32_t third) {
  return add(Info{.vlen = 0, .kind = static_cast<std::uint8_t>(kind), .kind_flag = false}, name,
             third);
}

TypeId Builder::add(const Int& type) {
  const TypeId id = add(Kind::kInt, type.name, low(type.size.value));
  append_word(std::uint32_t{type.encoding} << 24 | (low(type.offset.value) & 0xff) << 16 |
              (low(type.bits.value) & 0xff));
  return id;
}
TypeId Builder::add(const Ptr& type) { return add(Kind::kPtr, {}, type.type.value); }
TypeId Builder::add(const Array& type) {
  const TypeId id = add(Kind::kArray, {}, 0);
  append_word(type.type.value);
  append_word(type.index_type.value);
  append_word(type.nr_elems);
  return id;
}
TypeId Builder::add(const Fwd& type) {
  return add(
      Info{.vlen = 0, .kind = static_cast<std::uint8_t>(Kind::kFwd), .kind_flag = type.is_union},
      type.name, 0);
}
TypeId Builder::add(const Typedef& type) { return add(Kind::kTypedef, type.name, type.type.value); }
TypeId Builder::add(const Volatile& type) { return add(Kind::kVolatile, {}, type.type.value); }
TypeId Builder::add(const Const& type) { return add(Kind::kConst, {}, type.type.value); }
TypeId Builder::add(const Restrict& type) { return add(Kind::kRestrict, {}, type.type.value); }
TypeId Builder::add(const Func& type) {
  return add(Info{.vlen = static_cast<std::uint32_t>(type.linkage),
                  .kind = static_cast<std::uint8_t>(Kind::kFunc),
                  .kind_flag = false},
             type.name, type.type.value);
}
TypeId Builder::add(const Var& type) {
  const TypeId id = add(Kind::kVar, type.name, type.type.value);
  append_word(static_cast<std::uint32_t>(type.linkage));
  return id;
}
TypeId Builder::add(const Float& type) {
  return add(Kind::kFloat, type.name, low(type.size.value));
}
TypeId Builder::add(const DeclTag& type) {
  const TypeId id = add(Info{.vlen = 0,
                             .kind = static_cast<std::uint8_t>(Kind::kDeclTag),
                             .kind_flag = type.is_attribute},
                        type.name, type.type.value);
  append_word(static_cast<std::uint32_t>(type.component));
  return id;
}
TypeId Builder::add(const TypeTag& type) {
  return add(Info{.vlen = 0,
                  .kind = static_cast<std::uint8_t>(Kind::kTypeTag),
                  .kind_flag = type.is_attribute},
             type.name, type.type.value);
}

TypeId Builder::add_struct(StrOff name, ByteCount size, std::span<const Member> members) {
  return add_composite(Kind::kStruct, name, size, members);
}
TypeId Builder::add_union(StrOff name, ByteCount size, std::span<const Member> members) {
  return add_composite(Kind::kUnion, name, size, members);
}
TypeId Builder::add_composite(Kind kind, StrOff name, ByteCount size,
                              std::span<const Member> members) {
  const bool has_bitfields =
      std::ranges::any_of(members, [](const Member& m) { return m.bitfield_size.value != 0; });
  const TypeId id = add(Info{.vlen = low(members.size()),
                             .kind = static_cast<std::uint8_t>(kind),
                             .kind_flag = has_bitfields},
                        name, low(size.value));
  for (const Member& member : members) {
    append_word(member.name.value);
    append_word(member.type.value);
    append_word(has_bitfields
                    ? low(member.bitfield_size.value) << 24 | (low(member.offset.value) & 0xffffff)
                    : low(member.offset.value));
  }
  return id;
}

TypeId Builder::add_enum(StrOff name, ByteCount size, bool is_signed,
                         std::span<const Enumerator> values) {
  const TypeId id = add(Info{.vlen = low(values.size()),
                             .kind = static_cast<std::uint8_t>(Kind::kEnum),
                             .kind_flag = is_signed},
                        name, low(size.value));
  for (const Enumerator& value : values) {
    append_word(value.name.value);
    append_word(low(value.value));
  }
  return id;
}

TypeId Builder::add_enum64(StrOff name, ByteCount size, bool is_signed,
                           std::span<const Enumerator> values) {
  const TypeId id = add(Info{.vlen = low(values.size()),
                             .kind = static_cast<std::uint8_t>(Kind::kEnum64),
                             .kind_flag = is_signed},
                        name, low(size.value));
  for (const Enumerator& value : values) {
    append_word(value.name.value);
    append_word(low(value.value));
    append_word(low(value.value >> 32));
  }
  return id;
}

TypeId Builder::add_func_proto(TypeId return_type, std::span<const Param> params) {
  const TypeId id = add(Info{.vlen = low(params.size()),
                             .kind = static_cast<std::uint8_t>(Kind::kFuncProto),
                             .kind_flag = false},
                        {}, return_type.value);
  for (const Param& param : params) {
    append_word(param.name.value);
    append_word(param.type.value);
  }
  return id;
}

TypeId Builder::add_datasec(StrOff name, ByteCount size, std::span<const SectionVar> vars) {
  const TypeId id = add(Info{.vlen = low(vars.size()),
                             .kind = static_cast<std::uint8_t>(Kind::kDatasec),
                             .kind_flag = false},
                        name, low(size.value));
  for (const SectionVar& var : vars) {
    append_word(var.type.value);
    append_word(low(var.offset.value));
    append_word(low(var.size.value));
  }
  return id;
}

void Builder::rename_last(StrOff name) {
  store<std::uint32_t>(types_.data() + last_type_, name.value, order_);
}

void Builder::add_layout() {
  layout_.clear();
  for (const KindTraits& kind : kKindTraits) {
    // u8 fixed bytes, u8 bytes of a record, u16 flags, of which there are none yet.
    for (const std::uint32_t byte : {std::uint32_t{kind.fixed}, size_of(kind.record), 0U, 0U}) {
      layout_.push_back(static_cast<std::byte>(byte));
    }
  }
}

void Builder::keep_layout_of(const View& view) {
  const Header& header = view.header();
  layout_ = copied(view.blob().subspan(header.layout_offset, header.layout_size));
}

// The blob.

Result<std::vector<std::byte>> Builder::blob() const {
  std::vector<std::byte> header = frame_.header;
  if (header.empty()) {
    header.resize(layout_.empty() ? kHeaderSize : kHeaderSizeWithLayout);
    store<std::uint16_t>(header.data(), kMagic, order_);
    header[2] = std::byte{kVersion};
    store<std::uint32_t>(header.data() + 4, low(header.size()), order_);
  }
  const std::size_t header_size = header.size();
  std::vector<std::byte> blob = std::move(header);
  const std::uint64_t size = std::uint64_t{blob.size()} + frame_.before_types.size() +
                             types_.size() + frame_.before_layout.size() + layout_.size() +
                             frame_.before_strings.size() + strings_.size() + frame_.after.size();
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Errc::out_of_range,
                fmt::format("BTF of {} bytes is longer than its header can say", size));
  }
  blob.reserve(size);

  // Appends a part, and writes its offset (from the end of the header) and size to `field`.
  const auto part = [&](Bytes gap, Bytes bytes, std::size_t field) {
    append_bytes(blob, gap);
    if (field + 8 <= header_size) {
      store<std::uint32_t>(blob.data() + field, low(blob.size() - header_size), order_);
      store<std::uint32_t>(blob.data() + field + 4, low(bytes.size()), order_);
    }
    append_bytes(blob, bytes);
  };
  const auto layout = [&](Frame::Layout where) {
    if (!layout_.empty() && where == frame_.layout) part(frame_.before_layout, layout_, 24);
  };
  layout(Frame::Layout::before_types);
  part(frame_.before_types, types_, 8);
  layout(Frame::Layout::before_strings);
  part(frame_.before_strings, strings_, 16);
  layout(Frame::Layout::last);
  append_bytes(blob, frame_.after);
  return blob;
}

Builder canonical(const View& view) {
  Builder builder(view.order(), view.base());
  bool all_known = true;
  for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
    all_known = all_known && view.kind(id).has_value();
    builder.copy(
        view, id, [](TypeId to) { return to; },
        [&](StrOff name) { return builder.string(view.string(name)); });
  }
  if (!all_known) builder.keep_layout_of(view);
  return builder;
}

}  // namespace btfreloc::btf
