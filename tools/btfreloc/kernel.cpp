#include "btfreloc/kernel.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRunning = "@running";
constexpr const char* kSysfsBtf = "/sys/kernel/btf";
/// Bytes of BTF that all modules of a kernel may have: those of a distribution's have some 20 MB.
constexpr std::size_t kMaxModuleBytes = std::size_t{256} << 20;
/// Files looked at in a directory; the largest distribution kernel has some 7,000 modules.
constexpr std::size_t kMaxFiles = 100'000;

/// "veth" for "veth.btf.xz" and "veth.ko": without the endings that say how the bytes are packed.
std::string stem(std::string name) {
  for (const std::string_view ending : {".xz", ".zst", ".gz", ".btf", ".ko"}) {
    if (name.ends_with(ending) && name.size() > ending.size()) {
      name.resize(name.size() - ending.size());
    }
  }
  return name;
}

/// True for names that BTF files have: with .btf or .ko in them, or without any ending, as in
/// sysfs.
bool may_hold_btf(const std::string& name) {
  const std::string inner = fs::path(name).extension() == ".xz" ||
                                    fs::path(name).extension() == ".zst" ||
                                    fs::path(name).extension() == ".gz"
                                ? fs::path(name).stem().string()
                                : name;
  const std::string ending = fs::path(inner).extension().string();
  return ending == ".btf" || ending == ".ko" || ending.empty() || stem(name) == "vmlinux";
}

/// All files under `directory` that may hold BTF, by path.
Result<std::vector<fs::path>> files_under(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file(error) && may_hold_btf(it->path().filename().string())) {
      files.push_back(it->path());
    }
    if (files.size() > kMaxFiles) {
      return fail(Errc::unsupported, fmt::format("more than {} files", kMaxFiles),
                  {.file = directory.string()}, "name the directory of one kernel");
    }
  }
  if (error) return fail_errno(error.value(), "cannot list", {.file = directory.string()});
  std::ranges::sort(files);
  return files;
}

/// The kernel among the files of a directory. Fails with the names when there are several.
Result<fs::path> kernel_among(const std::vector<fs::path>& files, const fs::path& directory) {
  std::vector<fs::path> named;
  std::vector<fs::path> others;
  for (const fs::path& file : files) {
    if (stem(file.filename().string()) == "vmlinux") {
      named.push_back(file);
    } else if (file.parent_path() == directory && file.filename().string().contains(".btf")) {
      others.push_back(file);
    }
  }
  const std::vector<fs::path>& found = named.empty() ? others : named;
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return fail(Errc::not_found, "no vmlinux and no .btf file is in the directory",
                {.file = directory.string()}, fmt::format("a kernel is {}", kKernelAddresses));
  }
  constexpr std::size_t kMostNames = 20;
  std::string names;
  for (std::size_t i = 0; i < found.size() && i < kMostNames; ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : ", ", fs::relative(found[i], directory).string());
  }
  if (found.size() > kMostNames) names += ", ...";
  return fail(Errc::unsupported, fmt::format("{} kernels, and one is needed", found.size()),
              {.file = directory.string()}, fmt::format("name one: {}", names));
}

/// True when the file starts as BTF of either byte order, ELF and what can be unpacked do.
bool starts_like_btf(const fs::path& file) {
  std::array<unsigned char, 4> start{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(start.data()), start.size());
  const unsigned first = start[0];
  const unsigned second = start[1];
  return (first == 0x9f && second == 0xeb) || (first == 0xeb && second == 0x9f) ||
         (first == 0x7f && second == 'E');
}

/// True when every name of a module starts where a string does. Names of a module count on from the
/// strings of its kernel, so that with another kernel nearly all of them start within one.
bool is_split_on(const btf::View& module, const btf::View& kernel) {
  if (module.base() != &kernel) return false;
  for (std::uint32_t id = module.first_id().value; id < module.size(); ++id) {
    const StrOff name = module.name_offset(TypeId{id});
    if (name.value == 0) continue;
    const bool is_own_first = name.value == kernel.header().strings_size;
    if (!is_own_first && module.first_char(StrOff{name.value - 1}) != '\0') return false;
  }
  return true;
}

std::string arch_of(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86_64";
    case EM_386: return "i686";
    case EM_AARCH64: return "aarch64";
    case EM_ARM: return "armv7l";
    case EM_S390: return "s390x";
    case EM_RISCV: return "riscv64";
    case EM_PPC64: return "ppc64le";
    case EM_LOONGARCH: return "loongarch64";
    default: return {};
  }
}

}  // namespace

