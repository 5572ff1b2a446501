#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "btf/view.h"
#include "xdp-blacklist/instance/event_json.h"
#include "xdp-blacklist/instance/pins.h"

struct ring_buffer;

namespace xdp_blacklist {

/// Events of an instance. What they look like is in the BTF of its program, and nowhere else: a
/// struct `event`, in which a tagged union says what happened.
class EventReader {
 public:
  /// Needs to write to the pin: who reads an event takes it away.
  static Result<std::unique_ptr<EventReader>> open(const Pins& pins);
  ~EventReader();

  /// Waits so long for events, and hands out those that are there until `f` returns false.
  Status poll(std::chrono::milliseconds timeout, const std::function<bool(const Json&)>& f);

 private:
  EventReader() = default;
  static int take(void* reader, void* bytes, std::size_t size);

  struct Close {
    void operator()(ring_buffer* ring) const;
  };
  Fd map_;
  std::vector<std::byte> btf_bytes_;
  std::optional<btfreloc::btf::View> btf_;
  btfreloc::TypeId event_type_{0};
  std::unique_ptr<ring_buffer, Close> ring_;
  const std::function<bool(const Json&)>* receiver_ = nullptr;
};

/// One line for people: time, what, from where to where, by which rule.
std::string event_text(const Json& event);

}  // namespace xdp_blacklist
