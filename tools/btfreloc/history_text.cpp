#include "btfreloc/history_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "btfreloc/table.h"

namespace btfreloc::tool {
namespace {

std::string kernel_name(const HistoryKernels& kernels, const Timeline& timeline,
                        std::size_t entry) {
  return cell(kernels.kernels()[timeline.entries[entry].kernel].name);
}

/// "`__state` (unsigned int, byte 24)"
std::string described(const FieldPlace& place) {
  const std::uint64_t first = place.offset.value;
  const std::string where =
      place.bitfield_size.value == 0
          ? fmt::format("byte {}", whole_bytes(place.offset).value)
          : fmt::format("bits {} to {}", first, first + place.bitfield_size.value - 1);
  return fmt::format("`{}` ({}, {})", cell(place.path), cell(place.type), where);
}

/// "a, b and c"
std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string described(const std::vector<FieldPlace>& places) {
  std::vector<std::string> parts;
  for (const FieldPlace& place : places) parts.push_back(described(place));
  return joined(parts);
}

std::string evidence_text(const std::vector<btf::Evidence>& evidence) {
  std::vector<std::string> parts;
  for (const btf::Evidence one : evidence) parts.emplace_back(btf::text(one));
  return parts.empty() ? "" : ": " + joined(parts);
}

/// "moved from byte 24 to 56, and is of type u32 where it was int"
std::string change_text(const FieldPlace& before, const FieldPlace& after) {
  std::vector<std::string> parts;
  if (before.offset != after.offset) {
    const bool are_bits = before.bitfield_size.value != 0 || after.bitfield_size.value != 0;
    parts.push_back(fmt::format("moved from {} {} to {}", are_bits ? "byte:bit" : "byte",
                                offset_text(before), offset_text(after)));
  }
  if (before.type != after.type) {
    parts.push_back(fmt::format("its type `{}` became `{}`", cell(before.type), cell(after.type)));
  }
  if (size_text(before) != size_text(after)) {
    parts.push_back(fmt::format("its size {} became {}", size_text(before), size_text(after)));
  }
  return joined(parts);
}

std::string elsewhere_text(const std::vector<Elsewhere>& elsewhere) {
  if (elsewhere.empty()) return {};
  std::vector<std::string> parts;
  for (const Elsewhere& one : elsewhere) {
    parts.push_back(fmt::format("`{}` (byte {} of struct {})", cell(one.path),
                                whole_bytes(one.place.offset).value, cell(one.record)));
  }
  return fmt::format("; what is new there and of that type: {}", joined(parts));
}

std::string field_text(const Step& step, const Entry& before, const Entry& after) {
  const btf::FieldChange& change = *step.field;
  if (change.is_added()) {
    return fmt::format("{} came, like nothing that was there", described(after.places));
  }
  if (change.is_removed()) {
    return fmt::format("{} is gone{}", described(before.places), elsewhere_text(step.elsewhere));
  }
  const bool has_name = before.places.size() == 1 && after.places.size() == 1 &&
                        before.places[0].path == after.places[0].path;
  if (has_name) return change_text(before.places[0], after.places[0]);
  return fmt::format("{} became {}{}", described(before.places), described(after.places),
                     evidence_text(change.evidence));
}

/// "6 enumerators came, 1 went, 1 has another value"
std::string enumerators_text(const std::vector<btf::EnumeratorChange>& changes) {
  std::size_t came = 0;
  std::size_t went = 0;
  std::size_t changed = 0;
  for (const btf::EnumeratorChange& change : changes) {
    ++(!change.before ? came : !change.after ? went : changed);
  }
  std::vector<std::string> parts;
  if (came != 0) parts.push_back(fmt::format("{} came", came));
  if (went != 0) parts.push_back(fmt::format("{} went", went));
  if (changed != 0) parts.push_back(fmt::format("{} changed", changed));
  return joined(parts);
}

/// "a, b and 4 more", after a word; "" without names.
std::string listed(std::string_view word, std::vector<std::string> names) {
  constexpr std::size_t kMost = 8;
  if (names.empty()) return {};
  if (names.size() > kMost + 1) {
    const std::size_t more = names.size() - kMost;
    names.resize(kMost);
    names.push_back(fmt::format("{} more", more));
  }
  return fmt::format("{} {}", word, joined(names));
}

/// "new: a and b; gone: c; d → e"
std::string members_text(const std::vector<btf::FieldChange>& changes) {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> renamed;
  std::vector<std::string> retyped;
  std::size_t moved = 0;
  const auto paths = [](const std::vector<btf::Field>& fields) {
    std::vector<std::string> names;
    for (const btf::Field& field : fields) names.push_back(cell(field.path));
    return joined(names);
  };
  for (const btf::FieldChange& change : changes) {
    if (change.is_added()) {
      added.push_back(paths(change.after));
    } else if (change.is_removed()) {
      removed.push_back(paths(change.before));
    } else if (paths(change.before) != paths(change.after)) {
      renamed.push_back(fmt::format("{} → {}", paths(change.before), paths(change.after)));
    } else if (change.retyped || change.resized) {
      retyped.push_back(paths(change.after));
    } else {
      ++moved;
    }
  }
  std::vector<std::string> parts = {listed("new:", std::move(added)),
                                    listed("gone:", std::move(removed)),
                                    listed("renamed:", std::move(renamed)),
                                    listed("of another type or size:", std::move(retyped))};
  std::erase(parts, std::string());
  if (parts.empty()) return fmt::format("{} member{} moved", moved, moved == 1 ? "" : "s");
  std::string text = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) text += "; " + parts[i];
  return text;
}

std::string type_text(const Step& step, const Timeline& timeline) {
  const Entry& before = timeline.entries[step.before];
  const Entry& after = timeline.entries[step.after];
  std::vector<std::string> parts = {size_step_text(timeline, step)};
  if (timeline.subject == Subject::enumeration) {
    parts.push_back(enumerators_text(step.type->enumerators));
  } else if (timeline.subject == Subject::record && !step.type->kind_changed) {
    parts.push_back(members_text(step.type->fields));
  } else if (before.declaration != after.declaration) {
    parts.push_back(
        fmt::format("`{}` became `{}`", cell(before.declaration), cell(after.declaration)));
  }
  std::erase(parts, std::string());
  return parts.size() == 2 ? parts[0] + "; " + parts[1] : joined(parts);
}

std::string value_text(const Entry& before, const Entry& after) {
  if (before.values.empty()) return fmt::format("came, as {}", after.values[0].value);
  if (after.values.empty()) return fmt::format("went; it was {}", before.values[0].value);
  return fmt::format("its value {} became {}", before.values[0].value, after.values[0].value);
}

/// Where one of the two lacks the type, or has it elsewhere.
std::string presence_text(const Entry& before, const Entry& after) {
  const auto place = [](const Entry& entry) {
    return entry.module.empty() ? "the kernel itself" : "module " + cell(entry.module);
  };
  if (before.has_type() && after.has_type()) {
    return fmt::format("went from {} to {}", place(before), place(after));
  }
  const Entry& with = before.has_type() ? before : after;
  const Entry& without = before.has_type() ? after : before;
  if (!with.module.empty() && !without.knows_modules) {
    return fmt::format("{} is in {}; of the {}, no modules are known", cell(with.title),
                       place(with), before.has_type() ? "latter" : "former");
  }
  return fmt::format("{} {}", cell(with.title), before.has_type() ? "is gone" : "came");
}

}  // namespace

