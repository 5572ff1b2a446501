#include "xdp-blacklist/instance/program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/bpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "btfreloc/relocating.h"
#include "btfreloc/verifier_log.h"
#include "object/relocate.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;
namespace tool = btfreloc::tool;

constexpr const char* kProgramName = "xdp_blacklist";
constexpr std::size_t kLogSize = std::size_t{1} << 24;  // bytes

/// What libbpf has said since the last time it was asked.
std::vector<std::string>& libbpf_messages() {
  static std::vector<std::string> messages;
  return messages;
}

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  std::array<char, 512> text;
  const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string message(text.data());
  while (message.ends_with('\n')) message.pop_back();
  libbpf_messages().push_back(std::move(message));
  return size;
}

/// The object with its relocations applied. None may be wrong or missing.
Result<std::vector<std::byte>> relocated(const std::string& path, const std::string& kernel) {
  auto opened = tool::Relocating::open(path, kernel);
  if (!opened && opened.error().code == Errc::not_found) {
    opened.error().hint = "it is no object of xdp-blacklist, or its relocations were stripped";
  }
  TRY(const auto relocating, std::move(opened));
  if (tool::print_findings(relocating) != 0) {
    return fail(Errc::unsupported, "the program cannot be relocated for this kernel",
                {.file = path}, fmt::format("`btfreloc explain {} -k {}` says why", path, kernel));
  }
  return btfreloc::object::rewrite(relocating.object(), relocating.input.bytes(),
                                   relocating.decisions, btfreloc::object::Relocations::applied);
}

/// Whether the running kernel has a function that programs may call.
bool kernel_has(const btf* kernel, const char* function) {
  return kernel != nullptr && btf__find_by_name_kind(kernel, function, BTF_KIND_FUNC) > 0;
}

std::uint32_t without_missing(std::uint32_t features) {
  btf* kernel = btf__load_vmlinux_btf();
  if (!kernel_has(kernel, "bpf_cast_to_kern_ctx")) features &= ~FEATURE_KERNEL_CONTEXT;
  if (!kernel_has(kernel, "bpf_strnstr")) features &= ~FEATURE_STRNSTR;
  btf__free(kernel);
  return features;
}

/// Where a variable of .rodata is, in bytes; nullopt when the object has none of that name.
std::optional<std::uint32_t> rodata_offset(const bpf_object* object, std::string_view variable) {
  const btf* types = bpf_object__btf(object);
  const int section_id = btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
  if (section_id < 0) return std::nullopt;
  const btf_type* section = btf__type_by_id(types, static_cast<std::uint32_t>(section_id));
  const btf_var_secinfo* places = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); ++i) {
    const btf_type* type = btf__type_by_id(types, places[i].type);
    if (btf__name_by_offset(types, type->name_off) != variable) continue;
    return places[i].size == sizeof(std::uint32_t) ? std::optional(places[i].offset) : std::nullopt;
  }
  return std::nullopt;
}

/// The constant of the object that has the name; its value can be changed until the object is
/// loaded.
Result<std::span<std::byte>> rodata(bpf_object* object, const std::string& variable) {
  bpf_map* section = nullptr;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (std::string_view(bpf_map__name(map)).ends_with(".rodata")) section = map;
  }
  std::size_t size = 0;
  // libbpf gives the memory of the map as const, and takes what is in it when it loads.
  auto* bytes = section == nullptr
                    ? nullptr
                    : static_cast<std::byte*>(const_cast<void*>(
                          static_cast<const void*>(bpf_map__initial_value(section, &size))));
  const auto offset = rodata_offset(object, variable);
  if (!offset || bytes == nullptr || *offset + sizeof(std::uint32_t) > size) {
    return fail(Errc::not_found, fmt::format("the object has no constant `{}`", variable), {},
                "it is no object of xdp-blacklist");
  }
  return std::span(bytes + *offset, sizeof(std::uint32_t));
}

Status set_rodata(bpf_object* object, const std::string& variable, std::uint32_t value) {
  TRY(const auto bytes, rodata(object, variable));
  std::memcpy(bytes.data(), &value, sizeof value);
  return {};
}

