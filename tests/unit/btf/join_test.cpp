#include "btf/join.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "btf/raw_parser.h"
#include "support/errors.h"
#include "support/raw.h"

namespace btfreloc::btf {
namespace {

using test::all_raw;
using test::must;

std::vector<std::byte> blob(std::string_view text, std::endian order, const View* base = nullptr) {
  auto builder = parse_raw(text, order, base);
  EXPECT_TRUE(builder) << builder.error().message;
  return must(builder->blob());
}

constexpr const char* kKernel = R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] STRUCT 'list' size=4 vlen=1
	'next' type_id=1 bits_offset=0
)";

TEST(JoinSplit, MovesOnTheReferencesOfLaterBlobsToThemselves) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const auto kernel_blob = blob(kKernel, order);
    const View kernel = must(View::open(kernel_blob));
    const auto first_blob = blob(
        "[3] PTR '(anon)' type_id=2\n"
        "[4] STRUCT 'one' size=8 vlen=1\n"
        "\t'own' type_id=3 bits_offset=0\n",
        order, &kernel);
    const View first = must(View::open(first_blob, &kernel));
    const auto second_blob = blob(
        "[3] STRUCT 'two' size=12 vlen=2\n"
        "\t'int' type_id=1 bits_offset=0\n"
        "\t'array' type_id=4 bits_offset=32\n"
        "[4] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=2\n",
        order, &kernel);
    const View second = must(View::open(second_blob, &kernel));

    const std::vector<const View*> views = {&first, &second};
    const auto joined_blob = must(join_split(views));
    const View joined = must(View::open(joined_blob, &kernel));
    EXPECT_EQ(joined.order(), order);
    EXPECT_EQ(all_raw(joined),
              "[3] PTR '(anon)' type_id=2\n"
              "[4] STRUCT 'one' size=8 vlen=1\n"
              "\t'own' type_id=3 bits_offset=0\n"
              "[5] STRUCT 'two' size=12 vlen=2\n"
              "\t'int' type_id=1 bits_offset=0\n"
              "\t'array' type_id=6 bits_offset=32\n"
              "[6] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=2\n");
  }
}

}  // namespace
}  // namespace btfreloc::btf
