#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/field.h"
#include "core/resolve.h"
#include "support/btf_difference.h"
#include "support/errors.h"
#include "support/kernel_sets.h"
#include "support/random_btf.h"
#include "support/raw.h"

// Sets of small random kernels that have much in common, and of modules of them: in whatever way a
// set was made, each comes out as it went in, and slices decide as all of its BTF does.
// BTFRELOC_LONG=1 takes a hundred times as many.

namespace btfreloc::test {
namespace {

using core::Decision;
using core::ReloKind;
using kernels::Editor;

std::uint64_t cases(std::uint64_t count) {
  return std::getenv("BTFRELOC_LONG") != nullptr ? count * 100 : count;
}

/// Kernels that were made out of each other, and modules.
class Family {
 public:
  explicit Family(Random& random) : random_(random) {
    order_ = random.percent(70) ? std::endian::little : std::endian::big;
    const std::uint32_t size = 4 + random.below(random.percent(10) ? 150 : 40);
    const std::uint32_t count = 1 + random.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i == 0 || random.percent(15)) {
        models_.push_back(random_kernel(random, size));
      } else {
        models_.push_back(random.one_of(models_));
        mutate(random, models_.back(), nullptr, random.below(8));
      }
    }
    const Model a = random_module(random, models_[0], 1 + random.below(15));
    const Model b = random_module(random, models_[0], 1 + random.below(15));
    for (std::uint32_t i = 0; i < count; ++i) {
      const WrittenBtf written = write(i, models_[i], nullptr);
      const Source& kernel = add(i, "", written, nullptr);
      for (const auto& [name, module] : {std::pair("mod_a", a), std::pair("mod_b", b)}) {
        if (random.percent(50)) continue;
        Model here = moved(module, models_[0], models_[i]);
        if (random.percent(50)) mutate(random, here, &models_[i], 1 + random.below(3));
        add(i, name, write(i, here, &written), &kernel);
      }
    }
  }

  const Sources& sources() const { return sources_; }
  /// In a random order, modules behind their kernels.
  std::vector<const Source*> shuffled() const {
    std::vector<const Source*> all = pointers_to(sources_);
    random_.shuffle(all);
    std::ranges::stable_sort(all, {}, [](const Source* s) { return s->kernel != nullptr; });
    return all;
  }

 private:
  WrittenBtf write(std::uint32_t, const Model& model, const WrittenBtf* base) {
    return test::write(random_, model,
                       {.order = order_,
                        .shuffle = random_.percent(60) ? Shuffle::any : Shuffle::none,
                        .has_odd_strings = random_.percent(30)},
                       base);
  }

  const Source& add(std::uint32_t kernel, const char* module, const WrittenBtf& written,
                    const Source* base) {
    Source source;
    source.column.label = source.column.release = fmt::format("6.{}.0", kernel);
    source.column.module = module;
    source.column.arch = "x86_64";
    source.bytes = written.bytes;
    source.kernel = base;
    return append(sources_, std::move(source));
  }

  Random& random_;
  std::endian order_;
  std::vector<Model> models_;
  Sources sources_;
};

/// The types of a family, for people; when they are few.
std::string text_of(const Sources& sources) {
  std::string text;
  for (const auto& source : sources) {
    text += fmt::format("--- {}\n{}", source->address(), all_raw(*source->view));
  }
  return text.size() < 20000 ? text : "(long)";
}

/// True when each is in the set as it was.
bool expect_all(const Sources& sources, const kernels::Set& set, const std::string& what) {
  EXPECT_TRUE(set.verify().empty()) << what;
  EXPECT_EQ(set.columns().size(), sources.size()) << what;
  for (const auto& source : sources) {
    const std::string different = difference_from(*source, set);
    EXPECT_EQ(different, "") << what << ", " << source->address();
    if (!different.empty()) return false;
  }
  return !testing::Test::HasFailure();
}

/// Some columns keep ids, others do not.
void add_some(Editor& editor, std::span<const Source* const> sources,
              const std::set<const Source*>& keepers) {
  for (const Source* source : sources) {
    const bool keeps = keepers.contains(source->kernel != nullptr ? source->kernel : source);
    add(editor, std::span(&source, 1), keeps);
  }
}

