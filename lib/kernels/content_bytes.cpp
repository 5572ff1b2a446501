#include "kernels/content_bytes.h"

#include <algorithm>
#include <cstdint>

namespace btfreloc::kernels {
namespace {

using btf::Kind;

/// The low two bits of a reference: a symbol, a pointer to it, a pointer to it as a constant, or
/// what the five bits above them say.
enum class Prefix : std::uint8_t { symbol, pointer, pointer_to_constant, op };
constexpr unsigned kPrefixBits = 2;
constexpr std::uint64_t kPrefixMask = (1U << kPrefixBits) - 1;
/// Of an enum whose first value is 0, which is what is expected behind it.
constexpr std::uint64_t kBeforeFirstValue = ~std::uint64_t{0};

/// More bytes than a member can be away from another.
constexpr std::uint64_t kTooFar = std::uint64_t{1} << 32;

std::uint64_t join(Word low, Word high) { return std::uint64_t{high} << 32 | low; }

/// The place of a member in its composite, from the word that kind_flag tells how to read.
std::uint32_t bits_of(Word word, bool kind_flag) { return kind_flag ? word & 0xffffff : word; }
std::uint32_t bitfield_of(Word word, bool kind_flag) { return kind_flag ? word >> 24 : 0; }

class Encoder {
 public:
  Encoder(ContentNames& names, ByteWriter& out) : names_(names), out_(out) {}

  void content(SymbolKind kind, std::span<const Word> content, bool has_tags) {
    at_ = content.data();
    if (is_lone(kind)) {
      reference();
      if (type_kind(kind) == Kind::kDeclTag) tag();
      return;
    }
    named(type_kind(kind));
    const Word tags = *at_++;
    if (!has_tags) return;
    out_.varint(tags);
    for (Word left = tags; left > 0; --left) tag();
  }

 private:
  void number() { out_.varint(*at_++); }
  void string() { out_.varint(names_.string(*at_++)); }

  void named(Kind kind) {
    switch (kind) {
      case Kind::kInt:
        number();
        number();
        break;
      case Kind::kFloat: number(); break;
      case Kind::kFwd: break;
      case Kind::kStruct:
      case Kind::kUnion: composite(); break;
      case Kind::kEnum:
      case Kind::kEnum64: enumeration(); break;
      case Kind::kArray: array(); break;
      case Kind::kFuncProto: prototype(); break;
      case Kind::kFunc:
      case Kind::kVar:
        number();
        reference();
        break;
      case Kind::kDatasec: section(); break;
      default: reference(); break;
    }
  }

  /// The short forms cover nearly all references: a symbol, with at most PTR or PTR CONST before
  /// it.
  bool short_reference() {
    const auto op = [&](int i) { return static_cast<Op>(at_[i]); };
    int before = 0;
    if (op(0) == Op::pointer) before = op(1) == Op::constant ? 2 : 1;
    const bool is_nothing = op(before) == Op::nothing;
    if (!is_nothing && (op(before) != Op::symbol || at_[before + 2] != 0)) return false;
    const std::uint64_t symbol = is_nothing ? 0 : names_.symbol(at_[before + 1]);
    out_.varint(symbol << kPrefixBits | static_cast<unsigned>(before));
    at_ += before + (is_nothing ? 1 : 3);
    return true;
  }

  void reference() {
    if (short_reference()) return;
    const auto op = static_cast<Op>(*at_++);
    out_.varint(std::uint64_t{static_cast<Word>(op)} << kPrefixBits |
                static_cast<unsigned>(Prefix::op));
    switch (op) {
      case Op::nothing: break;  // always short
      case Op::symbol:
        out_.varint(names_.symbol(*at_++));
        number();
        break;
      case Op::pointer:
      case Op::constant:
      case Op::volatile_:
      case Op::restrict_: reference(); break;
      case Op::array: array(); break;
      case Op::type_tag:
        string();
        number();
        reference();
        break;
      case Op::func_proto: prototype(); break;
      case Op::struct_:
      case Op::union_: composite(); break;
      case Op::enum_:
      case Op::enum64: enumeration(); break;
      case Op::copy:
        number();
        reference();
        break;
    }
  }

