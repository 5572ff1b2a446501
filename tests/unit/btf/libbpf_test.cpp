// The same questions to libbpf, where its static archive is: names, sizes and C declarations.

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <random>
#include <regex>
#include <string>

#include "btf/c_text.h"
#include "btf/view.h"
#include "btfreloc/input.h"
#include "support/btf_bytes.h"
#include "support/libbpf_internals.h"
#include "support/objects.h"

namespace btfreloc::btf {
namespace {

using test::LibbpfBtf;

TEST(EssentialLength, IsThatOfLibbpf) {
  std::mt19937 random(1);
  for (int n = 0; n < 200'000; ++n) {
    std::string name(random() % 16, '_');
    for (char& c : name) {
      if (random() % 3 == 0) c = 'a';
    }
    ASSERT_EQ(essential_length(name), bpf_core_essential_name_len(name.c_str())) << name;
  }
}

/// Every BTF blob of our objects and of the corpus, ours and libbpf's view of it.
template <class F>
int for_each_blob(F&& f) {
  int blobs = 0;
  auto paths = test::test_objects();
  std::ranges::copy(test::corpus_objects(), std::back_inserter(paths));
  for (const std::string& path : paths) {
    const auto object = test::open_object(path);
    if (object.object.btf() == nullptr) continue;
    const LibbpfBtf theirs(object.object.file().section(".BTF")->bytes);
    f(*object.object.btf(), theirs.get(), path);
    ++blobs;
  }
  for (const std::string& path : test::corpus_kernels()) {
    const auto file = test::must(tool::FileBytes::open(path));
    const View view = test::must(View::open(file.bytes()));
    const LibbpfBtf theirs(file.bytes());
    f(view, theirs.get(), path);
    ++blobs;
  }
  return blobs;
}

TEST(SizeOf, IsThatOfLibbpf) {
  const int blobs = for_each_blob([](const View& view, const ::btf* theirs, auto& path) {
    const ByteCount pointer_size = view.pointer_size();
    for (std::uint32_t i = 0; i < view.size(); ++i) {
      const auto size = size_of(view, TypeId{i}, pointer_size);
      const std::int64_t expected = btf__resolve_size(theirs, i);
      EXPECT_EQ(size ? static_cast<std::int64_t>(size->value) : -1, expected < 0 ? -1 : expected)
          << path << " [" << i << "]";
    }
  });
  EXPECT_GT(blobs, 20);
}

TEST(PointerSize, IsThatOfLibbpf) {
  for_each_blob([](const View& view, const ::btf* theirs, auto& path) {
    const std::size_t size = btf__pointer_size(theirs);  // 0 without a `long`
    EXPECT_EQ(view.pointer_size().value, size == 0 ? 8 : size) << path;
  });
}

/// libbpf's declaration of `name` with that type.
class Declarations {
 public:
  explicit Declarations(const ::btf* btf)
      : dump_(btf_dump__new(btf, &Declarations::append, &text_, nullptr), &btf_dump__free) {}

  std::string operator()(std::uint32_t id, const char* name) {
    text_.clear();
    btf_dump_emit_type_decl_opts options{};
    options.sz = sizeof options;
    options.field_name = name;
    if (btf_dump__emit_type_decl(dump_.get(), id, &options) != 0) return {};
    return text_;
  }

 private:
  static void append(void* text, const char* format, va_list arguments) {
    char buffer[4096];
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    *static_cast<std::string*>(text) += buffer;
  }

  std::string text_;
  std::unique_ptr<btf_dump, void (*)(btf_dump*)> dump_;
};

/// Without what is a matter of taste: blanks, [] for [0], () for (void), the order of qualifiers,
/// tags before or behind the type they tag, and the number that libbpf appends to the name of the
/// second type that has it.
std::string normal(std::string text) {
  static const std::regex tag_in_front(
      R"((^|\(|, )(__attribute__\(\(btf_type_tag\("[^"]*"\)\)\)) )"
      R"(((?:const |volatile |struct |union |enum |unsigned |long )*\w+))");
  text = std::regex_replace(text, tag_in_front, "$1$3 $2");
  text = std::regex_replace(text, std::regex("volatile const"), "const volatile");
  text = std::regex_replace(text, std::regex(R"(\(\))"), "(void)");
  text = std::regex_replace(text, std::regex(R"(___\d+\b)"), "");
  text = std::regex_replace(text, std::regex(R"(\[\])"), "[0]");
  text = std::regex_replace(text, std::regex(R"(\s+)"), " ");
  return std::regex_replace(text, std::regex(R"( ?([*()\[\],]) ?)"), "$1");
}

TEST(Declaration, IsThatOfLibbpf) {
  int compared = 0;
  for_each_blob([&](const View& view, const ::btf* theirs, auto& path) {
    Declarations libbpf(theirs);
    for (std::uint32_t i = 1; i < view.size(); ++i) {
      const auto kind = view.kind(TypeId{i});
      if (kind == Kind::kFunc || kind == Kind::kVar || kind == Kind::kDatasec ||
          kind == Kind::kDeclTag) {
        continue;
      }
      const std::string expected = libbpf(i, "x");
      if (expected.find('{') != std::string::npos) continue;
      const std::string ours = declaration(view, TypeId{i}, "x");
      ++compared;
      if (ours == expected) continue;
      EXPECT_EQ(normal(ours), normal(expected)) << path << " [" << i << "]";
    }
  });
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace btfreloc::btf