std::string run_name(const HistoryKernels& kernels, const Timeline& timeline, Run run) {
  const std::string first = kernel_name(kernels, timeline, run.begin);
  return run.end - run.begin == 1 ? first
                                  : first + "…" + kernel_name(kernels, timeline, run.end - 1);
}

std::string size_text(const FieldPlace& place) {
  if (place.bitfield_size.value != 0) {
    return fmt::format("{} bit{}", place.bitfield_size.value,
                       place.bitfield_size.value == 1 ? "" : "s");
  }
  return place.bytes ? fmt::format("{}", place.bytes->value) : "-";
}

std::string offset_text(const FieldPlace& place) {
  const std::uint64_t byte = whole_bytes(place.offset).value;
  return place.bitfield_size.value == 0 ? fmt::format("{}", byte)
                                        : fmt::format("{}:{}", byte, place.offset.value % 8);
}

std::string step_text(const Timeline& timeline, const Step& step) {
  const Entry& before = timeline.entries[step.before];
  const Entry& after = timeline.entries[step.after];
  if (step.field) return field_text(step, before, after);
  if (step.type) return type_text(step, timeline);
  if (before.has_type() && after.has_type() && before.module == after.module) {
    return value_text(before, after);
  }
  return presence_text(before, after);
}

std::string size_step_text(const Timeline& timeline, const Step& step) {
  const Entry& before = timeline.entries[step.before];
  const Entry& after = timeline.entries[step.after];
  std::vector<std::string> parts;
  if (step.type->kind_changed) {
    parts.push_back(fmt::format("{} became {}", cell(before.title), cell(after.title)));
  }
  if (before.size && after.size && before.size != after.size) {
    parts.push_back(fmt::format("{} → {} bytes", before.size->value, after.size->value));
  }
  if (before.members != after.members && timeline.subject == Subject::record) {
    parts.push_back(fmt::format("{} → {} members", before.members, after.members));
  }
  return joined(parts);
}

std::string between(const HistoryKernels& kernels, const Timeline& timeline, const Step& step) {
  return fmt::format("between {} and {}", kernel_name(kernels, timeline, step.before),
                     kernel_name(kernels, timeline, step.after));
}

}  // namespace btfreloc::tool