/// The features to load with: FEATURE_NO_SCOPE is of what the object does not know. Fails where it
/// does not know what somebody has to rely on.
Result<std::uint32_t> features_of(bpf_object* object, const ProgramOptions& options) {
  TRY(const auto bytes, rodata(object, "known"));
  const auto known = as<std::uint32_t>(bytes);
  for (const auto& [feature, option] :
       {std::pair{FEATURE_CHALLENGE, "--challenge"}, std::pair{FEATURE_FRAGS, "--frags"}}) {
    if ((options.features & feature) == 0 || (known & feature) != 0) continue;
    return fail(Errc::unsupported, fmt::format("the object does not know `{}`", option), {},
                "load one that does: without `--object` the one that comes with the tool");
  }
  std::uint32_t features = without_missing(options.features & known);
  for (std::uint32_t kind = 0; kind < SCOPE_KINDS; ++kind) {
    if ((known & KNOWN_SCOPES(1U << kind)) == 0) features |= FEATURE_NO_SCOPE(kind);
  }
  return features;
}

/// What the maps inside of each map of maps are like. libbpf forgets it when it loads.
std::map<std::string, Map::Shape> inner_shapes(const bpf_object* object) {
  std::map<std::string, Map::Shape> shapes;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const bpf_map* inner = bpf_map__inner_map(map);
    if (inner == nullptr) continue;
    shapes.emplace(bpf_map__name(map), Map::Shape{.type = bpf_map__type(inner),
                                                  .key_size = bpf_map__key_size(inner),
                                                  .value_size = bpf_map__value_size(inner),
                                                  .max_entries = bpf_map__max_entries(inner),
                                                  .flags = bpf_map__map_flags(inner),
                                                  .name = bpf_map__name(map),
                                                  .btf_key = bpf_map__btf_key_type_id(inner),
                                                  .btf_value = bpf_map__btf_value_type_id(inner)});
  }
  return shapes;
}

/// The capabilities that loading takes and this process has not: "CAP_BPF and CAP_PERFMON".
std::string missing_capabilities() {
  constexpr std::array<std::pair<unsigned, const char*>, 3> kWanted = {
      {{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}}};
  std::ifstream status("/proc/self/status");
  std::uint64_t effective = ~std::uint64_t{0};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) effective = std::strtoull(line.c_str() + 7, nullptr, 16);
  }
  std::vector<std::string> missing;
  for (const auto& [bit, name] : kWanted) {
    if ((effective >> bit & 1) == 0) missing.emplace_back(name);
  }
  return fmt::format("{}", fmt::join(missing, " and "));
}

std::unexpected<btfreloc::Error> refused(int error, const std::string& path, std::string_view log) {
  if (const std::string missing = missing_capabilities();
      (error == EPERM || error == EACCES) && !missing.empty()) {
    return fail_errno(error, fmt::format("loading the program takes {}", missing), {.file = path},
                      "run it as root");
  }
  const tool::Rejection rejection = tool::parse_rejection(log);
  std::string why = rejection.reason.empty() ? std::string(std::strerror(error)) : rejection.reason;
  if (!rejection.source.empty()) why += " (" + rejection.source + ")";
  if (rejection.reason.empty() && !libbpf_messages().empty()) {
    why += fmt::format(": {}", fmt::join(libbpf_messages(), "; "));
  }
  return fail(Errc::unsupported, fmt::format("the kernel refuses the program: {}", why),
              {.file = path}, fmt::format("`btfreloc load {}` says more", path));
}

/// The settings are the one value whose fields this command writes itself.
Status check_version(const bpf_object* object, const std::string& path) {
  const bpf_map* settings = bpf_object__find_map_by_name(object, "config");
  if (settings != nullptr && bpf_map__value_size(settings) == sizeof(config)) return {};
  return fail(Errc::unsupported, "the object is of another version than this command",
              {.file = path}, "use the command that came with it");
}

Status prepare(bpf_object* object, const ProgramOptions& options, std::uint32_t features,
               const std::map<std::string, const Map*>& reuse) {
  TRY_OK(set_rodata(object, "features", features));
  TRY_OK(set_rodata(object, "lists", options.lists));
  TRY_OK(set_rodata(object, "explain", options.explain ? 1 : 0));
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const std::string name = bpf_map__name(map);
    if (const auto found = reuse.find(name); found != reuse.end()) {
      if (const int error = bpf_map__reuse_fd(map, found->second->fd()); error != 0) {
        return fail_errno(-error, fmt::format("cannot keep the map `{}`", name));
      }
    } else if (name == "counters") {
      bpf_map__set_max_entries(map, options.max_rules);
    }
  }
  return {};
}

}  // namespace

void Program::Close::operator()(bpf_object* object) const { bpf_object__close(object); }

std::uint32_t features_without(std::uint32_t lists) {
  std::uint32_t features = 0;
  for (std::uint32_t list = 0; list < LISTS; ++list) {
    if ((lists & USED_BITS(list)) == 0) features |= FEATURE_NO_LIST(list);
  }
  return features;
}

