#include "kernels/intern.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "btf/references.h"

namespace btfreloc::kernels {
namespace {

using btf::Info;
using btf::Kind;

/// The 32-bit words of a type's record.
class RecordWords {
 public:
  RecordWords(const btf::View& btf, TypeId id) : bytes_(btf.record(id)), order_(btf.order()) {}
  Word operator[](std::size_t i) const {
    return load<Word>(bytes_.data() + i * sizeof(Word), order_);
  }
  std::size_t size() const { return bytes_.size() / sizeof(Word); }
  const std::byte* data() const { return bytes_.data(); }

 private:
  Bytes bytes_;
  std::endian order_;
};

/// Where records begin: behind the header and, of some kinds, one word more.
constexpr std::size_t kHeaderWords = btf::kTypeHeaderSize / sizeof(Word);

class Interner {
 public:
  Interner(const btf::View& btf, const InternedTypes* base, Catalogue& catalogue)
      : btf_(btf), catalogue_(catalogue), strings_(btf.base() == nullptr ? btf.strings_end() : 0) {
    if (base != nullptr) types_ = *base;
    types_.symbols.resize(btf.size(), InternedTypes::kNone);
    types_.nths.resize(btf.size());
    types_.copies.resize(btf.size());
    tags_.resize(btf.own_count());
    is_referred_.resize(btf.own_count());
  }

  InternedTypes intern() {
    name_types();
    count_copies();
    for (std::uint32_t id = first(); id < btf_.size(); ++id) add_content(TypeId{id});
    set_rows();
    restore_nths();
    return std::move(types_);
  }

 private:
  std::uint32_t first() const { return btf_.first_id().value; }
  bool is_own(TypeId id) const { return id >= btf_.first_id(); }
  Kind kind(TypeId id) const { return static_cast<Kind>(btf_.info(id).kind); }

  /// The catalogue's number of a string.
  Word string(std::uint32_t offset) {
    if (offset >= strings_.size()) return catalogue_.strings.add(btf_.string(StrOff{offset}));
    // Most strings are asked for several times. Numbers are kept plus 1.
    std::uint32_t& number = strings_[offset];
    if (number == 0) number = catalogue_.strings.add(btf_.string(StrOff{offset})) + 1;
    return number - 1;
  }

  /// Which symbol each type with a name is, and which of those of that symbol.
  void name_types() {
    for (std::uint32_t i = first(); i < btf_.size(); ++i) {
      const TypeId id{i};
      const Kind kind = this->kind(id);
      if (kind == Kind::kDeclTag) {
        const TypeId target{btf_.third_word(id)};
        if (is_own(target)) tags_[target.value - first()].push_back(id);
        continue;
      }
      btf_.for_each_type_id(id, [&](TypeId to) {
        if (is_own(to)) is_referred_[to.value - first()] = true;
      });
      if (kind == Kind::kTypeTag || btf_.first_char(btf_.name_offset(id)) == '\0') continue;
      const bool is_fwd_of_union = kind == Kind::kFwd && btf_.info(id).kind_flag;
      const std::uint32_t symbol = catalogue_.symbol(
          is_fwd_of_union ? kFwdOfUnion : symbol_kind(kind), string(btf_.name_offset(id).value));
      types_.symbols[i] = symbol;
      types_.nths[i] = list_of(symbol).count++;
    }
    // A name is looked for in the module first, so that the kernel's come behind.
    for (std::uint32_t i = 1; i < first(); ++i) {
      if (const auto* list = find_list(types_.symbols[i])) types_.nths[i] += list->count;
    }
  }

  /// Others that are split on the same base number them anew.
  void restore_nths() {
    for (std::uint32_t i = 1; i < first(); ++i) {
      if (const auto* list = find_list(types_.symbols[i])) types_.nths[i] -= list->count;
    }
  }

  /// Types without a name that are the same to the last reference are told apart by their order.
  void count_copies() {
    for (std::uint32_t i = first(); i < btf_.size(); ++i) {
      const TypeId id{i};
      if (types_.symbols[i] != InternedTypes::kNone || kind(id) == Kind::kDeclTag) continue;
      const std::uint64_t hash = hash_of(id);
      const std::uint32_t same = types_.unnamed.find(
          hash, [&](std::uint32_t other) { return are_same(id, TypeId{other}); });
      if (same == HashIndex::kNone) {
        types_.unnamed.insert(hash, i);
      } else {
        types_.nths[i] = ++types_.copies[same];
      }
    }
  }

