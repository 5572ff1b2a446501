#include "xdp-blacklist/kernel_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "btfreloc/relocating.h"
#include "object/relocate.h"

namespace xdp_blacklist::test {
namespace {

std::string& libbpf_log() {
  static std::string log;
  return log;
}

int append_to_log(::libbpf_print_level level, const char* format, std::va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  std::vector<char> text(1 << 20);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  libbpf_log() += text.data();
  return 0;
}

template <class... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw std::runtime_error(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// The file with the CO-RE relocations for the running kernel applied.
std::vector<std::byte> relocated(const std::string& path) {
  const auto relocating = btfreloc::tool::Relocating::open(path, "@running");
  if (!relocating) fail("{}: {}", path, relocating.error().message);
  return btfreloc::object::rewrite(relocating->object(), relocating->input.bytes(),
                                   relocating->decisions, btfreloc::object::Relocations::applied);
}

std::uint32_t kind_of(const Scope& scope) { return static_cast<std::uint32_t>(scope.kind); }

rule rule_of(const reference::Entry& entry) { return {.id = entry.id, .expires = entry.expires}; }

/// As a number whose bytes in memory are the address.
std::uint32_t address_be(const Address& address) {
  std::uint32_t value;
  std::memcpy(&value, address.bytes.data(), sizeof value);
  return value;
}

enum port_use use_of(const reference::PortUse& use) {
  return static_cast<port_use>((use.udp ? PORT_UDP : PORT_TCP) |
                               (use.is_source ? PORT_SOURCE : PORT_DESTINATION));
}

constexpr name_key kNameSeed = {.a = 0x0123456789abcdef, .b = 0xfedcba9876543210};

name_key hash(const std::string& name) {
  name_key key = kNameSeed;
  for (auto letter = name.rbegin(); letter != name.rend(); ++letter) {
    key.a = (key.a ^ static_cast<unsigned char>(*letter)) * NAME_PRIME_A;
    key.b = (key.b + static_cast<unsigned char>(*letter)) * NAME_PRIME_B;
  }
  return key;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
int Descriptor::release() { return std::exchange(fd_, -1); }

void RuleMap::write(const void* key, const void* value) const {
  if (::bpf_map_update_elem(fd_, key, value, BPF_ANY) != 0) {
    fail("cannot write a map: {}", std::strerror(errno));
  }
}

void RuleMap::clear() {
  const std::vector<std::byte> zeros(value_size_);
  for (const std::vector<std::byte>& key : written_) {
    if (type_ == BPF_MAP_TYPE_ARRAY) {
      write(key.data(), zeros.data());
    } else if (::bpf_map_delete_elem(fd_, key.data()) != 0 && errno != ENOENT) {
      fail("cannot delete from a map: {}", std::strerror(errno));
    }
  }
  written_.clear();
}

void RuleMap::clear_all() {
  std::array<std::byte, 256> key;
  while (::bpf_map_get_next_key(fd_, nullptr, key.data()) == 0) {
    if (::bpf_map_delete_elem(fd_, key.data()) != 0 && errno != ENOENT) {
      fail("cannot delete from a map: {}", std::strerror(errno));
    }
  }
  written_.clear();
}

KernelProgram::KernelProgram(const std::string& object, Features features,
                             std::uint32_t feature_bits, bool explains)
    : features_(features) {
  ::libbpf_set_print(append_to_log);
  const std::vector<std::byte> file = relocated(object);
  ::bpf_object_open_opts options = {};
  options.sz = sizeof options;
  options.object_name = "xdp_blacklist";
  // libbpf reads this file when, and only when, it has relocations to apply: then it fails.
  options.btf_custom_path = "/nonexistent/libbpf-must-not-relocate";
  object_.reset(::bpf_object__open_mem(file.data(), file.size(), &options));
  if (object_ == nullptr) fail("libbpf cannot open {}: {}", object, libbpf_log());
  find_inner_maps();
  set_variable("explain", explains ? 1 : 0);
  if (features == Features::all) set_variable("features", feature_bits);
  ::bpf_program* program = ::bpf_object__next_program(object_.get(), nullptr);
  if (program == nullptr) fail("{} has no program", object);
  if ((feature_bits & FEATURE_FRAGS) != 0) {
    ::bpf_program__set_flags(program, ::bpf_program__flags(program) | BPF_F_XDP_HAS_FRAGS);
  }
  if (::bpf_object__load(object_.get()) != 0) fail("cannot load {}: {}", object, libbpf_log());
  program_ = ::bpf_program__fd(program);
  if (features == Features::all) {
    cookies_ = RuleMap(map("cookies"));
    bans_ = RuleMap(map("bans"));
  }
}

void KernelProgram::set_variable(const std::string& name, std::uint32_t value) {
  const ::btf* types = ::bpf_object__btf(object_.get());
  for (std::uint32_t id = 1; id < ::btf__type_cnt(types); ++id) {
    const ::btf_type* section = ::btf__type_by_id(types, id);
    if (!btf_is_datasec(section)) continue;
    const char* section_name = ::btf__name_by_offset(types, section->name_off);
    const ::btf_var_secinfo* place = btf_var_secinfos(section);
    for (unsigned i = 0; i < btf_vlen(section); ++i, ++place) {
      const ::btf_type* variable = ::btf__type_by_id(types, place->type);
      if (name != ::btf__name_by_offset(types, variable->name_off)) continue;
      const ::bpf_map* map = ::bpf_object__find_map_by_name(object_.get(), section_name);
      std::size_t size = 0;
      // Not const: what is written here is what the map will hold.
      auto* bytes = map == nullptr
                        ? nullptr
                        : static_cast<std::byte*>(const_cast<void*>(
                              ::bpf_map__initial_value(const_cast<::bpf_map*>(map), &size)));
      if (bytes == nullptr || place->offset + sizeof value > size) break;
      std::memcpy(bytes + place->offset, &value, sizeof value);
      return;
    }
  }
  fail("the object has no variable `{}`", name);
}

int KernelProgram::map(const std::string& name) const {
  const int fd = ::bpf_object__find_map_fd_by_name(object_.get(), name.c_str());
  if (fd < 0) fail("the object has no map `{}`", name);
  return fd;
}

// Before loading: libbpf forgets them then.
void KernelProgram::find_inner_maps() {
  ::bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_.get()) {
    const ::bpf_map* inner = ::bpf_map__inner_map(map);
    if (inner == nullptr) continue;
    lists_[::bpf_map__name(map)] = {.type = ::bpf_map__type(inner),
                                    .key_size = ::bpf_map__key_size(inner),
                                    .value_size = ::bpf_map__value_size(inner),
                                    .max_entries = ::bpf_map__max_entries(inner),
                                    .flags = ::bpf_map__map_flags(inner)};
  }
}

RuleMap& KernelProgram::emptied(const std::string& list, std::uint32_t set) {
  // Created once: the kernel takes milliseconds to put a map into another.
  if (const auto found = inner_maps_.find({list, set}); found != inner_maps_.end()) {
    found->second.clear();
    return found->second;
  }
  const auto found = lists_.find(list);
  if (found == lists_.end()) fail("`{}` is not a map of maps", list);
  const InnerMap& inner = found->second;
  ::bpf_map_create_opts options = {};
  options.sz = sizeof options;
  options.map_flags = inner.flags;
  Descriptor created(::bpf_map_create(inner.type, "rules", inner.key_size, inner.value_size,
                                      inner.max_entries, &options));
  if (created.get() < 0) fail("cannot create a map for `{}`: {}", list, std::strerror(errno));
  RuleMap(map(list)).put(set, created.get());
  return inner_maps_[{list, set}] = RuleMap(std::move(created), inner.type, inner.value_size);
}

void KernelProgram::install(const reference::Rules& rules, std::uint32_t set) {
  install_addresses(rules, set);
  install_ports(rules, set);
  if (features_ == Features::all) {
    install_names(rules, set);
    install_agents(rules, set);
    install_sources(rules);
  }
  write_config(rules, set);
}

void KernelProgram::install_addresses(const reference::Rules& rules, std::uint32_t set) {
  RuleMap& hosts4 = emptied("hosts4", set);
  RuleMap& hosts6 = emptied("hosts6", set);
  for (const auto& [key, entry] : rules.hosts) {
    const auto& [scope, address] = key;
    if (address.is_v6) {
      host6_key host = {.scope = kind_of(scope), .scope_value = scope.value, .address = {}};
      std::memcpy(host.address, address.bytes.data(), sizeof host.address);
      hosts6.put(host, rule_of(entry));
    } else {
      hosts4.put(host4_key{.scope = kind_of(scope),
                           .scope_value = scope.value,
                           .address_be = address_be(address)},
                 rule_of(entry));
    }
  }
  RuleMap& nets4 = emptied("nets4", set);
  RuleMap& nets6 = emptied("nets6", set);
  for (const auto& [key, entry] : rules.nets) {
    const auto& [scope, net] = key;
    const std::uint32_t bits = NET_SCOPE_BITS + net.prefix;
    if (net.address.is_v6) {
      net6_key prefix = {
          .prefixlen = bits, .scope = kind_of(scope), .scope_value = scope.value, .address = {}};
      std::memcpy(prefix.address, net.address.bytes.data(), sizeof prefix.address);
      nets6.put(prefix, rule_of(entry));
    } else {
      nets4.put(net4_key{.prefixlen = bits,
                         .scope = kind_of(scope),
                         .scope_value = scope.value,
                         .address_be = address_be(net.address)},
                rule_of(entry));
    }
  }
}

void KernelProgram::install_ports(const reference::Rules& rules, std::uint32_t set) {
  std::map<std::uint32_t, port_rules> of_any;
  RuleMap* scoped = features_ == Features::all ? &emptied("scoped_ports", set) : nullptr;
  for (const auto& [use, entry] : rules.ports) {
    if (use.scope.kind == ScopeKind::any) {
      of_any[use.port].use[use_of(use)] = rule_of(entry);
    } else if (scoped != nullptr) {
      scoped->put(scoped_port_key{.scope = kind_of(use.scope),
                                  .scope_value = use.scope.value,
                                  .port = use.port,
                                  .use = static_cast<std::uint16_t>(use_of(use))},
                  rule_of(entry));
    }
  }
  RuleMap& any = emptied("ports", set);
  for (const auto& [port, uses] : of_any) any.put(port, uses);
}

void KernelProgram::install_names(const reference::Rules& rules, std::uint32_t set) {
  std::map<std::string, name_rules> names;
  for (const auto& [name, entry] : rules.names) names[name].exact = rule_of(entry);
  for (const auto& [name, entry] : rules.names_below) names[name].below = rule_of(entry);
  RuleMap& map = emptied("names", set);
  for (auto& [name, value] : names) {
    name.copy(value.name, sizeof value.name - 1);
    map.put(hash(name), value);
  }
}

void KernelProgram::install_agents(const reference::Rules& rules, std::uint32_t set) {
  RuleMap& map = emptied("agents", set);
  std::uint32_t index = 0;
  for (const reference::Agent& agent : rules.agents) {
    agent_rule value = {.rule = rule_of(agent.entry),
                        .length = static_cast<std::uint32_t>(agent.text.size()),
                        .text = {}};
    agent.text.copy(value.text, AGENT_MAX_LENGTH);
    map.put(index++, value);
  }
}

void KernelProgram::install_sources(const reference::Rules& rules) {
  cookies_.clear_all();
  for (const auto& [source, each] : rules.cookies) {
    cookie value = {
        .fails = each.fails, .length = static_cast<std::uint32_t>(each.text.size()), .text = {}};
    each.text.copy(value.text, COOKIE_MAX_LENGTH);
    cookies_.put(source, value);
  }
  bans_.clear_all();
  for (const auto& [source, expires] : rules.bans) {
    bans_.put(source, ban{.expires = expires, .reserved = 0});
  }
}

void KernelProgram::write_config(const reference::Rules& rules, std::uint32_t set) {
  config_.active = set;
  config_.mode = rules.allows ? MODE_ALLOW : MODE_BLOCK;
  config_.confirm_by = rules.confirm_by;
  config_.sets[set].used = used_bits(rules);
  config_.name_seed = kNameSeed;
  config_.challenge = rules.challenges;
  config_.bans = rules.has_bans;
  config_.most_fails = rules.most_fails;
  config_.ban_seconds = kBanSeconds;
  RuleMap(map("config")).put(std::uint32_t{0}, config_);
}

std::uint32_t used_bits(const reference::Rules& rules) {
  std::uint32_t used = 0;
  const auto use = [&](enum list list, const Scope& scope) {
    used |= USED_BIT(static_cast<std::uint32_t>(list), kind_of(scope));
  };
  for (const auto& [key, entry] : rules.hosts) {
    use(key.second.is_v6 ? LIST_HOSTS6 : LIST_HOSTS4, key.first);
  }
  for (const auto& [key, entry] : rules.nets) {
    use(key.second.address.is_v6 ? LIST_NETS6 : LIST_NETS4, key.first);
  }
  for (const auto& [key, entry] : rules.ports) use(LIST_PORTS, key.scope);
  if (rules.reads_names) use(LIST_NAMES, {});
  if (rules.reads_agents) use(LIST_AGENTS, {});
  return used | rules.also_used;
}

int KernelProgram::test_run(Bytes frame, const Arrival& arrival, std::uint32_t& returned) const {
  static std::vector<std::byte> with_metadata;
  with_metadata.assign(arrival.metadata, std::byte{0});
  with_metadata.insert(with_metadata.end(), frame.begin(), frame.end());
  const std::size_t linear = arrival.linear == 0 ? frame.size() : arrival.linear;
  ::xdp_md context = {};
  context.data = static_cast<std::uint32_t>(arrival.metadata);
  context.data_end = static_cast<std::uint32_t>(arrival.metadata + linear);
  context.ingress_ifindex = arrival.interface;
  ::bpf_test_run_opts options = {};
  options.sz = sizeof options;
  options.data_in = with_metadata.data();
  options.data_size_in = static_cast<std::uint32_t>(with_metadata.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  if (::bpf_prog_test_run_opts(program_, &options) != 0) return errno;
  returned = options.retval;
  return 0;
}

bool KernelProgram::takes(Bytes frame, const Arrival& arrival) const {
  std::uint32_t returned = 0;
  return test_run(frame, arrival, returned) == 0;
}

std::uint32_t KernelProgram::run(Bytes frame, const Arrival& arrival) const {
  std::uint32_t returned = 0;
  if (const int error = test_run(frame, arrival, returned); error != 0) {
    fail("the kernel does not run the program on a frame of {} bytes: {}", frame.size(),
         std::strerror(error));
  }
  return returned;
}

Explained KernelProgram::explain(Bytes frame, const Arrival& arrival) const {
  const std::uint32_t returned = run(frame, arrival);
  return {.verdict = EXPLAIN_VERDICT(returned), .detail = EXPLAIN_DETAIL(returned)};
}

std::vector<Counted> KernelProgram::take_counted(const std::string& name, std::size_t count) {
  const int fd = map(name);
  std::vector<::counter> of_cpus(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  const std::vector<::counter> zeros(of_cpus.size());
  std::vector<Counted> counted(count);
  for (std::uint32_t key = 0; key < count; ++key) {
    if (::bpf_map_lookup_elem(fd, &key, of_cpus.data()) != 0 ||
        ::bpf_map_update_elem(fd, &key, zeros.data(), BPF_ANY) != 0) {
      fail("cannot read `{}`: {}", name, std::strerror(errno));
    }
    for (const ::counter& of_cpu : of_cpus) {
      counted[key].packets += of_cpu.packets;
      counted[key].bytes += of_cpu.bytes;
    }
  }
  return counted;
}

}  // namespace xdp_blacklist::test