  Word header(Word& kind_flag) {
    kind_flag = at_[0];
    out_.varint(std::uint64_t{at_[1]} << 1 | kind_flag);
    at_ += 2;
    const Word count = *at_;
    number();
    return count;
  }

  void composite() {
    Word kind_flag = 0;
    std::int64_t before = 0;
    for (Word left = header(kind_flag); left > 0; --left) {
      string();
      const Word word = *at_++;
      const std::int64_t bits = bits_of(word, kind_flag != 0);
      const std::uint32_t bitfield = bitfield_of(word, kind_flag != 0);
      const std::int64_t distance = bits - before;
      before = bits;
      if (distance >= 0 && distance % 8 == 0 && bitfield == 0) {
        out_.varint(static_cast<std::uint64_t>(distance) / 8 << 1);
      } else {
        out_.varint(zigzag(distance) << 1 | 1);
        out_.varint(bitfield);
      }
      reference();
    }
  }

  void enumeration() {
    Word kind_flag = 0;
    std::uint64_t before = kBeforeFirstValue;
    for (Word left = header(kind_flag); left > 0; --left) {
      string();
      const std::uint64_t value = join(at_[0], at_[1]);
      at_ += 2;
      out_.varint(zigzag(static_cast<std::int64_t>(value - before - 1)));
      before = value;
    }
  }

  void array() {
    number();
    reference();
    reference();
  }

  void prototype() {
    Word left = *at_;
    number();
    for (reference(); left > 0; --left) {
      string();
      reference();
    }
  }

  void section() {
    number();
    Word left = *at_;
    number();
    std::int64_t before = 0;
    for (; left > 0; --left) {
      reference();
      out_.varint(zigzag(std::int64_t{at_[0]} - before));
      out_.varint(at_[1]);
      before = std::int64_t{at_[0]} + at_[1];
      at_ += 2;
    }
  }

  void tag() {
    string();
    // The component of a tag on the type itself is -1.
    out_.varint((std::uint64_t{at_[1] + 1}) << 1 | at_[0]);
    at_ += 2;
  }

  ContentNames& names_;
  ByteWriter& out_;
  const Word* at_ = nullptr;
};

/// Steps over what is left out.
class Skipper {
 public:
  explicit Skipper(Cursor& in) : in_(in) {}

  void reference() {
    const std::uint64_t number = in_.varint();
    if (static_cast<Prefix>(number & kPrefixMask) != Prefix::op) return;
    if (++depth_ > kMaxDepth || number >> kPrefixBits >= kOps) return in_.fail();
    behind(static_cast<Op>(number >> kPrefixBits));
    --depth_;
  }
  void prototype() {
    Word left = in_.count(2);
    for (reference(); left > 0; --left) {
      in_.varint();
      reference();
    }
  }

 private:
  void numbers(int count) {
    while (count-- > 0) in_.varint();
  }
  void behind(Op op) {
    switch (op) {
      case Op::nothing: in_.fail(); break;
      case Op::symbol: numbers(2); break;
      case Op::pointer:
      case Op::constant:
      case Op::volatile_:
      case Op::restrict_: reference(); break;
      case Op::array:
        numbers(1);
        reference();
        reference();
        break;
      case Op::type_tag:
        numbers(2);
        reference();
        break;
      case Op::func_proto: prototype(); break;
      case Op::struct_:
      case Op::union_: composite(); break;
      case Op::enum_:
      case Op::enum64:
        numbers(1);
        for (Word left = in_.count(2); left > 0; --left) numbers(2);
        break;
      case Op::copy:
        numbers(1);
        reference();
        break;
    }
  }
  void composite() {
    numbers(1);
    for (Word left = in_.count(3); left > 0; --left) {
      numbers(1);
      if ((in_.varint() & 1) != 0) numbers(1);
      reference();
    }
  }

  Cursor& in_;
  int depth_ = 0;
};

/// Reads all of a content, or what field relocations look at.
template <bool kFieldsOnly>
class Decoder {
 public:
  Decoder(Bytes bytes, const ContentLookup& names, MemberFilter* filter, Content& out)
      : in_(bytes), names_(names), filter_(filter), out_(out) {}

