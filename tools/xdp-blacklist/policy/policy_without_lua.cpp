#include "xdp-blacklist/policy/policy.h"

namespace xdp_blacklist {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;

// NOLINTBEGIN(performance-unnecessary-value-param): with Lua they are moved
Result<std::unique_ptr<Policy>> Policy::start(std::string, std::string, const PolicyLimits&,
                                              PolicyHost&, const ScopeNames&) {
  return fail(Errc::unsupported, "this xdp-blacklist was built without Lua", {},
              "install liblua5.4-dev and build it again");
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace xdp_blacklist
