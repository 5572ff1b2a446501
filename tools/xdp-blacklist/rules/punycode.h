#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xdp_blacklist {

/// A domain name in UTF-8 as DNS and TLS write it: `bücher.example` is `xn--bcher-kva.example`.
/// Letters of Latin-1, Greek and Cyrillic become small ones; nothing else of IDNA's mapping is
/// done, so this is for a hint, not for a rule. nullopt for what is not UTF-8.
/// Source: RFC 3492.
std::optional<std::string> a_labels(std::string_view name);

}  // namespace xdp_blacklist
