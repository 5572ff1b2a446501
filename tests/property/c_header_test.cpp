#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "btf/builder.h"
#include "btf/header/c_header.h"
#include "btf/header/layout.h"
#include "btf/view.h"
#include "support/files.h"
#include "support/random_btf.h"

// C headers of random and damaged BTF: clang takes each of them, and finds every member that the
// header has where the BTF says. BTFRELOC_LONG=1 takes a hundred times as many.

namespace btfreloc::test {
namespace {

bool is_long() { return std::getenv("BTFRELOC_LONG") != nullptr; }

/// What a compiler said, and of what; empty when it took the header.
std::string compile(const TempFolder& folder, const btf::View& view, const std::string& header) {
  const btf::DataModel model = btf::DataModel::of(view);
  const std::string target = model.pointer_size != ByteCount{4}
                                 ? view.order() == std::endian::little ? "bpfel" : "bpfeb"
                             : model.alignment_of_8 == ByteCount{4} ? "i386"
                                                                    : "i386 -malign-double";
  const std::string command =
      fmt::format("clang-19 --target={} -w -fsyntax-only {} 2> {}", target,
                  folder.write("header.c", header), folder.path("messages"));
  if (std::system(command.c_str()) == 0) return {};
  return read_text(folder.path("messages")) + "\n" + header;
}

std::string header_of(const btf::View& view, Random& random) {
  auto selection = btf::HeaderSelection::all(view);
  if (random.percent(30)) {  // parts of some types
    selection = btf::HeaderSelection(view);
    for (std::uint32_t i = random.below(20); i != 0; --i) {
      const TypeId id{random.below(view.size())};
      if (random.percent(30)) selection.add(id);
      if (random.percent(10)) selection.add_opaque(id);
      if (random.percent(10)) selection.declare(id);
      if (view.info(id).vlen != 0) selection.add_record(id, random.below(view.info(id).vlen));
    }
  }
  if (random.percent(50)) selection.add_kfuncs();
  TextBuffer text;
  btf::print_c_header(text, selection, {.co_re = btf::CoRe::none, .asserts = true});
  return std::string(text.view());
}

void check(const TempFolder& folder, Bytes bytes, const btf::View* base, Random& random) {
  const auto view = btf::View::open(bytes, base);
  if (!view) return;
  const std::string said = compile(folder, *view, header_of(*view, random));
  EXPECT_EQ(said, "");
}

/// Some words of the types are others: sizes, ids, counts and offsets.
ByteVector damaged(Random& random, ByteVector bytes) {
  const auto header = btf::read_header(bytes);
  if (!header || header->types_size < 4) return bytes;
  for (std::uint32_t i = 1 + random.below(6); i != 0; --i) {
    const std::size_t at = header->types_offset + random.below(header->types_size / 4) * 4;
    const auto old = load<std::uint32_t>(bytes.data() + at, header->order);
    const std::array<std::uint32_t, 6> words{
        old + 1, old - 1, old ^ 1U << random.below(32), random.below(40), 0, old * 2};
    put(bytes, at, random.one_of(words), header->order);
  }
  return bytes;
}

TEST(CHeader, OfRandomTypesCompiles) {
  const TempFolder folder;
  const std::uint64_t cases = is_long() ? 10'000 : 60;
  for (std::uint64_t seed = 0; seed < cases && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto order = random.percent(80) ? std::endian::little : std::endian::big;
    const Model kernel = random_kernel(random, 4 + random.below(200));
    const WrittenBtf written = write(random, kernel, {.order = order, .shuffle = Shuffle::any});
    ByteVector bytes = written.bytes;
    if (random.percent(60)) bytes = damaged(random, bytes);
    check(folder, bytes, nullptr, random);
    if (!random.percent(20)) continue;
    const auto base = btf::View::open(written.bytes);
    ASSERT_TRUE(base);
    const Model module = random_module(random, kernel, 1 + random.below(40));
    ByteVector split = write(random, module, {.order = order}, &written).bytes;
    if (random.percent(60)) split = damaged(random, split);
    check(folder, split, &*base, random);
  }
}

}  // namespace
}  // namespace btfreloc::test
