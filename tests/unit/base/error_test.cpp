#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>

#include "support/errors.h"

namespace btfreloc {
namespace {

using test::FailsWith;

TEST(Errc, EveryCodeHasANameOfItsOwn) {
  const std::pair<Errc, std::string_view> kNames[] = {
      {Errc::io, "io"},
      {Errc::truncated, "truncated"},
      {Errc::bad_format, "bad-format"},
      {Errc::unsupported, "unsupported"},
      {Errc::bad_type_id, "bad-type-id"},
      {Errc::out_of_range, "out-of-range"},
      {Errc::not_found, "not-found"},
  };
  for (const auto& [code, text] : kNames) EXPECT_EQ(name(code), text);
}

TEST(Fail, FillsInWhatIsKnown) {
  const Result<int> failed =
      fail(Errc::bad_format, "message", {.section = ".BTF", .offset = 7}, "hint");
  ASSERT_THAT(failed, FailsWith(Errc::bad_format, 7, "message"));
  EXPECT_EQ(failed.error().where.section, ".BTF");
  EXPECT_EQ(failed.error().hint, "hint");
  EXPECT_EQ(failed.error().os_errno, 0);
  const Status without_place = fail(Errc::io, "message");
  EXPECT_THAT(without_place, FailsWith(Errc::io, std::nullopt, "message"));
}

TEST(FailErrno, SaysWhatTheSystemSays) {
  const Status failed = fail_errno(ENOENT, "cannot open", {.file = "x"}, "hint");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::io);
  EXPECT_EQ(failed.error().os_errno, ENOENT);
  EXPECT_EQ(failed.error().message, "cannot open: No such file or directory");
  EXPECT_EQ(failed.error().where.file, "x");
  EXPECT_EQ(failed.error().hint, "hint");
}

Result<std::unique_ptr<int>> boxed(bool good) {
  if (!good) return fail(Errc::not_found, "no box");
  return std::make_unique<int>(7);
}

Result<int> unboxed(bool good) {
  TRY(const std::unique_ptr<int> box, boxed(good));
  TRY(const auto second, boxed(true));  // two on one scope do not collide
  return *box + *second;
}

Status checked(bool good, bool& reached) {
  TRY_OK(boxed(good));
  reached = true;
  return {};
}

TEST(Try, BindsTheValueOrReturnsTheError) {
  EXPECT_EQ(test::must(unboxed(true)), 14);
  EXPECT_THAT(unboxed(false), FailsWith(Errc::not_found, std::nullopt, "no box"));
}

TEST(TryOk, GoesOnOrReturnsTheError) {
  bool reached = false;
  EXPECT_TRUE(checked(true, reached));
  EXPECT_TRUE(reached);
  reached = false;
  EXPECT_THAT(checked(false, reached), FailsWith(Errc::not_found, std::nullopt, "no box"));
  EXPECT_FALSE(reached);
}

}  // namespace
}  // namespace btfreloc
