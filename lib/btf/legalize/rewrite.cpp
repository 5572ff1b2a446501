#include "btf/legalize/rewrite.h"

namespace btfreloc::btf {

std::size_t Rewrite::longest_name() const {
  constexpr std::size_t kLongestNew = 512;  // see Feature::long_names
  constexpr std::size_t kLongestOld = 128;
  return takes(Feature::long_names) ? kLongestNew : kLongestOld;
}

std::string Rewrite::reason(Feature lacking) {
  return fmt::format("Linux takes {} from {} on", description(lacking), since(lacking).text());
}

void Rewrite::keep() {
  builder_.copy(view_, id_, [](TypeId id) { return id; }, [](StrOff name) { return name; });
}

void Rewrite::changed(ChangeKind kind, std::string text, bool changes_relocations) {
  changes_.push_back({.type = id_,
                      .kind = kind,
                      .text = std::move(text),
                      .changes_relocations = changes_relocations});
}

void Rewrite::lowered(Kind to, Feature lacking, bool changes_relocations) {
  changed(ChangeKind::lowered, fmt::format("becomes {}: {}", traits(to).name, reason(lacking)),
          changes_relocations);
}

TypeId Rewrite::extra(std::function<void()> add) {
  extras_.push_back(std::move(add));
  return TypeId{static_cast<std::uint32_t>(view_.size() + extras_.size() - 1)};
}

void Rewrite::add_extras() {
  for (const auto& add : extras_) add();
}

}  // namespace btfreloc::btf