bool check_family(std::uint64_t seed) {
  Random random(seed);
  const Family family(random);
  const Sources& sources = family.sources();
  const std::string what = fmt::format("seed {}", seed);
  std::set<const Source*> keepers;
  for (const auto& source : sources) {
    if (random.percent(40)) keepers.insert(source.get());
  }

  Editor editor;
  add_some(editor, pointers_to(sources), keepers);
  const OpenSet open = open_set(must(editor.packed()));
  if (!expect_all(sources, open.set, what + ", packed")) return false;

  const auto shuffled = family.shuffled();
  Editor other;
  add_some(other, shuffled, keepers);
  EXPECT_TRUE(must(other.packed()) == open.bytes) << what << ", added in another order";

  // Some at first, the others as one more segment, and one more.
  const std::size_t first = 1 + random.below(shuffled.size());
  const std::size_t second = first + random.below(shuffled.size() - first + 1);
  Editor begun;
  add_some(begun, std::span(shuffled).first(first), keepers);
  const OpenSet begin = open_set(must(begun.packed()));
  Editor more = must(Editor::of(begin.set));
  add_some(more, std::span(shuffled).subspan(first, second - first), keepers);
  const OpenSet middle = open_set(must(more.appended()));
  Editor last = must(Editor::of(middle.set));
  add_some(last, std::span(shuffled).subspan(second), keepers);
  const OpenSet appended = open_set(must(last.appended()));
  if (!expect_all(sources, appended.set, what + ", appended")) return false;
  EXPECT_TRUE(must(last.packed()) == open.bytes) << what << ", appended and packed";
  EXPECT_TRUE(must(must(Editor::of(appended.set)).packed()) == open.bytes)
      << what << ", appended, read and packed";

  // Without one of them.
  const Source* const removed = random.one_of(shuffled);
  Editor less = must(Editor::of(random.percent(50) ? open.set : appended.set));
  must(less.remove(removed->column.label, removed->column.module));
  Editor without;
  std::vector<const Source*> left = shuffled;
  std::erase_if(left, [&](const Source* s) { return s == removed || s->kernel == removed; });
  add_some(without, left, keepers);
  EXPECT_TRUE(must(less.packed()) == must(without.packed()))
      << what << ", without " << removed->address();
  return !testing::Test::HasFailure();
}