  std::span<const Word> with_strings(TypeId id, std::vector<Word>& words) {
    const RecordWords record(btf_, id);
    words.clear();
    for (std::size_t i = 0; i < record.size(); ++i) words.push_back(record[i]);
    const Info info = btf_.info(id);
    btf::for_each_reference(
        record.data(), btf::traits(static_cast<Kind>(info.kind)), info.vlen, btf_.order(),
        [](std::size_t, std::uint32_t) {},
        [&](std::size_t byte, std::uint32_t offset) {
          words[byte / sizeof(Word)] = string(offset);
        });
    return words;
  }
  std::uint64_t hash_of(TypeId id) { return hash64(std::as_bytes(with_strings(id, words_))); }
  bool are_same(TypeId a, TypeId b) {
    return std::ranges::equal(with_strings(a, words_), with_strings(b, other_words_));
  }

  /// What columns have of a symbol, while it is found out.
  struct List {
    std::uint32_t symbol;
    std::uint32_t count = 0;
    std::vector<std::uint32_t> versions = {};
  };
  List& list_of(std::uint32_t symbol) {
    if (list_numbers_.size() <= symbol) {
      list_numbers_.resize(std::max<std::size_t>(catalogue_.symbols().size(), symbol + 1));
    }
    if (list_numbers_[symbol] == 0) {
      lists_.push_back({.symbol = symbol});
      list_numbers_[symbol] = static_cast<std::uint32_t>(lists_.size());
    }
    return lists_[list_numbers_[symbol] - 1];
  }
  const List* find_list(std::uint32_t symbol) const {
    if (symbol >= list_numbers_.size() || list_numbers_[symbol] == 0) return nullptr;
    return &lists_[list_numbers_[symbol] - 1];
  }

  void add_content(TypeId id) {
    content_.clear();
    std::uint32_t symbol = types_.symbols[id.value];
    if (symbol != InternedTypes::kNone) {
      named(id);
      const std::vector<TypeId>& tags = tags_[id.value - first()];
      push(static_cast<Word>(tags.size()));
      for (const TypeId tag : tags) push_tag(tag);
    } else if (kind(id) == Kind::kDeclTag) {
      const TypeId target{btf_.third_word(id)};
      if (is_own(target) && types_.symbols[target.value] != InternedTypes::kNone) return;
      reference(target);
      push_tag(id);
      symbol = catalogue_.symbol(kLone | symbol_kind(Kind::kDeclTag),
                                 string(btf_.name_offset(id).value));
    } else if (!is_referred_[id.value - first()]) {
      reference(id);
      symbol = catalogue_.symbol(kLone | symbol_kind(kind(id)), name_of_lone(id));
    } else {
      return;
    }
    list_of(symbol).versions.push_back(catalogue_.version(symbol, content_));
  }

  /// Something of its content, so that lone types that are alike lie together.
  Word name_of_lone(TypeId id) {
    const RecordWords record(btf_, id);
    const Info info = btf_.info(id);
    if ((btf::is_enum(kind(id)) || btf::is_composite(kind(id))) && info.vlen > 0) {
      return string(record[kHeaderWords]);
    }
    std::optional<Word> last;
    walk_content(
        static_cast<SymbolKind>(kLone | info.kind), std::span<const Word>(content_),
        [](const Word&) {}, [&](const Word& symbol) { last = symbol; });
    return last ? catalogue_.symbols()[*last].name : catalogue_.strings.add("");
  }

  void push(Word word) { content_.push_back(word); }
  void push(Op op) { content_.push_back(static_cast<Word>(op)); }

  void push_tag(TypeId id) {
    push(string(btf_.name_offset(id).value));
    push(btf_.info(id).kind_flag ? 1 : 0);
    push(RecordWords(btf_, id)[kHeaderWords]);
  }

  void named(TypeId id) {
    const RecordWords record(btf_, id);
    switch (kind(id)) {
      case Kind::kInt:
        push(record[2]);
        push(record[3]);
        break;
      case Kind::kFloat: push(record[2]); break;
      case Kind::kFwd: break;
      case Kind::kStruct:
      case Kind::kUnion: composite(id, record); break;
      case Kind::kEnum:
      case Kind::kEnum64: enumeration(id, record); break;
      case Kind::kArray: array(record); break;
      case Kind::kFuncProto: prototype(id, record); break;
      case Kind::kFunc:
        push(btf_.info(id).vlen);
        reference(TypeId{record[2]});
        break;
      case Kind::kVar:
        push(record[3]);
        reference(TypeId{record[2]});
        break;
      case Kind::kDatasec: section(id, record); break;
      default: reference(TypeId{record[2]}); break;
    }
  }

