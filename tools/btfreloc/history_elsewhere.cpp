#include <algorithm>
#include <utility>

#include "btf/c_text.h"
#include "btfreloc/history.h"

// Where to look for what a member led to, when the member is gone: request.rq_disk went, and
// request_queue.disk came, of the same type and behind a pointer that the request has all along.

namespace btfreloc::tool {
namespace {

constexpr std::size_t kMostFound = 3;
constexpr std::size_t kMaxPointers = 64;  ///< Members whose structs are looked up.

const btf::View& view_of(const Entry& entry) { return *entry.definition->btf; }

/// The name of the struct or union that a pointer leads to; "" for anything else.
std::string_view pointed_to(const btf::View& btf, TypeId type) {
  const TypeId pointer = btf.skip_modifiers_and_typedefs(type);
  if (btf.kind(pointer) != btf::Kind::kPtr) return {};
  const TypeId target = btf.skip_modifiers_and_typedefs(TypeId{btf.third_word(pointer)});
  const auto kind = btf.kind(target);
  const bool is_record = kind && (btf::is_composite(*kind) || *kind == btf::Kind::kFwd);
  return is_record ? btf.name(target) : std::string_view();
}

/// True for types of which a kernel has few values: two integers are not the same for being such.
bool tells_much(const btf::View& btf, TypeId type) {
  if (!pointed_to(btf, type).empty()) return true;
  const TypeId target = btf.skip_modifiers_and_typedefs(type);
  const auto kind = btf.kind(target);
  return kind && btf::is_composite(*kind) && !btf.name(target).empty();
}

/// The members of a struct of one kernel that are declared as `type` says.
Result<std::vector<FieldPlace>> fields_of_type(HistoryKernels& kernels, std::size_t kernel,
                                               std::string_view record, std::string_view type) {
  std::vector<FieldPlace> places;
  TRY(const auto found, kernels.find(kernel, record, HistoryKernels::Space::types));
  for (const FoundTypes::Definition& definition : found->definitions) {
    const auto kind = definition.btf->kind(definition.type);
    if (!kind || !btf::is_composite(*kind)) continue;
    for (const btf::Field& field : btf::fields_of(*definition.btf, definition.type)) {
      FieldPlace place = place_of(*definition.btf, field);
      if (place.type == type) places.push_back(std::move(place));
    }
    break;
  }
  return places;
}

/// True when the kernel before had it already, behind the same member.
Result<bool> is_old(HistoryKernels& kernels, const Entry& before, std::string_view member,
                    std::string_view path, std::string_view type) {
  const auto field = btf::find_field(view_of(before), before.type, member);
  if (!field) return false;
  const std::string_view record = pointed_to(view_of(before), field->type);
  if (record.empty()) return false;
  TRY(const auto places, fields_of_type(kernels, before.kernel, record, type));
  return std::ranges::find(places, path, &FieldPlace::path) != places.end();
}

}  // namespace

Result<std::vector<Elsewhere>> find_elsewhere(HistoryKernels& kernels, const Entry& before,
                                              const Entry& after, const btf::Field& field) {
  std::vector<Elsewhere> found;
  if (!tells_much(view_of(before), field.type)) return found;
  const std::string type = btf::declaration(view_of(before), field.type, "");
  std::size_t pointers = 0;
  for (const btf::Field& member : btf::fields_of(view_of(after), after.type)) {
    const std::string_view record = pointed_to(view_of(after), member.type);
    // Back pointers and lists of its own kind lead anywhere.
    if (record.empty() || record == view_of(after).name(after.type)) continue;
    if (++pointers > kMaxPointers) break;
    TRY(auto places, fields_of_type(kernels, after.kernel, record, type));
    for (FieldPlace& place : places) {
      TRY(const bool was_there, is_old(kernels, before, member.path, place.path, type));
      if (was_there) continue;
      found.push_back({.path = member.path + "->" + place.path,
                       .record = std::string(record),
                       .place = std::move(place)});
      if (found.size() == kMostFound) return found;
    }
  }
  return found;
}

}  // namespace btfreloc::tool
