#include "xdp-blacklist/policy/policy.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/printable.h"
#include "xdp-blacklist/policy/policy_worker.h"

namespace xdp_blacklist {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

namespace {

class LuaPolicy final : public Policy {
 public:
  LuaPolicy(std::string name, std::string source, const PolicyLimits& limits, PolicyHost& host,
            const ScopeNames& names)
      : name_(name),
        limits_(limits),
        host_(host),
        names_(names),
        worker_(std::move(name), std::move(source), limits) {}

  Status start();
  Status event(const Json& event) override { return handle({{"event", event}}); }
  Status tick(std::int64_t now) override { return handle({{"tick", now}}); }

 private:
  Status handle(const Json& request);
  /// Applies all or nothing; the error is a text for the log.
  std::string act_on(const ScriptOutcome& outcome);
  Status count_failure(const std::string& error);
  void log(std::string_view text) { host_.log(btfreloc::printable(text)); }

  std::string name_;
  PolicyLimits limits_;
  PolicyHost& host_;
  const ScopeNames& names_;
  PolicyWorker worker_;
  unsigned failures_ = 0;  ///< In a row.
};

std::string LuaPolicy::act_on(const ScriptOutcome& outcome) {
  for (const std::string& line : outcome.log) log(line);
  if (!outcome.error.empty()) return outcome.error;
  std::vector<PolicyChange> changes;
  for (const PolicyRequest& request : outcome.requests) {
    auto rule = parse_rule_line(request.rule, names_);
    if (!rule) return fmt::format("{}:{}: {}", name_, request.line, rule.error().message);
    changes.push_back({request.is_block, *std::move(rule)});
  }
  if (changes.empty()) return {};
  const Status applied = host_.apply(changes);
  return applied ? std::string() : fmt::format("{}: {}", name_, applied.error().message);
}

/// What a script does wrong before its first event, it will do wrong again.
Status LuaPolicy::start() {
  TRY(const ScriptOutcome outcome, worker_.start());
  const std::string error = act_on(outcome);
  if (error.empty()) return {};
  return fail(Errc::bad_format, btfreloc::printable(error), {},
              "mend the script; nothing was changed");
}

Status LuaPolicy::handle(const Json& request) {
  if (!worker_.is_running()) {
    TRY(const ScriptOutcome outcome, worker_.start());
    if (const std::string error = act_on(outcome); !error.empty()) {
      worker_.stop();
      return count_failure(error);
    }
    log(fmt::format("{}: started anew", name_));
  }
  if (const std::string error = act_on(worker_.call(request)); !error.empty()) {
    return count_failure(error);
  }
  failures_ = 0;
  return {};
}

Status LuaPolicy::count_failure(const std::string& error) {
  log(error);
  if (++failures_ < limits_.failures) return {};
  worker_.stop();
  return fail(Errc::bad_format,
              fmt::format("{} failed {} times in a row and is stopped; the last time: {}", name_,
                          failures_, btfreloc::printable(error)),
              {}, "mend the script; the rules it added before stay");
}

}  // namespace

Result<std::unique_ptr<Policy>> Policy::start(std::string name, std::string source,
                                              const PolicyLimits& limits, PolicyHost& host,
                                              const ScopeNames& names) {
  auto policy =
      std::make_unique<LuaPolicy>(std::move(name), std::move(source), limits, host, names);
  TRY_OK(policy->start());
  return policy;
}

}  // namespace xdp_blacklist