  void reference(TypeId id) {
    if (id.value == 0) return push(Op::nothing);
    if (types_.symbols[id.value] != InternedTypes::kNone) {
      push(Op::symbol);
      push(types_.symbols[id.value]);
      return push(types_.nths[id.value]);
    }
    if (types_.nths[id.value] != 0) {
      push(Op::copy);
      push(types_.nths[id.value]);
    }
    unnamed(id);
  }

  void unnamed(TypeId id) {
    const RecordWords record(btf_, id);
    const auto modifier = [&](Op op) {
      push(op);
      reference(TypeId{record[2]});
    };
    switch (kind(id)) {
      case Kind::kPtr: return modifier(Op::pointer);
      case Kind::kConst: return modifier(Op::constant);
      case Kind::kVolatile: return modifier(Op::volatile_);
      case Kind::kRestrict: return modifier(Op::restrict_);
      case Kind::kArray: push(Op::array); return array(record);
      case Kind::kTypeTag:
        push(Op::type_tag);
        push(string(record[0]));
        push(btf_.info(id).kind_flag ? 1 : 0);
        return reference(TypeId{record[2]});
      case Kind::kFuncProto: push(Op::func_proto); return prototype(id, record);
      case Kind::kStruct: push(Op::struct_); return composite(id, record);
      case Kind::kUnion: push(Op::union_); return composite(id, record);
      case Kind::kEnum: push(Op::enum_); return enumeration(id, record);
      case Kind::kEnum64: push(Op::enum64); return enumeration(id, record);
      default: break;  // has a name: check_internable() has seen to it
    }
  }

  void composite(TypeId id, const RecordWords& record) {
    const Info info = btf_.info(id);
    push(info.kind_flag ? 1 : 0);
    push(record[2]);
    push(info.vlen);
    for (std::size_t at = kHeaderWords; at < record.size(); at += 3) {
      push(string(record[at]));
      push(record[at + 2]);
      reference(TypeId{record[at + 1]});
    }
  }

  void enumeration(TypeId id, const RecordWords& record) {
    const Info info = btf_.info(id);
    const std::size_t stride = kind(id) == Kind::kEnum ? 2 : 3;
    push(info.kind_flag ? 1 : 0);
    push(record[2]);
    push(info.vlen);
    for (std::size_t at = kHeaderWords; at < record.size(); at += stride) {
      push(string(record[at]));
      push(record[at + 1]);
      // The high half of a 32-bit value continues its sign, so that neighbours are near.
      const bool is_negative = info.kind_flag && record[at + 1] >> 31 != 0;
      push(stride == 3 ? record[at + 2] : is_negative ? ~Word{0} : 0);
    }
  }

  void array(const RecordWords& record) {
    push(record[5]);
    reference(TypeId{record[4]});
    reference(TypeId{record[3]});
  }

  void prototype(TypeId id, const RecordWords& record) {
    push(btf_.info(id).vlen);
    reference(TypeId{record[2]});
    for (std::size_t at = kHeaderWords; at < record.size(); at += 2) {
      push(string(record[at]));
      reference(TypeId{record[at + 1]});
    }
  }

  void section(TypeId id, const RecordWords& record) {
    push(record[2]);
    push(btf_.info(id).vlen);
    for (std::size_t at = kHeaderWords; at < record.size(); at += 3) {
      reference(TypeId{record[at]});
      push(record[at + 1]);
      push(record[at + 2]);
    }
  }

  void set_rows() {
    for (const List& list : lists_) catalogue_.set_row(list.symbol, list.versions);
  }

  const btf::View& btf_;
  Catalogue& catalogue_;
  InternedTypes types_;
  std::vector<std::uint32_t> strings_;     ///< By offset; see string().
  std::vector<std::vector<TypeId>> tags_;  ///< Of own types, by number.
  std::vector<bool> is_referred_;          ///< Own types, by number.
  std::vector<List> lists_;
  std::vector<std::uint32_t> list_numbers_;  ///< By symbol, plus 1; 0: none.
  Content content_;
  std::vector<Word> words_;
  std::vector<Word> other_words_;
};

}  // namespace

InternedTypes intern(const btf::View& btf, const InternedTypes* base, Catalogue& catalogue) {
  return Interner(btf, base, catalogue).intern();
}

}  // namespace btfreloc::kernels
