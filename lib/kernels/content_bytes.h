#pragma once

#include <span>

#include "kernels/content.h"
#include "kernels/varint.h"

// Content as the bytes of a set. docs/btfset.md spells them out.

namespace btfreloc::kernels {

/// The numbers that stand for a word in bytes: of strings and symbols, which a record has two ways
/// to name each. See docs/btfset.md, "name" and "symbol".
class ContentNames {
 public:
  virtual std::uint64_t string(Word string) = 0;
  virtual std::uint64_t symbol(Word symbol) = 0;

 protected:
  ~ContentNames() = default;
};

/// Appends the bytes of a content. `has_tags` says whether its record has a place for tags.
void encode_content(SymbolKind kind, std::span<const Word> content, bool has_tags,
                    ContentNames& names, ByteWriter& out);

/// Appends a content to `out` with the words as `names` gives them for the numbers in the bytes,
/// which are 64 bits wide until then. False where the bytes mean nothing; then `out` may have more
/// than it had.
class ContentLookup {
 public:
  /// Return false for numbers behind which there is nothing.
  virtual bool string(std::uint64_t number, Word& string) const = 0;
  virtual bool symbol(std::uint64_t number, Word& symbol) const = 0;

 protected:
  ~ContentLookup() = default;
};
bool decode_content(SymbolKind kind, Bytes bytes, bool has_tags, const ContentLookup& names,
                    Content& out);

/// Which members are wanted, by their names.
class MemberFilter {
 public:
  virtual bool is_wanted(Word string) = 0;

 protected:
  ~MemberFilter() = default;
};

/// The same with what field relocations look at alone: of structs and unions the members that are
/// wanted, and those without a name; pointers to nothing. The member behind one that is wanted
/// stays, without its type: by it one sees that an array is not the last member, and does not go on
/// behind its end. Without a filter all members are wanted. Tags are left out. Of what is left out,
/// only the size is checked.
bool decode_fields(SymbolKind kind, Bytes bytes, const ContentLookup& names, MemberFilter* filter,
                   Content& out);

}  // namespace btfreloc::kernels
