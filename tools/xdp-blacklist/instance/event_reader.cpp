#include "xdp-blacklist/instance/event_reader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <ctime>

#include "base/printable.h"
#include "btf/value.h"
#include "xdp-blacklist/instance/kept_maps.h"

namespace xdp_blacklist {
namespace {

namespace btf = btfreloc::btf;
using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

/// A return value of the callback that ends the round.
constexpr int kStop = -ECANCELED;

std::optional<btfreloc::TypeId> struct_named(const btf::View& view, std::string_view name) {
  for (std::uint32_t i = 1; i < view.size(); ++i) {
    const btfreloc::TypeId id(i);
    if (view.kind(id) == btf::Kind::kStruct && view.name(id) == name) return id;
  }
  return std::nullopt;
}

/// Nanoseconds of CLOCK_BOOTTIME as the time of day.
std::string time_of_day(std::uint64_t boot_time) {
  timespec boot{};
  timespec real{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  ::clock_gettime(CLOCK_REALTIME, &real);
  const double ago = static_cast<double>(boot.tv_sec) + 1e-9 * static_cast<double>(boot.tv_nsec) -
                     1e-9 * static_cast<double>(boot_time);
  const std::time_t then = static_cast<std::time_t>(static_cast<double>(real.tv_sec) +
                                                    1e-9 * static_cast<double>(real.tv_nsec) - ago);
  return fmt::format("{:%H:%M:%S}", fmt::localtime(then));
}

/// A member as a word, "" when there is none.
std::string word(const Json& record, const char* member) {
  const auto found = record.find(member);
  if (found == record.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string with_port(const std::string& address, const std::string& port) {
  if (port.empty() || port == "0") return address;
  return address.contains(':') ? fmt::format("[{}]:{}", address, port)
                               : fmt::format("{}:{}", address, port);
}

std::string protocol_text(const std::string& number) {
  if (number == "6") return "tcp";
  if (number == "17") return "udp";
  if (number == "1") return "icmp";
  if (number == "58") return "icmpv6";
  return "protocol " + number;
}

}  // namespace

void EventReader::Close::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
EventReader::~EventReader() = default;

int EventReader::take(void* context, void* bytes, std::size_t size) {
  const auto* reader = static_cast<EventReader*>(context);
  const Bytes event(static_cast<const std::byte*>(bytes), size);
  btf::ValueReader values(*reader->btf_, {size});
  return (*reader->receiver_)(event_of(values.read(reader->event_type_, event))) ? 0 : kStop;
}

Result<std::unique_ptr<EventReader>> EventReader::open(const Pins& pins) {
  if (!pins.has(pins.map("events"))) {
    return fail(Errc::unsupported, "the program that is loaded tells no events",
                {.file = pins.path()}, "`xdp-blacklist reload` loads one that does");
  }
  auto reader = std::unique_ptr<EventReader>(new EventReader);
  TRY(reader->btf_bytes_, pinned_btf(pins));
  TRY(auto view, btf::View::open(reader->btf_bytes_));
  reader->btf_.emplace(std::move(view));
  const auto type = struct_named(*reader->btf_, "event");
  if (!type) {
    return fail(Errc::not_found, "the BTF of the program has no struct event",
                {.file = pins.map("btf")});
  }
  reader->event_type_ = *type;
  reader->map_ = Fd(bpf_obj_get(pins.map("events").c_str()));
  if (!reader->map_) {
    return fail_errno(errno, "cannot take events", {.file = pins.map("events")},
                      "run it as root or as the owner: who may only read sees `stats` and `list`");
  }
  reader->ring_.reset(
      ring_buffer__new(reader->map_.get(), EventReader::take, reader.get(), nullptr));
  if (!reader->ring_) {
    return fail_errno(errno, "cannot read events", {.file = pins.map("events")});
  }
  return reader;
}

Status EventReader::poll(std::chrono::milliseconds timeout,
                         const std::function<bool(const Json&)>& f) {
  receiver_ = &f;
  const int count = ring_buffer__poll(ring_.get(), static_cast<int>(timeout.count()));
  receiver_ = nullptr;
  if (count >= 0 || count == kStop || count == -EINTR) return {};
  return fail_errno(-count, "cannot read events");
}

std::string event_text(const Json& event) {
  const Json what = event.value("what", Json::object());
  std::string line = fmt::format(
      "{} {:<15} {} > {} {} {} bytes", time_of_day(event.value("time", std::uint64_t{0})),
      word(what, "kind"), with_port(word(event, "source"), word(event, "source_port")),
      with_port(word(event, "destination"), word(event, "destination_port")),
      protocol_text(word(event, "protocol")), word(event, "length"));
  if (const std::string device = word(event, "device"); !device.empty()) {
    line += " on " + device;
  }
  for (const auto& [member, value] : what.items()) {
    if (member == "kind") continue;
    line +=
        fmt::format(" {}={}", member, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return btfreloc::printable(line);
}

}  // namespace xdp_blacklist
