#include "xdp-blacklist/instance/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

/// A link that lost its last holder is taken off the interface by and by.
constexpr std::chrono::seconds kDetachPatience{2};

std::uint32_t flags_of(Hook hook) {
  switch (hook) {
    case Hook::native: return XDP_FLAGS_DRV_MODE;
    case Hook::generic: return XDP_FLAGS_SKB_MODE;
    case Hook::automatic: break;
  }
  return 0;
}

int create_link(int program, std::uint32_t index, Hook hook) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = flags_of(hook);
  const auto deadline = std::chrono::steady_clock::now() + kDetachPatience;
  while (true) {
    const int fd = bpf_link_create(program, static_cast<int>(index), BPF_XDP, &options);
    const bool is_taken = fd < 0 && (errno == EEXIST || errno == EBUSY);
    if (!is_taken || std::chrono::steady_clock::now() > deadline) return fd;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::unexpected<btfreloc::Error> cannot_attach(int error, const Interface& interface, Hook hook) {
  const std::string what = fmt::format("cannot attach to `{}`", text(interface));
  switch (error) {
    case EEXIST:
    case EBUSY:
      return fail_errno(error, what + ": another XDP program is there", {},
                        fmt::format("`bpftool net show` tells whose it is: `ip link set dev {} xdp "
                                    "off` takes it off, `xdp-blacklist --name NAME unload` another "
                                    "instance",
                                    interface.name));
    case EPERM:
    case EACCES:
      return fail_errno(error, what, {}, "run it as root, or with CAP_BPF and CAP_NET_ADMIN");
    case EOPNOTSUPP:
    case EINVAL:
    case ENOMEM:
      return fail_errno(
          error, what + (hook == Hook::native ? ": its driver does not run XDP programs" : ""), {},
          hook == Hook::native
              ? "let the kernel run it: `--xdp generic`"
              : "a large MTU or receive offloads may be in the way: `ip link set mtu 1500`");
    default: return fail_errno(error, what);
  }
}

}  // namespace

std::string text(const Interface& interface) {
  return interface.netns.empty() ? interface.name : interface.netns + "@" + interface.name;
}

Status in_netns(const std::string& netns, const std::function<Status()>& f) {
  if (netns.empty()) return f();
  const std::string path = netns.starts_with('/') ? netns : "/run/netns/" + netns;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail_errno(errno, fmt::format("no network namespace is named `{}`", netns),
                      {.file = path}, "`ip netns list` names them");
  }
  // Of the thread alone: `ip netns exec` would hide the bpffs as well.
  Status status;
  std::thread thread([&] {
    if (::setns(fd.get(), CLONE_NEWNET) != 0) {
      status = fail_errno(errno, fmt::format("cannot enter the network namespace `{}`", netns), {},
                          "run it as root");
      return;
    }
    status = f();
  });
  thread.join();
  return status;
}

Result<std::uint32_t> interface_index(const Interface& interface) {
  std::uint32_t index = 0;
  TRY_OK(in_netns(interface.netns, [&]() -> Status {
    index = ::if_nametoindex(interface.name.c_str());
    if (index != 0) return {};
    return fail(Errc::not_found, fmt::format("no interface is named `{}`", text(interface)), {},
                interface.netns.empty()
                    ? "`ip link` names them"
                    : fmt::format("`ip -n {} link` names them", interface.netns));
  }));
  return index;
}

Result<Fd> attach(int program, const Interface& interface, Hook hook) {
  Fd link;
  TRY_OK(in_netns(interface.netns, [&]() -> Status {
    TRY(const std::uint32_t index, interface_index({.netns = "", .name = interface.name}));
    link = Fd(create_link(program, index, hook == Hook::automatic ? Hook::native : hook));
    if (!link && hook == Hook::automatic && (errno == EOPNOTSUPP || errno == EINVAL)) {
      link = Fd(create_link(program, index, Hook::generic));
    }
    if (!link) return cannot_attach(errno, interface, hook);
    return {};
  }));
  return link;
}

Status replace_program(const std::string& link_pin, int program) {
  const Fd link(bpf_obj_get(link_pin.c_str()));
  if (!link) return fail_errno(errno, "cannot open", {.file = link_pin});
  // ENOLINK: the interface is gone, and no packet comes from there.
  if (bpf_link_update(link.get(), program, nullptr) == 0 || errno == ENOLINK) return {};
  return fail_errno(errno, "cannot put the new program in the place of the old",
                    {.file = link_pin});
}

Status detach(const std::string& link_pin) {
  const Fd link(bpf_obj_get(link_pin.c_str()));
  if (!link) {
    return fail_errno(errno, "cannot open", {.file = link_pin},
                      errno == EPERM || errno == EACCES ? "run it as root" : "");
  }
  // ENOLINK: the interface is gone. A link that cannot be detached goes with its pin.
  if (bpf_link_detach(link.get()) != 0 && errno != ENOLINK && errno != EOPNOTSUPP) {
    return fail_errno(errno, "cannot take the program off its interface", {.file = link_pin});
  }
  if (::unlink(link_pin.c_str()) != 0) {
    return fail_errno(errno, "cannot take away", {.file = link_pin});
  }
  return {};
}

Result<Attachment> attachment(const std::string& link_pin) {
  const Fd link(bpf_obj_get(link_pin.c_str()));
  bpf_link_info info{};
  std::uint32_t size = sizeof info;
  if (!link || bpf_obj_get_info_by_fd(link.get(), &info, &size) != 0) {
    return fail_errno(errno, "cannot ask what it is attached to", {.file = link_pin});
  }
  return Attachment{.interface = info.xdp.ifindex, .program = info.prog_id};
}

}  // namespace xdp_blacklist