TEST(RandomKernels, ComeOutOfASetAsTheyWentIn) {
  for (std::uint64_t seed = 1; seed <= cases(300); ++seed) {
    try {
      if (check_family(seed)) continue;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
    Random random(seed);
    FAIL() << text_of(Family(random).sources());
  }
}

core::Site mov(std::uint64_t value) {
  const auto low = static_cast<std::int32_t>(value);
  if (static_cast<std::uint64_t>(std::int64_t{low}) == value) {
    return {.first = {.opcode = 0xb7, .dst = 1, .imm = low}, .second = {}};
  }
  return {.first = {.opcode = 0x18, .dst = 1, .imm = low},
          .second = insn::Insn{.imm = static_cast<std::int32_t>(value >> 32)}};
}

/// What a program may ask about types of its own BTF.
class Questions {
 public:
  Questions(Random& random, const btf::View& local) : random_(random), local_(local) {
    for (std::uint32_t i = 1 + random.below(6); i > 0; --i) add();
  }

  std::vector<core::Request> requests() const {
    std::vector<core::Request> all;
    for (const Question& question : questions_) {
      all.push_back({.root = question.root,
                     .access = question.access,
                     .kind = static_cast<std::uint32_t>(question.kind),
                     .site = question.site,
                     .record = 0});
    }
    return all;
  }
  /// What a slice has to have for them.
  struct Needs {
    std::vector<std::string_view> types;
    std::vector<std::string_view> members;
    std::vector<std::string_view> compared_types;

    kernels::Names names() const {
      return {.types = types, .members = members, .compared_types = compared_types};
    }
  };
  Needs needs() const {
    Needs needs;
    std::vector<TypeId> read;
    std::vector<TypeId> compared;
    for (const Question& question : questions_) {
      (is_compared(question) ? compared : read).push_back(question.root);
      const auto spec = core::parse_spec(local_, question.root, question.access, question.kind);
      if (!spec) continue;
      for (const core::Accessor& step : spec->path) {
        if (step.is_member()) needs.members.push_back(local_.string(step.name));
      }
    }
    needs.types = essential_names(local_, read);
    needs.compared_types = essential_names(local_, compared);
    return needs;
  }
  std::string text(std::size_t i) const {
    const Question& question = questions_[i];
    return fmt::format("{} of [{}] '{}' {}", core::name(question.kind), question.root.value,
                       local_.name(question.root), question.access);
  }

 private:
  struct Question {
    TypeId root;
    std::string access;
    ReloKind kind;
    core::Site site;
  };

  void add() {
    const TypeId root{1 + random_.below(local_.size() - 1)};
    if (local_.name(root).empty() || !can_be_root(*local_.kind(root))) return;
    const TypeId behind = local_.skip_modifiers_and_typedefs(root);
    const auto kind = local_.kind(behind);
    const std::uint32_t vlen = local_.info(behind).vlen;
    Question question{.root = root, .access = "0", .kind = ReloKind::type_exists, .site = mov(0)};
    if (btf::is_enum(*kind) && vlen > 0 && random_.percent(70)) {
      question.kind = random_.percent(70) ? ReloKind::enumval_value : ReloKind::enumval_exists;
      question.access = std::to_string(random_.below(vlen));
    } else if (random_.percent(40)) {
      constexpr ReloKind kKinds[] = {ReloKind::type_exists, ReloKind::type_size,
                                     ReloKind::type_matches, ReloKind::type_id_target};
      question.kind = random_.one_of(kKinds);
    } else {
      constexpr ReloKind kKinds[] = {ReloKind::field_byte_offset, ReloKind::field_byte_size,
                                     ReloKind::field_exists,      ReloKind::field_signed,
                                     ReloKind::field_lshift_u64,  ReloKind::field_rshift_u64};
      question.kind = random_.one_of(kKinds);
      question.access = random_access(behind);
    }
    const auto spec = core::parse_spec(local_, root, question.access, question.kind);
    if (spec) {
      const auto value = core::local_value(local_, *spec, local_.order());
      if (value) question.site = mov(*value);
    }
    questions_.push_back(std::move(question));
  }

  /// True when more than the kinds of the two roots is compared. Structs and enums are the same to
  /// all but type_matches.
  bool is_compared(const Question& question) const {
    const btf::Kind kind = *local_.kind(question.root);
    switch (question.kind) {
      case ReloKind::type_matches: return true;
      case ReloKind::type_exists:
      case ReloKind::type_size:
      case ReloKind::type_id_target: return !btf::is_composite(kind) && !btf::is_enum(kind);
      default: return false;
    }
  }

  /// What __builtin_preserve_access_index() and the like take.
  static bool can_be_root(btf::Kind kind) {
    return kind != btf::Kind::kFunc && kind != btf::Kind::kVar && kind != btf::Kind::kDatasec &&
           kind != btf::Kind::kDeclTag && kind != btf::Kind::kTypeTag;
  }

  /// A path into a type, over members and elements.
  std::string random_access(TypeId type) {
    std::string access = "0";
    for (int depth = 0; depth < 6; ++depth) {
      type = local_.skip_modifiers_and_typedefs(type);
      const btf::Info info = local_.info(type);
      const auto kind = local_.kind(type);
      if (kind && btf::is_composite(*kind) && info.vlen > 0) {
        const std::uint32_t index = random_.below(info.vlen);
        access += fmt::format(":{}", index);
        std::vector<TypeId> members;
        local_.for_each_type_id(type, [&](TypeId to) { members.push_back(to); });
        type = members[index];
      } else if (kind == btf::Kind::kArray) {
        access += fmt::format(":{}", random_.below(3));
        TypeId element{0};
        bool is_first = true;
        local_.for_each_type_id(type, [&](TypeId to) {
          if (std::exchange(is_first, false)) element = to;
        });
        type = element;
      } else {
        break;
      }
      if (random_.percent(20)) break;
    }
    return access;
  }

  Random& random_;
  const btf::View& local_;
  std::vector<Question> questions_;
};

core::Target target_of(const btf::View& kernel, const std::vector<core::Module>& modules) {
  return {.kernel = kernel, .modules = [&]() -> Result<std::span<const core::Module>> {
            return std::span<const core::Module>(modules);
          }};
}

struct Tally {
  std::size_t decisions = 0;
  std::size_t patched = 0;
};

void check_slices(std::uint64_t seed, Tally& tally) {
  Random random(seed);
  const Family family(random);
  const Sources& sources = family.sources();
  const OpenSet open = open_set(packed(pointers_to(sources), false));
  kernels::Slicer slicer(open.set);
  for (const auto& source : sources) {
    if (source->kernel != nullptr) continue;
    std::vector<core::Module> modules;
    for (const auto& other : sources) {
      if (other->kernel == source.get()) {
        modules.push_back({.name = other->column.module, .btf = &*other->view});
      }
    }
    std::ranges::sort(modules, {}, &core::Module::name);
    for (int i = 0; i < 3; ++i) {
      const Source& program = *random.one_of(sources);
      const Questions questions(random, *program.view);
      const Questions::Needs needs = questions.needs();
      const SlicedTarget sliced(slicer, open.set, open.set.find(source->column.label).value(),
                                needs.names());
      for (const core::Rules rules : {core::Rules::coherent, core::Rules::libbpf}) {
        const auto requests = questions.requests();
        const auto expected = must(core::resolve(*program.view, source->view->order(), requests,
                                                 target_of(*source->view, modules), rules));
        const auto found = must(
            core::resolve(*program.view, source->view->order(), requests, sliced.target(), rules));
        for (std::size_t r = 0; r < expected.size(); ++r) {
          ++tally.decisions;
          if (expected[r].outcome == core::Outcome::patched) ++tally.patched;
          EXPECT_TRUE(is_alike(expected[r], found[r], false))
              << "seed " << seed << ", " << source->address() << ", program " << program.address()
              << ": " << questions.text(r) << ": " << test::text_of(expected[r]) << " became "
              << test::text_of(found[r]) << ", of\n"
              << all_raw(sliced.target().kernel);
        }
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(RandomKernels, HaveSlicesThatDecideAsTheyDo) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= cases(500); ++seed) {
    try {
      check_slices(seed, tally);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
    if (HasFailure()) {
      Random random(seed);
      FAIL() << text_of(Family(random).sources());
    }
  }
  fmt::print("{} decisions, {} patched\n", tally.decisions, tally.patched);
  EXPECT_GT(tally.patched, tally.decisions / 10);
}

}  // namespace
}  // namespace btfreloc::test
