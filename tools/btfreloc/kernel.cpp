#include "btfreloc/kernel.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "btfreloc/kernel_label.h"
#include "btfreloc/kernel_parts.h"
#include "btfreloc/module_btf.h"
#include "elf/file.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRunning = "@running";
constexpr const char* kSysfsBtf = "/sys/kernel/btf";
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

/// A file, or directory, with the BTF of a kernel as it is.
struct FileKernel {
  std::string label;
  Input input;
  std::vector<fs::path> module_files;
  std::vector<Input> module_inputs = {};
  std::vector<std::string> module_names = {};

  const btf::View& btf() const { return *input.views()[0]; }

  Status open_module(const fs::path& file, std::size_t& bytes) {
    auto opened = Input::open_module(file.string(), btf());
    // Modules without BTF have no types to offer.
    if (!opened && opened.error().code == Errc::not_found) return {};
    if (!opened) {
      Error error = std::move(opened).error();
      error.message = fmt::format("module of {}: {}", label, error.message);
      return std::unexpected(std::move(error));
    }
    if (!is_split_on(*opened->views()[0], btf())) {
      return fail(Errc::bad_format,
                  fmt::format("module of {}: its BTF belongs to another kernel", label),
                  {.file = file.string()}, "leave only modules of this very kernel there");
    }
    bytes += opened->views()[0]->blob_size();
    if (bytes > kMaxModuleBytes) return fail_many_modules(file.string());
    module_inputs.push_back(*std::move(opened));
    module_names.push_back(stem(file.filename().string()));
    return {};
  }

  Result<std::vector<core::Module>> open_modules() {
    std::size_t bytes = 0;
    for (const fs::path& file : module_files) {
      if (!file.has_extension() && !starts_like_btf(file)) continue;
      TRY_OK(open_module(file, bytes));
    }
    std::vector<core::Module> modules;
    for (std::size_t i = 0; i < module_inputs.size(); ++i) {
      modules.push_back({.name = module_names[i], .btf = module_inputs[i].views()[0]});
    }
    return modules;
  }
};

/// The kernel of a file that has its BTF as it is, or of a directory.
Result<KernelParts> kernel_of_file(const std::string& address) {
  const bool is_running = address == kRunning;
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
  KernelParts parts{
      .label = label,
      .arch = arch_of_machine(input.elf_machine(), input.views()[0]->order() == std::endian::big)};
  const auto opened = std::make_shared<FileKernel>(FileKernel{
      .label = std::move(label), .input = std::move(input), .module_files = std::move(modules)});
  parts.btf = std::shared_ptr<const btf::View>(opened, &opened->btf());
  if (!opened->module_files.empty()) {
    parts.modules = [opened] { return opened->open_modules(); };
  }
  if (utsname names{}; is_running && ::uname(&names) == 0) {
    parts.release = names.release;
    parts.arch = names.machine;
  }
  return parts;
}

/// True for a file in which the BTF has to be looked for: an image, a package, an archive.
bool is_source(const std::string& address) {
  std::error_code error;
  if (!fs::is_regular_file(address, error)) return false;
  const auto file = FileBytes::open(address);
  if (!file) return true;  // too large to be unpacked whole, or damaged: see what is said of it
  if (elf::is_elf(file->bytes())) {
    const auto elf = elf::File::open(file->bytes());
    return elf && !object::Object::is_bpf(*elf) && elf->section(".BTF") == nullptr;
  }
  constexpr std::uint16_t kMagic = 0xeb9f;
  const Bytes bytes = file->bytes();
  return bytes.size() >= sizeof kMagic &&
         load<std::uint16_t>(bytes.data(), std::endian::little) != kMagic &&
         load<std::uint16_t>(bytes.data(), std::endian::big) != kMagic;
}

Result<KernelParts> parts_of(const std::string& address, TypeIds ids) {
  if (const auto of_set = parse_set_address(address)) return kernel_of_set(*of_set, ids);
  auto parts = kernel_of_file(address);
  if (!parts && parts.error().code != Errc::io && is_source(address)) {
    return kernel_of_source(address);
  }
  return parts;
}

}  // namespace

std::unexpected<Error> fail_many_modules(const std::string& file) {
  return fail(Errc::unsupported,
              fmt::format("modules with more than {} bytes of BTF", kMaxModuleBytes),
              {.file = file}, "leave only modules of this very kernel there");
}

struct Kernel::State {
  KernelParts parts;
  std::vector<core::Module> modules;
  bool has_modules = false;  ///< `modules` are those of `parts`.
};

Kernel::Kernel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<Kernel> Kernel::open(const std::string& address, TypeIds ids) {
  if (address.empty()) {
    return fail(Errc::not_found, "the address of the kernel is empty", {},
                fmt::format("a kernel is {}", kKernelAddresses));
  }
  if (address.starts_with('@') && address != kRunning && !parse_set_address(address)) {
    return fail(Errc::not_found, fmt::format("no kernel has the address `{}`", address), {},
                fmt::format("a kernel is {}", kKernelAddresses));
  }
  TRY(KernelParts parts, parts_of(address, ids));
  return Kernel(std::make_unique<State>(State{.parts = std::move(parts), .modules = {}}));
}

const std::string& Kernel::label() const { return state_->parts.label; }
const std::string& Kernel::release() const { return state_->parts.release; }
const std::string& Kernel::arch() const { return state_->parts.arch; }
const btf::View& Kernel::btf() const { return *state_->parts.btf; }
bool Kernel::keeps_ids() const { return state_->parts.keeps_ids; }
bool Kernel::may_have_modules() const { return state_->parts.modules != nullptr; }

core::Target Kernel::target() const {
  core::Target target{.kernel = btf(), .modules = {}, .keeps_ids = keeps_ids()};
  if (may_have_modules()) {
    target.modules = [state = state_.get()]() -> Result<std::span<const core::Module>> {
      if (!state->has_modules) {
        TRY(state->modules, state->parts.modules());
        state->has_modules = true;
      }
      return std::span<const core::Module>(state->modules);
    };
  }
  return target;
}

}  // namespace btfreloc::tool
