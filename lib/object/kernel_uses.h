#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/view.h"
#include "object/source_words.h"
#include "object/used_types.h"

namespace btfreloc::object {

/// How much of a struct or union is used, beside the members that add_record() names.
enum class Portion : std::uint8_t {
  contained,  ///< It lies in another one: what the source may name, unless it is tiny.
  named,      ///< The program works with it: what the source may name, unless it is small.
  whole,
};

/// Gathers the types of a kernel that a program uses, with their members and enumerators.
class KernelUses {
 public:
  /// Members that `words` may name are used wherever their struct is. It must outlive this.
  explicit KernelUses(const SourceWords& words) : words_(words) {}

  /// A type, and what lies in it: behind typedefs, qualifiers and arrays, not behind pointers.
  void add(const btf::View& btf, TypeId id, Portion portion);
  /// The name of a struct or union, for what points to it.
  void declare(const btf::View& btf, TypeId id) { use(btf, id); }
  /// A member of a struct or union, or an enumerator of an enum, and the type it is in.
  void add_record(const btf::View& btf, TypeId id, std::uint32_t index);
  bool has(const btf::View& btf, TypeId id) const { return uses_.contains(find(btf, id)); }

  /// Everything that was added and lies in it: by blob, in the order they came up, then by id. Call
  /// it once.
  std::vector<UsedType> close();

 private:
  /// A type by the blob that holds it, which for a module's is often the kernel's.
  using Key = std::pair<std::size_t, std::uint32_t>;  ///< Index into views_, id.
  struct Use {
    Portion portion = Portion::contained;
    std::set<std::uint32_t> records = {};
    bool is_defined = false;  ///< Rather than only named.
    bool is_queued = false;   ///< In todo_, or was there.
    enum class Closed : std::uint8_t { no, partially, whole } closed = Closed::no;
  };

  static const btf::View& owner(const btf::View& btf, TypeId id);
  Key find(const btf::View& btf, TypeId id) const;
  Use& use(const btf::View& btf, TypeId id);
  void define(const btf::View& btf, TypeId id, Portion portion);
  void close_struct(const btf::View& btf, TypeId id);
  bool select_members(const btf::View& btf, TypeId id, bool is_whole, int depth);
  void close_enum(const btf::View& btf, TypeId id);

  const SourceWords& words_;
  std::vector<const btf::View*> views_;
  std::map<Key, Use> uses_;
  std::vector<Key> todo_;
};

}  // namespace btfreloc::object