  bool content(SymbolKind kind, bool has_tags) {
    if (is_lone(kind)) {
      reference();
      if (type_kind(kind) == Kind::kDeclTag) tag();
    } else {
      named(type_kind(kind));
      const Word tags = has_tags ? in_.count(2) : 0;
      out_.push_back(tags);
      for (Word left = tags; left > 0 && !in_.failed(); --left) tag();
    }
    return !in_.failed() && in_.at_end();
  }
  bool fields(SymbolKind kind) {
    named(type_kind(kind));
    out_.push_back(0);  // tags
    return !in_.failed();
  }

 private:
  void number() { out_.push_back(in_.varint32()); }
  void flag(std::uint64_t value) {
    if (value > 1) in_.fail();
    out_.push_back(static_cast<Word>(value));
  }
  void string() {
    Word word = 0;
    if (!names_.string(in_.varint(), word)) in_.fail();
    out_.push_back(word);
  }

  void named(Kind kind) {
    switch (kind) {
      case Kind::kInt:
        number();
        number();
        break;
      case Kind::kFloat: number(); break;
      case Kind::kFwd: break;
      case Kind::kStruct:
      case Kind::kUnion: composite(); break;
      case Kind::kEnum:
      case Kind::kEnum64: enumeration(); break;
      case Kind::kArray: array(); break;
      case Kind::kFuncProto: prototype(); break;
      case Kind::kFunc:
      case Kind::kVar:
        number();
        reference();
        break;
      case Kind::kDatasec: section(); break;
      case Kind::kPtr: pointee(); break;
      default: reference(); break;
    }
  }

  void push(Op op) { out_.push_back(static_cast<Word>(op)); }

  void symbol(std::uint64_t number) {
    if (number == 0) return push(Op::nothing);
    Word word = 0;
    if (!names_.symbol(number, word)) in_.fail();
    push(Op::symbol);
    out_.push_back(word);
    out_.push_back(0);
  }

  void pointee() {
    if constexpr (kFieldsOnly) {
      Skipper(in_).reference();
      push(Op::nothing);
    } else {
      reference();
    }
  }

  void reference() {
    if (++depth_ > kMaxDepth) in_.fail();
    const std::uint64_t number = in_.varint();
    const auto prefix = static_cast<Prefix>(number & kPrefixMask);
    if (prefix == Prefix::op) {
      if (number >> kPrefixBits < kOps) {
        behind(static_cast<Op>(number >> kPrefixBits));
      } else {
        in_.fail();
      }
    } else if (kFieldsOnly && prefix != Prefix::symbol) {
      push(Op::pointer);
      push(Op::nothing);
    } else {
      if (prefix != Prefix::symbol) push(Op::pointer);
      if (prefix == Prefix::pointer_to_constant) push(Op::constant);
      symbol(number >> kPrefixBits);
    }
    --depth_;
  }

  void behind(Op op) {
    push(op);
    switch (op) {
      case Op::nothing: in_.fail(); break;
      case Op::symbol: {
        Word word = 0;
        if (!names_.symbol(in_.varint(), word)) in_.fail();
        out_.push_back(word);
        number();
        break;
      }
      case Op::pointer: pointee(); break;
      case Op::constant:
      case Op::volatile_:
      case Op::restrict_: reference(); break;
      case Op::array: array(); break;
      case Op::type_tag:
        string();
        flag(in_.varint());
        reference();
        break;
      case Op::func_proto: prototype(); break;
      case Op::struct_:
      case Op::union_: composite(); break;
      case Op::enum_:
      case Op::enum64: enumeration(); break;
      case Op::copy:
        number();
        reference();
        break;
    }
  }

  /// The number of records, which have `least` bytes each.
  Word header(std::size_t least, bool& kind_flag) {
    const std::uint64_t size = in_.varint();
    if (size >> 1 > UINT32_MAX) in_.fail();
    kind_flag = (size & 1) != 0;
    out_.push_back(kind_flag ? 1 : 0);
    out_.push_back(static_cast<Word>(size >> 1));
    return records(least);
  }
  Word records(std::size_t least) {
    constexpr Word kMaxVlen = 0xffffff;
    const Word count = in_.count(least);
    if (count > kMaxVlen) in_.fail();
    out_.push_back(count);
    return count;
  }

