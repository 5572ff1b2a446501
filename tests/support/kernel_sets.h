#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/view.h"
#include "core/decision.h"
#include "core/target.h"
#include "kernels/editor.h"
#include "kernels/extract.h"
#include "kernels/set.h"
#include "kernels/slice.h"
#include "support/byte_vector.h"

namespace btfreloc::test {

/// What goes into a set: a kernel, or a module of one that stands before it in the list.
struct Source {
  kernels::Column column;
  ByteVector bytes;
  const Source* kernel = nullptr;  ///< Of a module.
  std::optional<btf::View> view = {};
  std::size_t compressed_size = 0;  ///< In bytes, of the file it came from.

  std::string address() const { return kernels::address(column); }
  Bytes base() const { return kernel == nullptr ? Bytes() : Bytes(kernel->bytes); }
};

/// Sources stay where they are, since modules refer to kernels.
using Sources = std::vector<std::unique_ptr<Source>>;

/// Opens its view, and appends it.
Source& append(Sources& sources, Source source);

/// Kernels and modules of the corpus; none without BTFRELOC_CORPUS. Without `all`, three
/// little-endian kernels, one of them with 32-bit pointers, a big-endian one, and three modules.
Sources corpus_sources(bool all);

/// Adds sources, each of which must be new.
void add(kernels::Editor& editor, std::span<const Source* const> sources, bool keeps_ids);
std::vector<const Source*> pointers_to(const Sources& sources);

/// A set and its bytes.
struct OpenSet {
  ByteVector bytes;
  kernels::Set set;
};
OpenSet open_set(ByteVector bytes);
/// A set with these sources, packed.
ByteVector packed(std::span<const Source* const> sources, bool keeps_ids);

/// A column of a set as BTF; of a module, with its kernel.
struct ExtractedColumn {
  std::unique_ptr<kernels::Extracted> kernel;  ///< Null when the column is one.
  std::unique_ptr<kernels::Extracted> own;

  Bytes base() const { return kernel == nullptr ? Bytes() : kernel->bytes(); }
};
Result<ExtractedColumn> extract(const kernels::Set& set, std::size_t column,
                                kernels::Extracted::Ids ids);

/// How the set's column differs from what was put in; "" when it does not.
std::string difference_from(const Source& source, const kernels::Set& set);

/// The essential names of the types, each once.
std::vector<std::string_view> essential_names(const btf::View& btf, std::span<const TypeId> types);

/// Slices of a kernel and its modules, for relocations. What the kernel has nothing of is empty.
class SlicedTarget {
 public:
  SlicedTarget(kernels::Slicer& slicer, const kernels::Set& set, std::size_t kernel,
               const kernels::Names& names);
  core::Target target() const;

 private:
  std::shared_ptr<const kernels::Slice> kernel_;
  std::vector<std::shared_ptr<const kernels::Slice>> modules_;
  std::vector<core::Module> module_list_;
  ByteVector nothing_;
  std::optional<btf::View> empty_;
};

/// Whether the two say the same about the instruction. Values that are ids of the kernel's types
/// count only when `with_ids`.
bool is_alike(const core::Decision& a, const core::Decision& b, bool with_ids);
std::string text_of(const core::Decision& decision);

}  // namespace btfreloc::test
