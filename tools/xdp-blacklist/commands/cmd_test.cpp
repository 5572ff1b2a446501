#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>

#include "btfreloc/test_input.h"
#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/attach.h"
#include "xdp-blacklist/instance/program.h"
#include "xdp-blacklist/packet.h"
#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;

struct TestOptions {
  std::string source;
  std::string destination;
  std::optional<std::uint16_t> tcp;
  std::optional<std::uint16_t> udp;
  std::uint16_t source_port = 40000;
  std::vector<std::uint16_t> vlans;
  std::string server_name;
  std::string agent;
  std::string interface;
  std::string packet;
  std::string object;
};

/// A packet that was given whole.
Result<std::vector<std::byte>> read_packet(const std::string& text) {
  constexpr std::size_t kMost = 65536;  // bytes
  TRY(auto bytes, btfreloc::tool::read_test_input(text));
  if (bytes.size() < 14) {
    return fail(Errc::truncated, "a packet begins with the 14 bytes of an Ethernet header");
  }
  if (bytes.size() > kMost) {
    return fail(Errc::out_of_range, "a packet has no more than 65536 bytes", {.file = text});
  }
  return bytes;
}

Result<std::vector<std::byte>> packet_of(const TestOptions& options) {
  if (!options.packet.empty()) return read_packet(options.packet);
  if (options.source.empty()) {
    return fail(Errc::not_found, "nobody sends the packet", {},
                "say who: --src ADDRESS, or give all of it: --packet hex:...");
  }
  PacketSpec spec;
  TRY(spec.source, parse_address(options.source));
  TRY(spec.destination, parse_address(!options.destination.empty() ? options.destination
                                      : spec.source.is_v6          ? "2001:db8::2"
                                                                   : "192.0.2.2"));
  if (options.tcp && options.udp) {
    return fail(Errc::out_of_range, "a packet is TCP or UDP", {}, "leave one of them out");
  }
  const bool has_payload = !options.server_name.empty() || !options.agent.empty();
  spec.protocol = options.udp                  ? kUdp
                  : options.tcp || has_payload ? kTcp
                  : spec.source.is_v6          ? kIcmpV6
                                               : kIcmp;
  if (spec.protocol == kIcmpV6) spec.icmp_type = 128;
  spec.source_port = options.source_port;
  spec.destination_port =
      options.udp.value_or(options.tcp.value_or(options.agent.empty() ? 443 : 80));
  for (std::size_t i = 0; i < options.vlans.size(); ++i) {
    const bool is_outer = i + 1 < options.vlans.size();
    spec.vlans.push_back({options.vlans[i], is_outer ? kQinqTpid : kVlanTpid});
  }
  if (!options.server_name.empty()) spec.payload = client_hello(options.server_name);
  if (!options.agent.empty()) {
    spec.payload = http_request({.host = "example.org", .user_agent = options.agent});
  }
  return build_packet(spec);
}

/// A second program over the same rules, which only says what it would do.
Result<Program> explaining_program(const Pins& pins, const config& settings,
                                   const TestOptions& options) {
  std::map<std::string, Map> maps;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pins.path(), error)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory(error) || name == "program" || name == "btf") continue;
    TRY(Map map, Map::pinned(entry.path(), Access::write));
    maps.emplace(name, std::move(map));
  }
  const auto counters = maps.find("counters");
  if (counters == maps.end()) {
    return fail(Errc::not_found, "the instance is not whole", {.file = pins.path()},
                "`unload` takes away what is left of it");
  }
  std::map<std::string, const Map*> reuse;
  for (const auto& [name, map] : maps) reuse.emplace(name, &map);
  return Program::load({.object = options.object,
                        .lists = lists_of(settings.features),
                        .features = settings.features & ~static_cast<std::uint32_t>(FEATURE_FRAGS),
                        .explain = true,
                        .max_rules = counters->second.shape().max_entries},
                       reuse);
}

/// "host 10.1.2.3", "malformed tcp".
Result<std::string> reason_text(const Instance& instance, std::uint32_t verdict,
                                std::uint32_t detail, std::string& rule) {
  if (verdict == VERDICT_MALFORMED) return "malformed " + malformed_name(detail);
  if (detail == 0 || verdict == VERDICT_CHALLENGE) return verdict_name(verdict);
  TRY(const auto rules, instance.rules().all());
  for (const ActiveRule& active : rules) {
    if (active.id == detail) rule = text(active.rule, system_scope_names());
  }
  return verdict_name(verdict);
}

Result<int> run_test(const TestOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const auto packet, packet_of(options));
  std::uint32_t interface = 0;
  if (!options.interface.empty()) {
    TRY(interface, interface_index({.netns = "", .name = options.interface}));
  }
  TRY(const Instance instance, open_instance(global, Access::write));
  TRY(const Program program, explaining_program(instance.pins(), instance.settings(), options));
  TRY(const std::uint32_t answer, explain_packet(program, packet, interface));
  const std::uint32_t verdict = EXPLAIN_VERDICT(answer);
  std::string rule;
  TRY(const std::string reason, reason_text(instance, verdict, EXPLAIN_DETAIL(answer), rule));
  const bool passes = verdict <= VERDICT_LAST_PASS;
  if (global.json) {
    Json document = {{"passes", passes}, {"verdict", verdict_name(verdict)}, {"reason", reason}};
    if (!rule.empty()) {
      document["rule"] = rule;
      document["id"] = EXPLAIN_DETAIL(answer);
    }
    print_json(out, "test", document);
  } else {
    out << fmt::format("{}: {}{}\n", passes ? "passes" : "dropped",
                       verdict == VERDICT_PASS ? "no rule is for it" : reason,
                       rule.empty() ? "" : ", rule " + rule);
  }
  return passes ? kExitFine : kExitNo;
}

}  // namespace

Runner add_test(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<TestOptions>();
  command.add_option("--src", options->source, "who sends it")->type_name("ADDRESS");
  command.add_option("--dst", options->destination, "whom it is for; somebody")
      ->type_name("ADDRESS");
  command.add_option("--tcp", options->tcp, "to this port of TCP")->type_name("PORT");
  command.add_option("--udp", options->udp, "to this port of UDP")->type_name("PORT");
  command.add_option("--sport", options->source_port, "from this port; 40000")->type_name("PORT");
  command.add_option("--vlan", options->vlans, "in this VLAN; twice for QinQ")
      ->check(CLI::Range(0, 4095))
      ->type_name("ID");
  command.add_option("--sni", options->server_name, "a TLS ClientHello that asks for this name")
      ->type_name("NAME");
  command.add_option("--agent", options->agent, "an HTTP request by this User-Agent")
      ->type_name("TEXT");
  command.add_option("--interface", options->interface, "as if it came from here; else from lo")
      ->type_name("NAME");
  command.add_option("--packet", options->packet, "all of the packet, Ethernet header first")
      ->type_name("FILE|hex:...");
  command.add_option("--object", options->object, "BPF object, where `load` had one")
      ->type_name("FILE");
  command.footer(
      "The kernel runs the program on the packet, and nothing is counted or changed.\n"
      "Exit status: 0 passes, 1 dropped, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  xdp-blacklist test --src 10.1.2.3 --tcp 443 --sni x.ads.net\n");
  return [options, &global](Output& out) { return run_test(*options, global, out); };
}

}  // namespace xdp_blacklist
