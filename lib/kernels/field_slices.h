#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "kernels/assembler.h"
#include "kernels/content_bytes.h"
#include "kernels/set_reader.h"
#include "kernels/slice.h"
#include "kernels/string_table.h"

namespace btfreloc::kernels {

/// Types of a slice. Those of 200 relocations of real programs have some 1,500.
inline constexpr std::uint32_t kMaxSliceTypes = 1'000'000;

/// Slices with what field relocations look at of some types, for one kernel after the other. Types
/// that differ in other things only are one here, so that most kernels share most slices; what is
/// known of a slice that was cut before says so before it is cut again.
class FieldSlices final : Assembler::Symbols {
 public:
  /// Both must outlive this. All members are wanted without a filter.
  FieldSlices(SetReader& reader, MemberFilter& filter)
      : reader_(reader), filter_(filter), assembler_(reader, std::endian::little) {}
  FieldSlices(const FieldSlices&) = delete;
  FieldSlices& operator=(const FieldSlices&) = delete;

  /// Forgets everything, because other members are wanted from now on.
  void restart(bool has_filter);

  /// A type of which another holds a value: which of those that the column has of a symbol.
  struct Reference {
    std::uint32_t node;  ///< Index into nodes_.
    std::uint32_t nth;
  };
  struct Fields {
    std::uint32_t symbol;
    SymbolKind kind;
    std::string_view name;
    Content content;
    std::vector<Reference> references;
  };
  Result<const Fields*> fields(std::uint32_t symbol, std::uint32_t version);

  /// The place for the slice that has the column's own types of these symbols, and all of those
  /// whose types tell the size of pointers. Where it is null, assemble() makes what belongs there.
  Result<std::shared_ptr<const Slice>*> find(std::size_t column,
                                             std::span<const std::uint32_t> pointer_sizes,
                                             std::span<const std::uint32_t> roots);
  /// The slice for which find() was called last, as raw BTF.
  Result<std::vector<std::byte>> assemble();

  /// How many types the column itself has of a symbol, and how many with its kernel.
  struct Count {
    std::uint32_t own;
    std::uint32_t all;
  };
  Result<Count> count(std::size_t column, std::uint32_t symbol);

 private:
  static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

  /// A symbol that was heard of, in the column.
  struct Node {
    std::uint32_t symbol;
    std::uint32_t column_number = 0;  ///< Nodes of others are of columns before.
    std::uint32_t own = 0;
    std::uint32_t all = 0;
    std::uint32_t first = 0;  ///< Index into types_.
  };
  struct Type {
    std::uint32_t symbol;
    std::uint32_t version;
    std::uint32_t fields = kUnknown;  ///< Index into fields_.
    std::uint32_t slice = 0;          ///< The last one that it was reached in.
    std::uint32_t id = 0;             ///< In that one.
  };

  std::uint32_t node_of(std::uint32_t symbol);
  Result<const Node*> enter_node(std::uint32_t number);
  Result<std::uint32_t> number(std::uint32_t symbol, std::uint32_t version);
  Result<std::uint32_t> read(std::uint32_t symbol, std::uint32_t version);
  void enter(std::size_t column);
  void reach(std::uint32_t type);
  Status follow(std::uint32_t type);
  Result<std::uint32_t> type_of(Reference to);
  Result<std::uint32_t> id_of(Word symbol, Word nth, bool is_pointee) override;

  SetReader& reader_;
  MemberFilter& filter_;
  bool has_filter_ = false;
  Assembler assembler_;
  Content content_;  ///< The one that is being read.
  std::deque<Fields> fields_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  ///< By symbol and version.
  HashIndex by_content_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint32_t, std::uint32_t> nodes_of_;  ///< By symbol.
  // Of one column.
  std::size_t column_ = 0;
  std::uint32_t column_number_ = 0;
  std::vector<Type> types_;
  // Of one slice.
  std::uint32_t slice_ = 0;
  std::vector<std::uint32_t> queue_;  ///< Indices into types_, in the order of ids.
  std::vector<Word> key_;
  // Of all slices.
  struct Known {
    std::vector<Word> key;
    std::shared_ptr<const Slice> slice;
  };
  std::deque<Known> known_;
  HashIndex by_key_;
};

}  // namespace btfreloc::kernels
