#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "xdp-blacklist/instance/map.h"

// Programs on interfaces, in this or another network namespace.

namespace xdp_blacklist {

/// Where in the way of a packet the program runs.
enum class Hook : std::uint8_t {
  automatic,  ///< In the driver, or where it cannot, in the kernel.
  native,     ///< In the driver, before the packet has a buffer of the kernel.
  generic,    ///< In the kernel; any interface can, and it is slower.
};

struct Interface {
  std::string netns;  ///< Name below /run/netns; "": this one.
  std::string name;
};
/// "eth0", or "blue@eth0" in a namespace.
std::string text(const Interface& interface);

/// Attaches the program. The link that comes back is all that holds it there. Where another
/// instance's link was taken away just now, waits until the kernel is done with it.
Result<Fd> attach(int program, const Interface& interface, Hook hook);
/// Puts another program in the place of that of a link; no packet meets neither.
Status replace_program(const std::string& link_pin, int program);
/// Takes the program off the interface at once, and the pin away.
Status detach(const std::string& link_pin);

/// What a pinned link is attached to.
struct Attachment {
  std::uint32_t interface = 0;  ///< Index in its namespace; 0: the interface is gone.
  std::uint32_t program = 0;    ///< Id.
};
Result<Attachment> attachment(const std::string& link_pin);

/// Runs `f` in a network namespace, in a thread of its own. "": in this one.
Status in_netns(const std::string& netns, const std::function<Status()>& f);

/// Index of an interface there.
Result<std::uint32_t> interface_index(const Interface& interface);

}  // namespace xdp_blacklist
