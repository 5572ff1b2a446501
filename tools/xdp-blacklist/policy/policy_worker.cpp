#include "xdp-blacklist/policy/policy_worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "xdp-blacklist/policy/policy_sandbox.h"

namespace xdp_blacklist {

using btfreloc::fail_errno;
using btfreloc::Result;
using btfreloc::Status;

namespace {

// Messages are a length in bytes and as much CBOR, which takes texts of any bytes.
constexpr std::uint32_t kLongestMessage = 64U << 20;
/// Instead of a length: the script took too long; its line follows.
constexpr std::uint32_t kTookTooLong = 0xffffffff;

bool send_all(int socket, const void* bytes, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    // write() when it is the script's process, which may do nothing else.
    const ssize_t n = write(socket, static_cast<const char*>(bytes) + sent, size - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool send_message(int socket, const Json& message) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(message);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return send_all(socket, &size, sizeof size) && send_all(socket, bytes.data(), size);
}

bool receive_all(int socket, void* bytes, std::size_t size) {
  for (std::size_t have = 0; have < size;) {
    const ssize_t n = read(socket, static_cast<char*>(bytes) + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    have += static_cast<std::size_t>(n);
  }
  return true;
}

/// Discarded when it is none.
Json receive_message(int socket, std::uint32_t size) {
  Json none(Json::value_t::discarded);
  if (size > kLongestMessage) return none;
  std::vector<std::uint8_t> bytes(size);
  if (!receive_all(socket, bytes.data(), size)) return none;
  return Json::from_cbor(bytes, true, false);
}

// ---- The script's process ----------------------------------------------------------------------

constexpr int kSocket = 0;
/// For the handler of signals.
const PolicyScript* running_script = nullptr;

/// The process ends here, so it does not matter what is half done.
void on_timer(int) {
  const std::uint32_t message[2] = {
      kTookTooLong, running_script != nullptr
                        ? static_cast<std::uint32_t>(running_script->line_in_signal_handler())
                        : 0};
  send_all(kSocket, message, sizeof message);
  _exit(0);
}

void set_timer(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  itimerval timer = {};
  timer.it_value.tv_sec = seconds.count();
  timer.it_value.tv_usec = std::chrono::microseconds(time - seconds).count();
  setitimer(ITIMER_PROF, &timer, nullptr);
}

Json message_of(ScriptOutcome outcome) {
  Json requests = Json::array();
  for (PolicyRequest& request : outcome.requests) {
    requests.push_back({request.is_block, std::move(request.rule), request.line});
  }
  return {{"requests", std::move(requests)},
          {"log", std::move(outcome.log)},
          {"error", std::move(outcome.error)}};
}

ScriptOutcome handle(PolicyScript& script, const Json& request) {
  if (request.contains("source")) {
    return script.load(*request["source"].get_ptr<const std::string*>());
  }
  if (request.contains("event")) return script.event(request["event"]);
  return script.tick(request["tick"].get<std::int64_t>());
}

void set_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // The terminal sends it to all its processes; the parent decides when this one ends.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGPROF, on_timer);
}

[[noreturn]] void serve(int socket, const std::string& name, const PolicyLimits& limits) {
  set_signals();
  if (const Status entered = enter_sandbox(socket); !entered) {
    const auto& error = entered.error();
    send_message(
        kSocket,
        message_of({.error = fmt::format("{}: {}", error.message, std::strerror(error.os_errno))}));
    _exit(0);
  }
  PolicyScript script(name, limits);
  running_script = &script;
  std::uint32_t size = 0;
  while (receive_all(kSocket, &size, sizeof size)) {
    const Json request = receive_message(kSocket, size);
    if (!request.is_object()) break;
    set_timer(limits.cpu_time);
    ScriptOutcome outcome = handle(script, request);
    set_timer({});
    if (!send_message(kSocket, message_of(std::move(outcome)))) break;
  }
  _exit(0);
}

// ---- Its parent, which believes nothing --------------------------------------------------------

bool is_request(const Json& json) {
  return json.is_array() && json.size() == 3 && json[0].is_boolean() && json[1].is_string() &&
         json[2].is_number_integer();
}

std::optional<ScriptOutcome> outcome_of(const Json& message) {
  if (!message.is_object() || !message.contains("requests") || !message.contains("log") ||
      !message.contains("error") || !message["error"].is_string()) {
    return std::nullopt;
  }
  ScriptOutcome outcome = {.error = message["error"].get<std::string>()};
  for (const Json& line : message["log"]) {
    if (!line.is_string() || outcome.log.size() > kMostLogLines) return std::nullopt;
    outcome.log.push_back(line.get<std::string>());
  }
  for (const Json& request : message["requests"]) {
    if (!is_request(request) || outcome.requests.size() == kMostRequests) return std::nullopt;
    outcome.requests.push_back(
        {request[0].get<bool>(), request[1].get<std::string>(), request[2].get<int>()});
  }
  if (!outcome.error.empty()) outcome.requests.clear();
  return outcome;
}

/// Waits for an answer as long as a script may compute, and a busy machine lets it wait.
bool wait_readable(int socket, std::chrono::milliseconds cpu_time) {
  constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(10);
  const auto end = std::chrono::steady_clock::now() + 10 * cpu_time + kPatience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd file = {.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = poll(&file, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

PolicyWorker::PolicyWorker(std::string name, std::string source, const PolicyLimits& limits)
    : name_(std::move(name)), source_(std::move(source)), limits_(limits) {}

PolicyWorker::~PolicyWorker() { stop(); }

Result<ScriptOutcome> PolicyWorker::start() {
  stop();
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
    return fail_errno(errno, "make a socket for the policy's process");
  }
  process_ = fork();
  if (process_ == 0) serve(sockets[1], name_, limits_);
  const int fork_errno = errno;
  close(sockets[1]);
  socket_ = sockets[0];
  if (process_ < 0) {
    stop();
    return fail_errno(fork_errno, "start the policy's process");
  }
  return call({{"source", source_}});
}

void PolicyWorker::stop() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  if (process_ > 0) {
    kill(process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  process_ = -1;
}

ScriptOutcome PolicyWorker::call(const Json& request) {
  // Its end may be closed: an error here, not a signal.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const bool is_sent = send_message(socket_, request);
  std::signal(SIGPIPE, before);
  return is_sent ? answer() : ended();
}

ScriptOutcome PolicyWorker::answer() {
  std::uint32_t size = 0;
  if (!wait_readable(socket_, limits_.cpu_time) || !receive_all(socket_, &size, sizeof size)) {
    return ended();
  }
  if (size != kTookTooLong) {
    std::optional<ScriptOutcome> outcome = outcome_of(receive_message(socket_, size));
    return outcome ? *std::move(outcome) : ended();
  }
  std::uint32_t line = 0;
  receive_all(socket_, &line, sizeof line);
  stop();
  const std::string place = line != 0 ? fmt::format("{}:{}", name_, line) : name_;
  return {.error =
              fmt::format("{}: more than {} ms of CPU time for one event; its globals are lost",
                          place, limits_.cpu_time.count())};
}

ScriptOutcome PolicyWorker::ended() {
  stop();
  return {.error =
              name_ + ": the process of the script ended without an answer; its globals are lost"};
}

}  // namespace xdp_blacklist
