#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_buffer.h"
#include "base/units.h"
#include "btf/tagged_union.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Appends one type as a C definition, with a newline: members carry byte offset (and first bit,
/// for bitfields) and size in bytes, as pahole prints them. Anonymous members are printed in
/// place. For people to read; it does not order definitions so that a compiler takes them.
///
///   struct task {                    /* [2] size 8 */
///       int  pid;                    /*     0     4 */
///       int  tgid;                   /*     4     4 */
///   };
///
/// A struct that is a tagged union (see tagged_union.h) is printed as what it is, which is no C:
///
///   enum Event {                     /* [7] size 24, discriminant u32 at byte 0 */
///       DropIp = 0 {
///           u32 addr;                /*     4     4 */
///       },
///       Nothing = 1 {},
///   };
///
/// Hostile nesting is cut at 32 levels and at 10,000 nested members, with a comment that says so.
/// Control characters in names become '?'.
void print_c(TextBuffer& out, const View& view, TypeId id);

/// Does the same for many types of one view, and limits nested members for all of them together,
/// in proportion to the size of the BTF: anonymous types are printed wherever they are used, which
/// a hostile file could make a million times.
class CText {
 public:
  explicit CText(const View& view);
  void print(TextBuffer& out, TypeId id);
  TaggedUnions& tagged_unions() { return tagged_unions_; }

 private:
  const View& view_;
  TaggedUnions tagged_unions_;
  std::uint64_t nested_;  ///< Members that may still be printed.
};

/// A declaration of `name` with that type, on one line: `int (*handler)(struct sk_buff *)`.
/// Anonymous structs and enums print as `struct {...}`. An empty name gives the bare type.
std::string declaration(const View& view, TypeId id, std::string_view name);

/// "struct", "union", "enum", "typedef", "func", ... : the word in front of a type's name where
/// C's namespaces need it; "" for integers, pointers and other kinds without.
std::string_view keyword(const View& view, TypeId id);

/// The type's name with its keyword: "struct task_struct", "typedef pid_t", "int". Types without
/// a name come as "struct (anon)" or as their declaration.
std::string title(const View& view, TypeId id);

}  // namespace btfreloc::btf
