#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "xdp-blacklist/policy/policy_script.h"

namespace xdp_blacklist {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::string read(const std::string& name) {
  std::ifstream file(std::string(XDP_BLACKLIST_POLICIES) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr std::int64_t kSecond = 1'000'000'000;  // in nanoseconds

Json port_drop(const std::string& source, int port, std::int64_t seconds) {
  return {{"time", seconds * kSecond + 5},
          {"ip", 4},
          {"source", source},
          {"destination_port", port},
          {"what", {{"kind", "drop_port"}, {"port", port}, {"is_source", 0}}}};
}

class PortScan : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(script_.load(read("port-scan.lua")).error, ""); }
  /// What is asked for in the end.
  std::vector<PolicyRequest> knock(const std::string& source, int ports, int seconds_each = 0) {
    std::vector<PolicyRequest> requests;
    for (int i = 0; i < ports; ++i) {
      now_ += seconds_each;
      const ScriptOutcome outcome = script_.event(port_drop(source, 100 + i, now_));
      EXPECT_EQ(outcome.error, "");
      requests.insert(requests.end(), outcome.requests.begin(), outcome.requests.end());
    }
    return requests;
  }

  PolicyScript script_{"port-scan.lua", {}};
  std::int64_t now_ = 1000;
};

TEST_F(PortScan, BlocksOnTheTwentyFirstPort) {
  EXPECT_THAT(knock("10.0.0.1", 20), IsEmpty());
  const auto requests = knock("10.0.0.2", 21);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].rule, "10.0.0.2 for=10m");
}

TEST_F(PortScan, LetsSlowOnesAlone) { EXPECT_THAT(knock("10.0.0.1", 60, 1), IsEmpty()); }

TEST_F(PortScan, CountsAPortOnce) {
  for (int i = 0; i < 100; ++i) EXPECT_THAT(knock("10.0.0.1", 5), IsEmpty());
}

TEST_F(PortScan, ForgetsAndHasRoom) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 12'000; ++i) {
      const std::string source = "10." + std::to_string(round) + "." + std::to_string(i / 250) +
                                 "." + std::to_string(i % 250);
      ASSERT_EQ(script_.event(port_drop(source, 1, now_)).error, "");
    }
    EXPECT_THAT(knock("192.0.2.1", 25), IsEmpty());  // no room for more
    now_ += 20;
    ASSERT_EQ(script_.tick(now_).error, "");
    EXPECT_THAT(knock("192.0.2.1", 25), SizeIs(1));
    now_ += 20;
    ASSERT_EQ(script_.tick(now_).error, "");
  }
}

TEST(MalformedPolicy, BlocksManyAndReports) {
  PolicyScript script("malformed.lua", {});
  ASSERT_EQ(script.load(read("malformed.lua")).error, "");
  const auto event = [](const std::string& source) {
    return Json{{"ip", 4},
                {"source", source},
                {"what", {{"kind", "malformed"}, {"reason", "MALFORMED_TCP"}}}};
  };
  std::size_t requests = 0;
  for (int i = 0; i < 150; ++i) {
    requests += script.event(event("10.0.0.1")).requests.size();
    EXPECT_THAT(script.event(event("192.0.2.1")).requests, IsEmpty());
  }
  EXPECT_EQ(requests, 1);
  EXPECT_THAT(script.tick(120).log, testing::ElementsAre("300 malformed packets: MALFORMED_TCP"));
}

}  // namespace
}  // namespace xdp_blacklist
