#include "kernels/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "btf/kinds.h"
#include "kernels/directory.h"

namespace btfreloc::kernels {
namespace {

using btf::Info;
using btf::Kind;

/// Bytes of types, and of strings. Real kernels have some 6 MB; a hostile set could have one type
/// in a million places.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

std::unexpected<Error> too_large() {
  return fail(Errc::out_of_range,
              fmt::format("the kernel's BTF would have more than {} bytes", kMaxBytes), {},
              kMakeAnew);
}

std::uint64_t hash_of(std::span<const Word> words, Word copy) {
  return XXH3_64bits_withSeed(words.data(), words.size_bytes(), copy);
}

}  // namespace

Assembler::Assembler(SetReader& reader, std::endian order, const Assembler* base)
    : reader_(reader),
      order_(order),
      base_(base),
      first_id_(base == nullptr ? 1 : base->next_id()),
      first_string_(base == nullptr
                        ? 0
                        : base->first_string_ + static_cast<std::uint32_t>(base->strings_.size())) {
  if (base == nullptr) strings_.push_back('\0');
}

void Assembler::restart(std::endian order) {
  order_ = order;
  base_ = nullptr;
  first_id_ = 1;
  first_string_ = 0;
  words_.clear();
  places_.clear();
  unnamed_.clear();
  strings_.assign(1, '\0');
  string_index_.clear();
  for (const Word handle : known_shared_) shared_offsets_[handle] = 0;
  known_shared_.clear();
}

std::uint32_t Assembler::new_id() {
  places_.emplace_back();
  return next_id() - 1;
}

StrOff Assembler::string(std::string_view text) {
  if (text.empty()) return StrOff{0};
  const std::uint64_t hash = hash64(as_bytes(text));
  for (const Assembler* owner = base_; owner != nullptr; owner = owner->base_) {
    const std::uint32_t found = owner->find_string(text, hash);
    if (found != HashIndex::kNone) return StrOff{found};
  }
  const std::uint32_t found = find_string(text, hash);
  if (found != HashIndex::kNone) return StrOff{found};
  const auto offset = first_string_ + static_cast<std::uint32_t>(strings_.size());
  strings_.insert(strings_.end(), text.begin(), text.end());
  strings_.push_back('\0');
  string_index_.insert(hash, offset);
  return StrOff{offset};
}

std::uint32_t Assembler::find_string(std::string_view text, std::uint64_t hash) const {
  return string_index_.find(hash, [&](std::uint32_t offset) {
    return std::string_view(strings_.data() + (offset - first_string_)) == text;
  });
}

Word Assembler::string_word(Word handle) {
  if (handle >= SetReader::kMaxShared) return string(reader_.text(handle)).value;
  if (shared_offsets_.size() <= handle) shared_offsets_.resize(handle + std::size_t{1});
  std::uint32_t& offset = shared_offsets_[handle];
  if (offset == 0) {
    offset = string(reader_.text(handle)).value + 1;
    known_shared_.push_back(handle);
  }
  return offset - 1;
}

std::uint32_t Assembler::find_unnamed(std::uint64_t hash, std::span<const Word> words,
                                      Word copy) const {
  return unnamed_.find(hash, [&](std::uint32_t id) {
    return places_[id - first_id_].copy == copy && std::ranges::equal(record(id), words);
  });
}

/// The id of a type whose record is the end of scratch_, from `begin` on, which is taken off.
std::uint32_t Assembler::intern_unnamed(std::size_t begin, Word copy) {
  const std::span<const Word> words = std::span(scratch_).subspan(begin);
  const std::uint64_t hash = hash_of(words, copy);
  std::uint32_t id = HashIndex::kNone;
  for (const Assembler* owner = this; owner != nullptr && id == HashIndex::kNone;
       owner = owner->base_) {
    id = owner->find_unnamed(hash, words, copy);
  }
  if (id == HashIndex::kNone) {
    id = new_id();
    place(id, words);
    places_.back().copy = copy;
    unnamed_.insert(hash, id);
  }
  scratch_.resize(begin);
  return id;
}

void Assembler::place(std::uint32_t id, std::span<const Word> words) {
  Place& place = places_[id - first_id_];
  place.begin = static_cast<std::uint32_t>(words_.size());
  place.size = static_cast<std::uint32_t>(words.size());
  words_.insert(words_.end(), words.begin(), words.end());
}

Status Assembler::write(std::uint32_t id, SymbolKind kind, std::string_view name,
                        std::span<const Word> content, Symbols& symbols, bool is_pointee) {
  if ((words_.size() + content.size()) * sizeof(Word) > kMaxBytes || strings_.size() > kMaxBytes) {
    return too_large();
  }
  symbols_ = &symbols;
  is_pointee_ = is_pointee;
  at_ = content.data();
  scratch_.clear();
  TRY_OK(named(kind, string(name).value));
  place(id, scratch_);
  if (std::exchange(places_[id - first_id_].has_tags, true)) return {};
  for (Word tags = *at_++; tags > 0; --tags) tag(id);
  return {};
}

void Assembler::write_stub(std::uint32_t id, SymbolKind kind, std::string_view name,
                           std::span<const Word> content) {
  const Word size = content[1];
  scratch_.clear();
  begin_record(type_kind(kind), string(name).value, 0, 0, size);
  place(id, scratch_);
}

void Assembler::write_sign_teller() {
  constexpr Word kSize = 4;  // bytes
  scratch_.clear();
  begin_record(Kind::kEnum, 0, 0, 1, kSize);
  const std::uint32_t id = new_id();
  place(id, scratch_);
}

Status Assembler::write_lone(SymbolKind kind, std::span<const Word> content, Symbols& symbols) {
  if ((words_.size() + content.size()) * sizeof(Word) > kMaxBytes) return too_large();
  symbols_ = &symbols;
  is_pointee_ = false;
  at_ = content.data();
  scratch_.clear();
  TRY(const std::uint32_t id, reference());
  if (type_kind(kind) == Kind::kDeclTag) tag(id);
  return {};
}

/// BTF whose parts lie one behind the other.
Result<std::vector<std::byte>> Assembler::blob() const {
  constexpr std::uint32_t kHeaderSize = 24;
  std::size_t words = 0;
  for (const Place& place : places_) words += place.size;
  if (words * sizeof(Word) > kMaxBytes || strings_.size() > kMaxBytes) return too_large();
  const auto types_size = static_cast<std::uint32_t>(words * sizeof(Word));
  std::vector<std::byte> blob(kHeaderSize + types_size + strings_.size());
  std::byte* at = blob.data();
  const auto put = [&]<class U>(U value) {
    store(at, value, order_);
    at += sizeof value;
  };
  put(btf::kMagic);
  put(btf::kVersion);
  put(std::uint8_t{0});  // flags
  put(kHeaderSize);
  put(std::uint32_t{0});
  put(types_size);
  put(types_size);
  put(static_cast<std::uint32_t>(strings_.size()));
  for (const Place& place : places_) {
    for (std::uint32_t i = 0; i < place.size; ++i) put(words_[place.begin + i]);
  }
  // A module may have no strings of its own.
  std::ranges::copy(std::as_bytes(std::span(strings_)), at);
  return blob;
}

void Assembler::begin_record(Kind kind, Word name, Word vlen, Word kind_flag, Word third) {
  const Info info{
      .vlen = vlen, .kind = static_cast<std::uint8_t>(kind), .kind_flag = kind_flag != 0};
  scratch_.insert(scratch_.end(), {name, info.pack(), third});
}

Status Assembler::named(SymbolKind symbol_kind, Word name) {
  const Kind kind = type_kind(symbol_kind);
  switch (kind) {
    case Kind::kInt: {
      begin_record(kind, name, 0, 0, at_[0]);
      scratch_.push_back(at_[1]);
      at_ += 2;
      return {};
    }
    case Kind::kFloat: begin_record(kind, name, 0, 0, *at_++); return {};
    case Kind::kFwd: begin_record(kind, name, 0, symbol_kind == kFwdOfUnion ? 1 : 0, 0); return {};
    case Kind::kStruct:
    case Kind::kUnion: return composite(kind, name);
    case Kind::kEnum:
    case Kind::kEnum64: enumeration(kind, name); return {};
    case Kind::kArray: return array(name);
    case Kind::kFuncProto: return prototype(name);
    case Kind::kFunc: {
      const Word linkage = *at_++;
      TRY(const std::uint32_t type, reference());
      begin_record(kind, name, linkage, 0, type);
      return {};
    }
    case Kind::kVar: {
      const Word linkage = *at_++;
      TRY(const std::uint32_t type, reference());
      begin_record(kind, name, 0, 0, type);
      scratch_.push_back(linkage);
      return {};
    }
    case Kind::kDatasec: return section(name);
    default: return modifier(kind, name, 0);
  }
}

/// Reads a reference and gives the id of what it refers to. Leaves scratch_ as it was.
Result<std::uint32_t> Assembler::reference() {
  Word copy = 0;
  for (;;) {
    const auto op = static_cast<Op>(*at_++);
    if (op == Op::nothing) return 0;
    if (op == Op::symbol) {
      at_ += 2;
      return symbols_->id_of(at_[-2], at_[-1], is_pointee_);
    }
    if (op != Op::copy) return unnamed(op, copy);
    copy = *at_++;
  }
}

Result<std::uint32_t> Assembler::unnamed(Op op, Word copy) {
  const std::size_t begin = scratch_.size();
  const bool is_pointee = is_pointee_;
  switch (op) {
    case Op::pointer:
      is_pointee_ = true;
      TRY_OK(modifier(Kind::kPtr, 0, 0));
      break;
    case Op::constant: TRY_OK(modifier(Kind::kConst, 0, 0)); break;
    case Op::volatile_: TRY_OK(modifier(Kind::kVolatile, 0, 0)); break;
    case Op::restrict_: TRY_OK(modifier(Kind::kRestrict, 0, 0)); break;
    case Op::array: TRY_OK(array(0)); break;
    case Op::type_tag: {
      const Word name = string_word(at_[0]);
      const Word kind_flag = at_[1];
      at_ += 2;
      TRY_OK(modifier(Kind::kTypeTag, name, kind_flag));
      break;
    }
    case Op::func_proto: TRY_OK(prototype(0)); break;
    case Op::struct_: TRY_OK(composite(Kind::kStruct, 0)); break;
    case Op::union_: TRY_OK(composite(Kind::kUnion, 0)); break;
    case Op::enum_: enumeration(Kind::kEnum, 0); break;
    case Op::enum64: enumeration(Kind::kEnum64, 0); break;
    case Op::nothing:
    case Op::symbol:
    case Op::copy: break;  // read by reference()
  }
  is_pointee_ = is_pointee;
  return intern_unnamed(begin, copy);
}

Status Assembler::modifier(Kind kind, Word name, Word kind_flag) {
  TRY(const std::uint32_t type, reference());
  begin_record(kind, name, 0, kind_flag, type);
  return {};
}

Status Assembler::composite(Kind kind, Word name) {
  const Word vlen = at_[2];
  begin_record(kind, name, vlen, at_[0], at_[1]);
  at_ += 3;
  for (Word left = vlen; left > 0; --left) {
    const Word member = string_word(at_[0]);
    const Word offset = at_[1];
    at_ += 2;
    TRY(const std::uint32_t type, reference());
    scratch_.insert(scratch_.end(), {member, type, offset});
  }
  return {};
}

void Assembler::enumeration(Kind kind, Word name) {
  const Word vlen = at_[2];
  begin_record(kind, name, vlen, at_[0], at_[1]);
  at_ += 3;
  for (Word left = vlen; left > 0; --left) {
    scratch_.push_back(string_word(at_[0]));
    scratch_.push_back(at_[1]);
    if (kind == Kind::kEnum64) scratch_.push_back(at_[2]);
    at_ += 3;
  }
}

Status Assembler::array(Word name) {
  const Word elements = *at_++;
  TRY(const std::uint32_t index, reference());
  TRY(const std::uint32_t element, reference());
  begin_record(Kind::kArray, name, 0, 0, 0);
  scratch_.insert(scratch_.end(), {element, index, elements});
  return {};
}

Status Assembler::prototype(Word name) {
  const Word vlen = *at_++;
  const bool is_pointee = std::exchange(is_pointee_, true);
  const std::size_t begin = scratch_.size();
  begin_record(Kind::kFuncProto, name, vlen, 0, 0);
  TRY(scratch_[begin + 2], reference());
  for (Word left = vlen; left > 0; --left) {
    const Word parameter = string_word(*at_++);
    TRY(const std::uint32_t type, reference());
    scratch_.insert(scratch_.end(), {parameter, type});
  }
  is_pointee_ = is_pointee;
  return {};
}

Status Assembler::section(Word name) {
  const Word size = at_[0];
  const Word vlen = at_[1];
  at_ += 2;
  begin_record(Kind::kDatasec, name, vlen, 0, size);
  for (Word left = vlen; left > 0; --left) {
    TRY(const std::uint32_t type, reference());
    scratch_.insert(scratch_.end(), {type, at_[0], at_[1]});
    at_ += 2;
  }
  return {};
}

void Assembler::tag(std::uint32_t target) {
  scratch_.clear();
  begin_record(Kind::kDeclTag, string_word(at_[0]), 0, at_[1], target);
  scratch_.push_back(at_[2]);
  at_ += 3;
  place(new_id(), scratch_);
}

}  // namespace btfreloc::kernels
