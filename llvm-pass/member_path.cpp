#include "member_path.h"

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Deeper nesting and more members at one place than real types have; hostile debug info has both.
constexpr unsigned kMostSteps = 32;
constexpr unsigned kMostVisits = 4096;

uint64_t count_of(const Metadata* range) {
  const auto* subrange = dyn_cast_or_null<DISubrange>(range);
  if (!subrange) return 0;
  const auto* count = dyn_cast_or_null<ConstantAsMetadata>(subrange->getRawCountNode());
  const auto* constant = count ? dyn_cast<ConstantInt>(count->getValue()) : nullptr;
  return constant && !constant->isNegative() ? constant->getZExtValue() : 0;
}

class Search {
 public:
  explicit Search(Descend descend) : descend_(descend) {}

  void visit(const TypeAt& type, uint64_t offset) {
    if (path_.steps.size() > kMostSteps || ++visits > kMostVisits) return;
    if (offset == 0) found.push_back({path_, type});
    if (type.array()) {
      visit_element(type, offset);
    } else if (DICompositeType* record = type.record()) {
      visit_members(record, offset);
    }
  }

  SmallVector<MemberAt, 4> found;
  unsigned visits = 0;

 private:
  void enter(const MemberAt& step, uint64_t offset) {
    path_.steps.push_back(step.path.steps.front());
    visit(step.type, offset - step.path.steps.front().offset);
    path_.steps.pop_back();
  }

  void visit_element(const TypeAt& array, uint64_t offset) {
    const uint64_t size = array.element_size(), count = array.count();
    if (descend_ != Descend::kAll || size == 0) return;
    const uint64_t index = offset / size;
    if ((count != 0 && index >= count) || index > UINT32_MAX) return;
    enter(element_step(array, index), offset);
  }

  void visit_members(DICompositeType* record, uint64_t offset) {
    const DINodeArray elements = record->getElements();
    for (unsigned i = 0; i < elements.size(); ++i) {
      const DIDerivedType* member = as_member(elements[i]);
      if (!member || member->isBitField()) continue;
      if (descend_ == Descend::kAtNoCost && !is_union(record) &&
          member->getTag() != dwarf::DW_TAG_inheritance && !member->getName().empty()) {
        continue;
      }
      const uint64_t begin = offset_of(member), size = size_of(member->getBaseType());
      // The last member, without a size, may be a flexible array, which reaches as far as it is
      // asked to.
      const bool is_last = i + 1 == elements.size() && !is_union(record);
      const bool is_flexible = size == 0 && is_last && as_array(member->getBaseType());
      const bool covers = offset == begin || (offset > begin && offset - begin < size) ||
                          (offset > begin && is_flexible);
      if (covers) enter(member_step(record, i), offset);
    }
  }

  Descend descend_;
  Path path_;
};

}  // namespace

DICompositeType* TypeAt::array() const {
  DICompositeType* composite = as_array(type);
  return composite && dimension < composite->getElements().size() ? composite : nullptr;
}

TypeAt TypeAt::element() const {
  DICompositeType* composite = as_array(type);
  if (dimension + 1 < composite->getElements().size()) return {type, dimension + 1};
  return {strip_qualifiers(composite->getBaseType()), 0};
}

uint64_t TypeAt::count() const { return count_of(array()->getElements()[dimension]); }

uint64_t TypeAt::element_size() const {
  DICompositeType* composite = array();
  uint64_t size = size_of(composite->getBaseType());
  for (unsigned i = dimension + 1; i < composite->getElements().size(); ++i) {
    size *= count_of(composite->getElements()[i]);
  }
  return size;
}

uint64_t TypeAt::size() const { return array() ? count() * element_size() : size_of(bare()); }

DIType* TypeAt::bare() const {
  DICompositeType* composite = as_array(type);
  if (composite && !array()) return strip_names(composite->getBaseType());
  return strip_names(type);
}

bool TypeAt::is_same(const TypeAt& other) const {
  if (bare() == other.bare()) return !array() || dimension == other.dimension;
  // `*const T`, `&T` and `T const *` are told by their names only.
  return is_pointer(bare()) && is_pointer(other.bare()) && pointee_of(bare()) &&
         strip_names(pointee_of(bare())) == strip_names(pointee_of(other.bare()));
}

uint64_t Path::offset() const {
  uint64_t offset = 0;
  for (const Step& step : steps) offset += step.offset;
  return offset;
}

std::string spelled(const TypeAt& root, const Path& path) {
  std::string text = spelled(root.type);
  for (const Step& step : path.steps) {
    if (as_array(step.in)) {
      text += "[" + std::to_string(step.index) + "]";
    } else {
      const StringRef name = cast<DIDerivedType>(step.in->getElements()[step.index])->getName();
      text += "." + (name.empty() ? "(anonymous)" : name.str());
    }
  }
  return text;
}

MemberAt member_step(DICompositeType* record, unsigned index) {
  const auto* member = cast<DIDerivedType>(record->getElements()[index]);
  const uint64_t offset = member->isBitField() ? 0 : offset_of(member);
  return {{{{record, index, 0, offset}}}, {strip_qualifiers(member->getBaseType()), 0}};
}

MemberAt element_step(const TypeAt& array, uint64_t index) {
  const Step step = {array.array(), static_cast<unsigned>(index), array.dimension,
                     index * array.element_size()};
  return {{{step}}, array.element()};
}

SmallVector<MemberAt, 4> members_at(const TypeAt& root, uint64_t offset, Descend descend) {
  Search search(descend);
  search.visit(root, offset);
  if (search.visits > kMostVisits) search.found.clear();
  return search.found;
}

TypeAt pointee_behind(DIType* type) {
  if (!as_record(type)) return {pointee_of(type)};
  TypeAt pointee;
  for (const MemberAt& member : members_at({type}, 0, Descend::kAll)) {
    if (!is_pointer(member.type.bare())) continue;
    if (pointee.type) return {};
    pointee = {pointee_of(member.type.bare())};
  }
  return pointee;
}

}  // namespace btfreloc::pass
