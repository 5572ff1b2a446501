#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "xdp-blacklist/random.h"
#include "xdp-blacklist/random_rules.h"

namespace xdp_blacklist::test {

/// A frame of any shape, about every other one damaged: bits flipped, cut, lengths changed, parts
/// of `before` in it. Never empty.
std::vector<std::byte> random_frame(Random& random, const Scenario& scenario,
                                    const std::vector<std::byte>& before);

/// The beginning of a TLS connection, or of an HTTP request, damaged or not.
std::vector<std::byte> random_client_hello(Random& random, const Scenario& scenario);
std::vector<std::byte> random_request(Random& random, const Scenario& scenario);

/// Changes some bytes, or how many there are.
void damage(Random& random, std::vector<std::byte>& bytes, const std::vector<std::byte>& before);

}  // namespace xdp_blacklist::test
