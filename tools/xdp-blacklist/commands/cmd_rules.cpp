#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "btfreloc/table.h"
#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/bans.h"
#include "xdp-blacklist/rules/rule.h"

// `list`, `add`, `del`: single rules.

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
namespace tool = btfreloc::tool;

struct RuleOptions {
  std::vector<std::string> rules;
  std::string interface;
  std::string group;
  std::string netns;
  std::string lasts;
};

struct ListOptions {
  std::string what;
  std::string rule;
};

void add_scope_options(CLI::App& command, RuleOptions& options) {
  command.add_option("--interface", options.interface, "only for packets of this interface")
      ->type_name("NAME");
  command.add_option("--group", options.group, "only for those of devices of this group")
      ->type_name("N");
  command.add_option("--netns", options.netns, "only for those of this network namespace")
      ->type_name("NAME");
}

Result<Scope> scope_of(const RuleOptions& options) {
  const std::pair<ScopeKind, const std::string*> given[] = {
      {ScopeKind::interface, &options.interface},
      {ScopeKind::group, &options.group},
      {ScopeKind::netns, &options.netns}};
  Scope scope;
  for (const auto& [kind, text] : given) {
    if (text->empty()) continue;
    if (scope.kind != ScopeKind::any) {
      return fail(Errc::out_of_range, "a rule has one scope", {},
                  "add it once for each: it is then two rules");
    }
    TRY(scope, parse_scope(kind, *text, system_scope_names()));
  }
  return scope;
}

/// The rules that were typed, or the first that makes no sense: nothing is done then.
Result<std::vector<TimedRule>> rules_of(const RuleOptions& options) {
  TRY(const Scope scope, scope_of(options));
  std::vector<TimedRule> rules;
  for (const std::string& text : options.rules) {
    TRY(Rule rule, parse_rule(text));
    if (scope.kind != ScopeKind::any && !takes_scope(rule)) {
      return fail(Errc::unsupported, fmt::format("`{}` takes no scope", text), {},
                  "names and agents are looked for in all packets");
    }
    rule.scope = scope;
    rules.push_back({std::move(rule), {}});
    if (options.lasts.empty()) continue;
    TRY(rules.back().lasts, parse_duration(options.lasts));
  }
  return rules;
}

Result<int> run_add(const RuleOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const auto rules, rules_of(options));
  TRY(Instance instance, open_instance(global, Access::write));
  Json records = Json::array();
  for (const TimedRule& rule : rules) {
    TRY(const bool is_new, instance.add(rule));
    const std::string shown = text(rule, system_scope_names());
    records.push_back({{"rule", shown}, {"new", is_new}});
    if (!global.json) out << (is_new ? "added " : "was there: ") << shown << "\n";
  }
  if (global.json) print_json(out, "add", {{"rules", records}});
  return kExitFine;
}

Result<int> run_del(const RuleOptions& options, const GlobalOptions& global, Output& out) {
  constexpr std::string_view kBan = "ban:";
  RuleOptions without_bans = options;
  std::erase_if(without_bans.rules, [&](const auto& text) { return text.starts_with(kBan); });
  TRY(const auto rules, rules_of(without_bans));
  TRY(Instance instance, open_instance(global, Access::write));
  Json records = Json::array();
  bool all = true;
  const auto tell = [&](const std::string& shown, bool was_there) {
    all = all && was_there;
    records.push_back({{"rule", shown}, {"removed", was_there}});
    if (!global.json) out << (was_there ? "took away " : "not there: ") << shown << "\n";
  };
  for (const TimedRule& rule : rules) {
    TRY(const bool was_there, instance.remove(rule.rule));
    tell(text(rule.rule, system_scope_names()), was_there);
  }
  for (const std::string& word : options.rules) {
    if (!word.starts_with(kBan)) continue;
    TRY(const Address address, parse_address(std::string_view(word).substr(kBan.size())));
    TRY(const bool was_there, lift_ban(instance.pins(), address));
    tell(word, was_there);
  }
  if (global.json) print_json(out, "del", {{"rules", records}});
  return all ? kExitFine : kExitNo;
}

/// "hosts", "nets", "ports", "names", "agents", "bans".
std::string list_name(const Rule& rule) {
  switch (list_of(rule)) {
    case ListMap::hosts4:
    case ListMap::hosts6: return "hosts";
    case ListMap::nets4:
    case ListMap::nets6: return "nets";
    case ListMap::ports:
    case ListMap::scoped_ports: return "ports";
    case ListMap::names: return "names";
    case ListMap::agents: return "agents";
  }
  return "";
}

Status check_list_name(const std::string& name) {
  constexpr std::array<const char*, 6> kNames = {"hosts", "nets",   "ports",
                                                 "names", "agents", "bans"};
  if (name.empty() || std::ranges::find(kNames, name) != kNames.end()) return {};
  return fail(Errc::not_found, fmt::format("no list is named `{}`", name), {},
              "there are hosts, nets, ports, names, agents and bans");
}

