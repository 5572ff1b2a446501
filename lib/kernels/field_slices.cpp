#include "kernels/field_slices.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/hash.h"

namespace btfreloc::kernels {
namespace {

std::uint64_t hash_of(std::span<const Word> words, std::uint32_t symbol) {
  return XXH3_64bits_withSeed(words.data(), words.size_bytes(), symbol);
}

}  // namespace

void FieldSlices::restart(bool has_filter) {
  has_filter_ = has_filter;
  fields_.clear();
  numbers_.clear();
  by_content_ = {};
  known_.clear();
  by_key_ = {};
  types_.clear();
  ++column_number_;
}

Result<const FieldSlices::Fields*> FieldSlices::fields(std::uint32_t symbol,
                                                       std::uint32_t version) {
  TRY(const std::uint32_t number, this->number(symbol, version));
  return &fields_[number];
}

/// Index into fields_.
Result<std::uint32_t> FieldSlices::number(std::uint32_t symbol, std::uint32_t version) {
  const std::uint64_t key = std::uint64_t{symbol} << 32 | version;
  if (const auto found = numbers_.find(key); found != numbers_.end()) return found->second;
  TRY(const std::uint32_t number, read(symbol, version));
  numbers_.emplace(key, number);
  return number;
}

Result<std::uint32_t> FieldSlices::read(std::uint32_t symbol, std::uint32_t version) {
  TRY(const Record* record, reader_.first_record(symbol));
  if (is_lone(record->kind)) {
    return fail(Errc::bad_format,
                fmt::format("symbol {} of the set is none that types refer to", symbol));
  }
  TRY_OK(reader_.fields(symbol, version, has_filter_ ? &filter_ : nullptr, content_));
  const std::uint64_t hash = hash_of(content_, symbol);
  const std::uint32_t found = by_content_.find(hash, [&](std::uint32_t number) {
    return fields_[number].symbol == symbol && fields_[number].content == content_;
  });
  if (found != HashIndex::kNone) return found;
  const auto number = static_cast<std::uint32_t>(fields_.size());
  Fields& fields = fields_.emplace_back(Fields{.symbol = symbol,
                                               .kind = record->kind,
                                               .name = record->name,
                                               .content = content_,
                                               .references = {}});
  walk_content(
      fields.kind, std::span<const Word>(fields.content), [](const Word&) {},
      [&](const Word& to) { fields.references.push_back({.node = node_of(to), .nth = (&to)[1]}); });
  by_content_.insert(hash, number);
  return number;
}

void FieldSlices::enter(std::size_t column) {
  if (column_number_ != 0 && column == column_ && !types_.empty()) return;
  column_ = column;
  ++column_number_;
  types_.clear();
}

/// Index into nodes_.
std::uint32_t FieldSlices::node_of(std::uint32_t symbol) {
  const auto [it, is_new] =
      nodes_of_.try_emplace(symbol, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.push_back({.symbol = symbol});
  return it->second;
}

/// The node as it is in the column. Valid until the next symbol is heard of.
Result<const FieldSlices::Node*> FieldSlices::enter_node(std::uint32_t number) {
  Node& node = nodes_[number];
  if (node.column_number == column_number_) return &node;
  const std::uint32_t symbol = node.symbol;
  const std::size_t kernel = reader_.set().kernel_of(column_);
  const auto first = static_cast<std::uint32_t>(types_.size());
  const auto add = [&](const SetReader::Versions& versions) {
    for (const std::uint32_t version : versions) {
      types_.push_back({.symbol = symbol, .version = version});
    }
  };
  TRY(const auto own, reader_.versions_in(symbol, column_));
  add(own);
  if (kernel != column_) {
    TRY(const auto inherited, reader_.versions_in(symbol, kernel));
    add(inherited);
  }
  node = {.symbol = symbol,
          .column_number = column_number_,
          .own = static_cast<std::uint32_t>(own.size()),
          .all = static_cast<std::uint32_t>(types_.size()) - first,
          .first = first};
  return &node;
}

Result<FieldSlices::Count> FieldSlices::count(std::size_t column, std::uint32_t symbol) {
  enter(column);
  TRY(const Node* node, enter_node(node_of(symbol)));
  return Count{.own = node->own, .all = node->all};
}

/// Index into types_.
Result<std::uint32_t> FieldSlices::type_of(Reference to) {
  TRY(const Node* node, enter_node(to.node));
  if (to.nth >= node->all) {
    return fail(Errc::bad_format, fmt::format("it lacks symbol {} of the set", node->symbol));
  }
  return node->first + to.nth;
}

void FieldSlices::reach(std::uint32_t type) {
  Type& reached = types_[type];
  if (reached.slice == slice_) return;
  queue_.push_back(type);
  reached.slice = slice_;
  reached.id = static_cast<std::uint32_t>(queue_.size());
}

Status FieldSlices::follow(std::uint32_t type) {
  if (types_[type].fields == kUnknown) {
    TRY(types_[type].fields, number(types_[type].symbol, types_[type].version));
  }
  const std::uint32_t number = types_[type].fields;
  key_.push_back(number);
  for (const Reference& to : fields_[number].references) {
    TRY(const std::uint32_t next, type_of(to));
    reach(next);
  }
  return {};
}

/// What a slice says follows from the contents of its types in the order in which they are reached:
/// contents hold their symbol, and references lead to the same place of that order as long as all
/// before is the same. That order is the key.
Result<std::shared_ptr<const Slice>*> FieldSlices::find(
    std::size_t column, std::span<const std::uint32_t> pointer_sizes,
    std::span<const std::uint32_t> roots) {
  enter(column);
  ++slice_;
  queue_.clear();
  for (const std::uint32_t symbol : pointer_sizes) {
    TRY(const Node* node, enter_node(node_of(symbol)));
    for (std::uint32_t nth = 0; nth < node->all; ++nth) reach(node->first + nth);
  }
  for (const std::uint32_t symbol : roots) {
    TRY(const Node* node, enter_node(node_of(symbol)));
    for (std::uint32_t nth = 0; nth < node->own; ++nth) reach(node->first + nth);
  }
  const auto is_big = reader_.entry(column).column.order == std::endian::big ? 1U : 0U;
  const auto tells_signs = reader_.tells_signs(column) ? 2U : 0U;
  key_.assign({is_big | tells_signs, static_cast<Word>(queue_.size())});
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    TRY_OK(follow(queue_[i]));
    if (queue_.size() > kMaxSliceTypes) {
      return fail(Errc::out_of_range, fmt::format("more than {} types in a slice", kMaxSliceTypes));
    }
  }
  const std::uint64_t hash = hash_of(key_, 0);
  std::uint32_t found =
      by_key_.find(hash, [&](std::uint32_t number) { return known_[number].key == key_; });
  if (found == HashIndex::kNone) {
    found = static_cast<std::uint32_t>(known_.size());
    known_.push_back({.key = key_, .slice = nullptr});
    by_key_.insert(hash, found);
  }
  return &known_[found].slice;
}

Result<std::uint32_t> FieldSlices::id_of(Word symbol, Word nth, bool /*is_pointee*/) {
  TRY(const std::uint32_t type, type_of({.node = node_of(symbol), .nth = nth}));
  return types_[type].id;
}

Result<std::vector<std::byte>> FieldSlices::assemble() {
  assembler_.restart(reader_.entry(column_).column.order);
  for (std::size_t i = 0; i < queue_.size(); ++i) assembler_.new_id();
  for (const std::uint32_t type : queue_) {
    const Fields& fields = fields_[types_[type].fields];
    TRY_OK(assembler_.write(types_[type].id, fields.kind, fields.name, fields.content, *this));
  }
  if (reader_.tells_signs(column_)) assembler_.write_sign_teller();
  return assembler_.blob();
}

}  // namespace btfreloc::kernels