struct Kernel::State {
  std::string label;
  std::string release;
  std::string arch;
  Input input;
  const btf::View* btf;
  std::vector<fs::path> module_files;
  std::vector<Input> module_inputs = {};
  std::vector<std::string> module_names = {};
  std::vector<core::Module> modules = {};

  Status open_modules() {
    module_names.reserve(module_files.size());
    std::size_t bytes = 0;
    for (const fs::path& file : module_files) {
      if (!file.has_extension() && !starts_like_btf(file)) continue;
      auto opened = Input::open_module(file.string(), *btf);
      // Modules without BTF have no types to offer.
      if (!opened && opened.error().code == Errc::not_found) continue;
      if (!opened) {
        Error error = std::move(opened).error();
        error.message = fmt::format("module of {}: {}", label, error.message);
        return std::unexpected(std::move(error));
      }
      if (!is_split_on(*opened->views()[0], *btf)) {
        return fail(Errc::bad_format,
                    fmt::format("module of {}: its BTF belongs to another kernel", label),
                    {.file = file.string()}, "leave only modules of this very kernel there");
      }
      bytes += opened->views()[0]->blob_size();
      if (bytes > kMaxModuleBytes) {
        return fail(Errc::unsupported,
                    fmt::format("modules with more than {} bytes of BTF", kMaxModuleBytes),
                    {.file = file.string()}, "leave only modules of this very kernel there");
      }
      module_inputs.push_back(*std::move(opened));
      module_names.push_back(stem(file.filename().string()));
    }
    for (std::size_t i = 0; i < module_inputs.size(); ++i) {
      modules.push_back({.name = module_names[i], .btf = module_inputs[i].views()[0]});
    }
    return {};
  }
};

Kernel::Kernel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<Kernel> Kernel::open(const std::string& address) {
  const bool is_running = address == kRunning;
  if (address.starts_with('@') && !is_running) {
    return fail(Errc::not_found, fmt::format("no kernel has the address `{}`", address), {},
                fmt::format("a kernel is {}", kKernelAddresses));
  }
  if (address.empty()) {
    return fail(Errc::not_found, "the address of the kernel is empty", {},
                fmt::format("a kernel is {}", kKernelAddresses));
  }
  fs::path file = fs::path(is_running ? kSysfsBtf : address).lexically_normal();
  if (!file.has_filename()) file = file.parent_path();  // the slash behind a directory
  const fs::path directory = file;
  std::vector<fs::path> modules;
  std::error_code error;
  const bool is_directory = fs::is_directory(file, error);
  if (is_running && !is_directory) {
    return fail(Errc::not_found, "the running kernel shows no BTF", {.file = kSysfsBtf},
                "kernels do when built with CONFIG_DEBUG_INFO_BTF");
  }
  if (is_directory) {
    TRY(modules, files_under(directory));
    TRY(file, kernel_among(modules, directory));
    std::erase(modules, file);
  }
  TRY(Input input, Input::open(file.string()));
  if (input.views().size() != 1) {
    return fail(Errc::bad_format, "a kernel has exactly one BTF blob", {.file = input.path()},
                fmt::format("a kernel is {}", kKernelAddresses));
  }
  std::string label = is_running ? std::string(kRunning) : stem(file.filename().string());
  if (is_directory && !is_running && label == "vmlinux") {
    label = fs::absolute(directory).lexically_normal().filename().string();
    if (label.empty()) label = address;
  }
  auto state = std::make_unique<State>(State{.label = std::move(label),
                                             .release = {},
                                             .arch = arch_of(input.elf_machine()),
                                             .input = std::move(input),
                                             .btf = nullptr,
                                             .module_files = std::move(modules)});
  state->btf = state->input.views()[0];
  if (utsname names{}; is_running && ::uname(&names) == 0) {
    state->release = names.release;
    state->arch = names.machine;
  }
  return Kernel(std::move(state));
}

const std::string& Kernel::label() const { return state_->label; }
const std::string& Kernel::release() const { return state_->release; }
const std::string& Kernel::arch() const { return state_->arch; }
const btf::View& Kernel::btf() const { return *state_->btf; }
std::size_t Kernel::module_count() const { return state_->module_files.size(); }

core::Target Kernel::target() const {
  core::Target target{.kernel = *state_->btf, .modules = {}};
  if (!state_->module_files.empty()) {
    target.modules = [state = state_.get()]() -> Result<std::span<const core::Module>> {
      if (state->modules.empty()) TRY_OK(state->open_modules());
      return std::span<const core::Module>(state->modules);
    };
  }
  return target;
}

}  // namespace btfreloc::tool
