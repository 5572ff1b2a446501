#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "xdp-blacklist/policy/policy_script.h"

// The process that a policy runs in. It has no files but one socket, no capabilities, and of the
// system calls only those that memory and answers need: a script, and whoever finds a hole in Lua
// through it, can but lie about what rules it wants.
//
// It is also the limit of time. A pattern such as ("a?"):rep(30) .. ("a"):rep(30) or a table.move()
// over 2^60 elements runs within one C function, where Lua counts nothing, and cannot be ended
// there without breaking Lua's state. So a timer of CPU time ends the process, and the next event
// finds a new one. Time that passes while other processes run does not count.

namespace xdp_blacklist {

class PolicyWorker {
 public:
  PolicyWorker(std::string name, std::string source, const PolicyLimits& limits);
  PolicyWorker(const PolicyWorker&) = delete;
  PolicyWorker& operator=(const PolicyWorker&) = delete;
  ~PolicyWorker();

  /// Starts the process, and the script in it. An error of the script is in the outcome.
  btfreloc::Result<ScriptOutcome> start();
  bool is_running() const { return socket_ >= 0; }

  /// What came of an event: {"event": ...} or {"tick": seconds}. When that was the end of the
  /// process, the outcome has an error.
  ScriptOutcome call(const Json& request);

  /// Ends the process.
  void stop();

 private:
  ScriptOutcome answer();
  /// Why there is no answer, once the process is gone.
  ScriptOutcome ended();

  std::string name_, source_;
  PolicyLimits limits_;
  int socket_ = -1;
  pid_t process_ = -1;
};

}  // namespace xdp_blacklist