std::uint32_t lists_of(std::uint32_t features) {
  std::uint32_t lists = ~0U;
  for (std::uint32_t list = 0; list < LISTS; ++list) {
    if ((features & FEATURE_NO_LIST(list)) != 0) lists &= ~USED_BITS(list);
  }
  return lists;
}

Result<std::string> default_object() {
  if (const char* given = std::getenv("XDP_BLACKLIST_OBJECT"); given != nullptr && *given != '\0') {
    return std::string(given);
  }
  std::error_code error;
  const auto bin = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* folder : {"../share/xdp-blacklist", "../lib/xdp-blacklist", "."}) {
    const auto path = (bin / folder / "blacklist.bpf.o").lexically_normal();
    if (std::filesystem::exists(path, error)) return path.string();
  }
  return fail(Errc::not_found, "blacklist.bpf.o is not where it should be", {.file = bin.string()},
              "name it: --object FILE, or XDP_BLACKLIST_OBJECT=FILE");
}

Result<Program> Program::load(const ProgramOptions& options,
                              const std::map<std::string, const Map*>& reuse) {
  std::string path = options.object;
  if (path.empty()) {
    TRY(path, default_object());
  }
  TRY(const auto bytes, relocated(path, options.kernel));
  libbpf_set_print(keep_message);
  libbpf_messages().clear();
  Program program;
  bpf_object_open_opts open{};
  open.sz = sizeof open;
  open.object_name = "xdp_blacklist";
  program.object_.reset(bpf_object__open_mem(bytes.data(), bytes.size(), &open));
  bpf_object* object = program.object_.get();
  if (object == nullptr) return refused(errno, path, "");
  bpf_program* code = bpf_object__find_program_by_name(object, kProgramName);
  if (code == nullptr) {
    return fail(Errc::not_found, fmt::format("the object has no program `{}`", kProgramName),
                {.file = path}, "it is no object of xdp-blacklist");
  }
  TRY_OK(check_version(object, path));
  program.list_shapes_ = inner_shapes(object);
  TRY(program.features_, features_of(object, options));
  TRY_OK(prepare(object, options, program.features_, reuse));
  program.features_ |= features_without(options.lists);
  if ((program.features_ & FEATURE_FRAGS) != 0) {
    bpf_program__set_flags(code, bpf_program__flags(code) | BPF_F_XDP_HAS_FRAGS);
  }
  const auto log = std::make_unique_for_overwrite<char[]>(kLogSize);
  log[0] = '\0';
  bpf_program__set_log_buf(code, log.get(), kLogSize);
  if (const int error = bpf_object__load(object); error != 0) {
    return refused(-error, path, log.get());
  }
  program.fd_ = bpf_program__fd(code);
  std::uint32_t size = 0;
  const void* raw = btf__raw_data(bpf_object__btf(object), &size);
  program.btf_.assign(static_cast<const std::byte*>(raw),
                      static_cast<const std::byte*>(raw) + size);
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__is_internal(map)) continue;
    program.maps_.push_back({.name = bpf_map__name(map),
                             .fd = bpf_map__fd(map),
                             .is_list = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS});
  }
  return program;
}

bool Program::has_list(ListMap list) const {
  return std::ranges::any_of(maps_, [&](const MapInObject& map) { return map.name == name(list); });
}

Result<Map::Shape> Program::list_shape(ListMap list) const {
  const auto found = list_shapes_.find(name(list));
  if (found == list_shapes_.end()) {
    return fail(Errc::not_found, fmt::format("the object has no list `{}`", name(list)));
  }
  Map::Shape shape = found->second;
  const int btf_fd = bpf_object__btf_fd(object_.get());
  if (btf_fd > 0) shape.btf_fd = static_cast<std::uint32_t>(btf_fd);
  return shape;
}

Result<std::uint32_t> explain_packet(const Program& program, Bytes packet,
                                     std::uint32_t interface) {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(packet.size());
  context.ingress_ifindex = interface;
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = packet.data();
  options.data_size_in = static_cast<std::uint32_t>(packet.size());
  if (interface != 0) {
    options.ctx_in = &context;
    options.ctx_size_in = sizeof context;
  }
  if (const int error = bpf_prog_test_run_opts(program.fd(), &options); error != 0) {
    return fail_errno(-error, "the kernel cannot run the program on this packet", {},
                      "packets have 14 bytes to a page; --interface has to be up");
  }
  return options.retval;
}

}  // namespace xdp_blacklist