  void composite() {
    bool kind_flag = false;
    std::int64_t bits = 0;
    Word left = header(3, kind_flag);
    if constexpr (kFieldsOnly) {
      if (filter_ != nullptr) return members_wanted(left, kind_flag);
    }
    for (; left > 0 && !in_.failed(); --left) {
      string();
      out_.push_back(place(bits, kind_flag));
      reference();
    }
  }

  void members_wanted(Word left, bool kind_flag) {
    const std::size_t number = out_.size() - 1;
    std::int64_t bits = 0;
    Word kept = 0;
    bool was_wanted = false;
    for (; left > 0 && !in_.failed(); --left) {
      Word name = 0;
      if (!names_.string(in_.varint(), name)) return in_.fail();
      const bool is_wanted = filter_->is_wanted(name);
      const Word place = this->place(bits, kind_flag);
      if (is_wanted || was_wanted) {
        out_.push_back(name);
        out_.push_back(place);
        ++kept;
      }
      if (is_wanted) {
        reference();
      } else {
        Skipper(in_).reference();
        if (was_wanted) push(Op::nothing);
      }
      was_wanted = is_wanted;
    }
    out_[number] = kept;
  }

  /// The offset word of a member. `bits`: the place of the one before, which becomes this one's.
  Word place(std::int64_t& bits, bool kind_flag) {
    const std::uint64_t distance = in_.varint();
    std::uint64_t bitfield = 0;
    if ((distance & 1) == 0) {
      bits += static_cast<std::int64_t>(std::min(distance >> 1, kTooFar) * 8);
    } else {
      bits += unzigzag(distance >> 1);
      bitfield = in_.varint();
    }
    if (bits < 0 || bits > (kind_flag ? 0xffffff : UINT32_MAX) ||
        bitfield > (kind_flag ? 0xff : 0)) {
      in_.fail();
      bits = 0;
    }
    return static_cast<Word>(bits) | static_cast<Word>(bitfield << 24);
  }

  void enumeration() {
    bool kind_flag = false;
    std::uint64_t value = kBeforeFirstValue;
    for (Word left = header(2, kind_flag); left > 0 && !in_.failed(); --left) {
      string();
      value += static_cast<std::uint64_t>(unzigzag(in_.varint())) + 1;
      out_.push_back(static_cast<Word>(value));
      out_.push_back(static_cast<Word>(value >> 32));
    }
  }

  void array() {
    number();
    reference();
    reference();
  }

  /// Functions are no members: only pointers lead to them.
  void prototype() {
    if constexpr (kFieldsOnly) {
      Skipper(in_).prototype();
      out_.push_back(0);
      return push(Op::nothing);
    }
    Word left = records(2);
    for (reference(); left > 0 && !in_.failed(); --left) {
      string();
      reference();
    }
  }

  void section() {
    number();
    std::uint64_t at = 0;
    for (Word left = records(3); left > 0 && !in_.failed(); --left) {
      reference();
      at += static_cast<std::uint64_t>(unzigzag(in_.varint()));
      const Word size = in_.varint32();
      if (at > UINT32_MAX) in_.fail();
      out_.push_back(static_cast<Word>(at));
      out_.push_back(size);
      at += size;
    }
  }

  void tag() {
    string();
    const std::uint64_t number = in_.varint();
    if (number >> 1 > UINT32_MAX) in_.fail();
    out_.push_back(number & 1);
    out_.push_back(static_cast<Word>(number >> 1) - 1);
  }

  Cursor in_;
  const ContentLookup& names_;
  MemberFilter* filter_;
  Content& out_;
  int depth_ = 0;
};

}  // namespace

void encode_content(SymbolKind kind, std::span<const Word> content, bool has_tags,
                    ContentNames& names, ByteWriter& out) {
  Encoder(names, out).content(kind, content, has_tags);
}

bool decode_content(SymbolKind kind, Bytes bytes, bool has_tags, const ContentLookup& names,
                    Content& out) {
  return Decoder<false>(bytes, names, nullptr, out).content(kind, has_tags);
}

bool decode_fields(SymbolKind kind, Bytes bytes, const ContentLookup& names, MemberFilter* filter,
                   Content& out) {
  return Decoder<true>(bytes, names, filter, out).fields(kind);
}

}  // namespace btfreloc::kernels