std::string left_text(std::uint32_t expires) {
  if (expires == 0) return "";
  const std::uint32_t now = seconds_now();
  if (expires <= now) return "expired";
  return duration_text(std::chrono::seconds(expires - now));
}

Json rule_json(const ActiveRule& rule, const counter& count) {
  Json record = {{"list", list_name(rule.rule)},
                 {"rule", text(rule.rule)},
                 {"id", rule.id},
                 {"packets", tool::integer(count.packets)},
                 {"bytes", tool::integer(count.bytes)}};
  const Scope& scope = rule.rule.scope;
  if (scope.kind == ScopeKind::group) {
    record["scope"] = {{"group", scope.value}};
  } else if (scope.kind != ScopeKind::any) {
    record["scope"] = {{std::string(name(scope.kind)), scope_text(scope, system_scope_names())}};
  }
  if (rule.expires != 0) {
    const std::uint32_t now = seconds_now();
    record["seconds_left"] = rule.expires > now ? rule.expires - now : 0;
  }
  return record;
}

Result<int> print_bans(const Instance& instance, const GlobalOptions& global, Output& out) {
  TRY(const auto bans, list_bans(instance.pins()));
  if (global.json) {
    Json records = Json::array();
    for (const Ban& ban : bans) {
      records.push_back({{"address", text(ban.address)}, {"seconds_left", ban.seconds_left}});
    }
    print_json(out, "bans", {{"bans", records}});
    return kExitFine;
  }
  tool::Table table({false, true});
  for (const Ban& ban : bans) {
    table.add({text(ban.address), duration_text(std::chrono::seconds(ban.seconds_left))});
  }
  table.print(out);
  return kExitFine;
}

Result<int> run_list(const ListOptions& options, const GlobalOptions& global, Output& out) {
  TRY_OK(check_list_name(options.what));
  std::optional<Rule> wanted;
  if (!options.rule.empty()) {
    TRY(wanted, parse_rule(options.rule));
  }
  TRY(const Instance instance, open_instance(global, Access::read));
  if (options.what == "bans") return print_bans(instance, global, out);
  TRY(auto rules, instance.rules().all());
  std::erase_if(rules, [&](const ActiveRule& rule) {
    const bool is_other = !options.what.empty() && list_name(rule.rule) != options.what;
    return is_other || (wanted && rule.rule.what != wanted->what);
  });
  std::ranges::sort(rules, {}, &ActiveRule::rule);
  TRY(const auto counters, instance.counters(rules));
  if (global.json) {
    Json records = Json::array();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      records.push_back(rule_json(rules[i], counters[i]));
    }
    print_json(out, "list", {{"rules", records}});
  } else if (!rules.empty()) {
    tool::Table table({false, true, true, true});
    table.add({"rule", "packets", "bytes", "left"});
    for (std::size_t i = 0; i < rules.size(); ++i) {
      table.add({tool::cell(text(rules[i].rule, system_scope_names())),
                 std::to_string(counters[i].packets), std::to_string(counters[i].bytes),
                 left_text(rules[i].expires)});
    }
    table.print(out);
  }
  return wanted && rules.empty() ? kExitNo : kExitFine;
}

constexpr const char* kRuleHelp =
    "RULES\n"
    "  10.1.2.3  10.0.0.0/8  2001:db8::1  2001:db8::/32     packets from these addresses\n"
    "  tcp:443  udp:1000-2000  port:53                      to these ports; port: TCP and UDP\n"
    "  tcp-src:25  udp-src:53  port-src:123                 from these ports\n"
    "  name:ads.net  name:*.ads.net                         TLS server name, or all below it\n"
    "  agent:curl/                                          HTTP User-Agent that contains it\n";

}  // namespace

Runner add_add(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<RuleOptions>();
  command.add_option("RULE", options->rules, "what to match; see below")->required();
  add_scope_options(command, *options);
  command.add_option("--for", options->lasts, "for this time: 90s, 10m, 2h, 7d")->type_name("TIME");
  command.footer(std::string(kRuleHelp) +
                 "\n"
                 "EXAMPLES\n"
                 "  xdp-blacklist add 192.0.2.7 2001:db8::/32\n"
                 "  xdp-blacklist add 203.0.113.9 --for 1h\n"
                 "  xdp-blacklist add tcp:23 --group 7\n");
  return [options, &global](Output& out) { return run_add(*options, global, out); };
}

Runner add_del(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<RuleOptions>();
  command.add_option("RULE", options->rules, "a rule as it was added, or ban:ADDRESS")->required();
  add_scope_options(command, *options);
  command.footer("Exit status: 0 taken away, 1 one of them was not there, 2 could not.\n");
  return [options, &global](Output& out) { return run_del(*options, global, out); };
}

Runner add_list(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<ListOptions>();
  command.add_option("LIST", options->what, "hosts, nets, ports, names, agents or bans; else all");
  command.add_option("RULE", options->rule, "only this one; exit status 1 when it is not there");
  return [options, &global](Output& out) { return run_list(*options, global, out); };
}

}  // namespace xdp_blacklist
