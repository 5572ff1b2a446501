#include "btfreloc/kernel_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "base/printable.h"
#include "btfreloc/kernel_archive.h"
#include "btfreloc/kernel_files.h"
#include "btfreloc/kernel_image.h"
#include "btfreloc/kernel_label.h"
#include "btfreloc/kernel_place.h"
#include "btfreloc/module_btf.h"

// Modules need the BTF of their kernel, which may come before or after them, in the same file or in
// another one: Debian 14 and Ubuntu have them in packages of their own. So the last kernels are
// kept, modules whose kernel is not among them wait, and at the end the kernels of those are read
// again.

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRunning = "@running";
constexpr std::string_view kSysfsBtf = "/sys/kernel/btf";
/// Bytes of BTF of the last kernels, which are kept for their modules.
constexpr std::size_t kMaxKept = std::size_t{64} << 20;
/// Bytes of BTF of modules that wait for their kernel: those of a distribution's have some 20 MB.
constexpr std::size_t kMaxWaiting = std::size_t{256} << 20;
/// Files of one archive that look like kernels or modules and are not.
constexpr std::size_t kMaxBadEntries = 200;

/// A kernel that was found, with its bytes.
struct FoundKernel {
  kernels::Column column;
  std::vector<std::byte> bytes;
  std::optional<btf::View> btf;  ///< Of `bytes`, or of the caller's.
  std::vector<std::string> keys = {};
  std::set<std::string> modules = {};  ///< Names of those that were given.
};

struct FoundModule {
  KernelImage image;
  Place place;
  std::vector<std::string> keys;  ///< Of its kernel, the likeliest first.
};

/// Where a kernel was, to read it again.
struct KnownKernel {
  Place place;
  kernels::Column column;
};

std::unexpected<Error> at(Error error, const Place& place) {
  if (error.where.file.empty()) error.where.file = place.text();
  return std::unexpected(std::move(error));
}

/// The BTF of a module, if it is split on that of this kernel.
Result<btf::View> open_module(const FoundModule& module, const btf::View& kernel) {
  constexpr const char* kHint = "name the very kernel that it was built with";
  auto opened = btf::View::open(module.image.btf, &kernel);
  if (!opened) {
    Error error = std::move(opened).error();
    error.message =
        fmt::format("the module's BTF is damaged, or belongs to another kernel: {}", error.message);
    error.hint = kHint;
    return std::unexpected(std::move(error));
  }
  btf::View view = *std::move(opened);
  if (!is_split_on(view, kernel)) {
    return fail(Errc::bad_format, "the module's BTF belongs to another kernel", {}, kHint);
  }
  return view;
}

Error module_with_own_base() {
  return {.code = Errc::unsupported,
          .message =
              "the module's BTF brings a base of its own (.BTF.base): it was built apart from "
              "its kernel",
          .where = {.section = ".BTF.base"},
          .hint = "load the module, and name @running: the kernel joins the two"};
}

class Walk {
 public:
  Walk(const KernelSourceOptions& options, const KernelSourceCalls& calls)
      : options_(options), calls_(calls) {}

  Status add_path(const std::string& path);
  Status walk();
  const KernelSourceCounts& counts() const { return counts_; }

 private:
  /// What one of the paths that were named stands for.
  struct Named {
    std::string path;
    bool is_directory;
    std::vector<KernelFile> files;
  };

  void add_kernel_beside(Named& named) const;
  Status walk(const Named& named);
  Status take_file(const KernelFile& file);
  Status take_archive(const Place& place, Bytes bytes);
  Status take(Result<KernelImage> image, const Place& place, FileRole role);
  Status take_kernel(KernelImage image, const Place& place);
  Status take_module(KernelImage image, const Place& place);
  Result<bool> give_to_kept(const FoundModule& module);
  Status give_module(FoundKernel& kernel, const FoundModule& module, const btf::View& btf);
  void keep(std::unique_ptr<FoundKernel> kernel);
  const KnownKernel* known_kernel_of(const FoundModule& module) const;
  Status give_waiting();
  Status give_all(FoundKernel& kernel, const std::vector<const FoundModule*>& modules);
  Status give_to_caller(const std::string& release, const std::vector<const FoundModule*>& modules);
  void skip(const Place& place, Error error);
  void progress(std::uint64_t inside, const std::string& path) const;
  std::size_t taken() const {
    return counts_.kernels + counts_.modules + waiting_.size() + repeated_;
  }

  const KernelSourceOptions& options_;
  const KernelSourceCalls& calls_;
  KernelSourceCounts counts_;
  std::vector<Named> named_;
  std::optional<kernels::Column> running_;  ///< What is known of the files in sysfs.
  bool is_in_directory_ = false;

  std::list<std::unique_ptr<FoundKernel>> kept_;  ///< The last one in front.
  std::vector<FoundModule> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::multimap<std::string, KnownKernel> known_;        ///< By key.
  std::set<std::pair<std::string, std::size_t>> given_;  ///< Labels, and hashes of BTF.
  std::size_t repeated_ = 0;                             ///< Kernels that were given before.

  std::vector<SkippedSource> skipped_;  ///< Of the path that is being walked.
  std::uint64_t total_ = 0;             ///< In bytes, as done_.
  std::uint64_t done_ = 0;
};

Status Walk::add_path(const std::string& path) {
  if (path.empty()) {
    return fail(Errc::not_found, "the path of a kernel is empty", {},
                fmt::format("name {}", kKernelFiles));
  }
  const bool is_running = path == kRunning;
  Named named{
      .path = is_running ? std::string(kSysfsBtf) : path, .is_directory = false, .files = {}};
  while (named.path.size() > 1 && named.path.ends_with('/')) named.path.pop_back();
  std::error_code error;
  named.is_directory = fs::is_directory(named.path, error);
  if (is_running && !named.is_directory) {
    return fail(Errc::not_found, "the running kernel shows no BTF",
                {.file = std::string(kSysfsBtf)},
                "kernels do when built with CONFIG_DEBUG_INFO_BTF");
  }
  if (named.is_directory) {
    TRY(named.files, kernel_files_in(named.path));
    add_kernel_beside(named);
  } else {
    const auto bytes = fs::file_size(named.path, error);
    named.files.push_back(
        {.path = named.path, .bytes = error ? 0 : bytes, .role = role_of(named.path)});
  }
  for (const KernelFile& file : named.files) total_ += file.bytes;
  named_.push_back(std::move(named));
  return {};
}

/// Debian's /lib/modules/RELEASE has the modules of a kernel that is in /boot.
void Walk::add_kernel_beside(Named& named) const {
  const bool has_kernel = std::ranges::any_of(
      named.files, [](const KernelFile& file) { return file.role != FileRole::module; });
  const fs::path directory = fs::absolute(named.path).lexically_normal();
  const std::string release = directory.filename().string();
  if (has_kernel || !looks_like_release(release)) return;
  const fs::path root = directory / "../../..";
  for (const fs::path& path :
       {directory / "build/vmlinux", directory / "vmlinuz", root / "boot" / ("vmlinuz-" + release),
        root / "boot" / ("vmlinux-" + release), root / "lib/debug/boot" / ("vmlinux-" + release)}) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;
    named.files.insert(named.files.begin(), {.path = path.lexically_normal().string(),
                                             .bytes = fs::file_size(path, error),
                                             .role = FileRole::kernel});
    return;
  }
}

Status Walk::walk() {
  for (const Named& named : named_) TRY_OK(walk(named));
  return give_waiting();
}

/// A path that has something is all right, and what it skips is told. One that has nothing is an
/// error: the first thing that was skipped, if there is one.
Status Walk::walk(const Named& named) {
  const std::size_t before = taken();
  skipped_.clear();
  is_in_directory_ = named.is_directory;
  running_.reset();
  if (named.path == kSysfsBtf) running_ = facts_of_running();
  for (const KernelFile& file : named.files) {
    progress(0, file.path);
    TRY_OK(take_file(file));
    done_ += file.bytes;
  }
  if (taken() == before && !skipped_.empty()) return std::unexpected(skipped_.front().error);
  if (taken() == before) {
    return fail(Errc::not_found, "no kernel, and no module with BTF, is in there",
                {.file = printable(named.path)}, fmt::format("name {}", kKernelFiles));
  }
  for (const SkippedSource& skipped : skipped_) {
    ++counts_.skipped;
    if (calls_.skipped) calls_.skipped(skipped);
  }
  skipped_.clear();
  return {};
}

/// What is wrong with a file of a directory is no reason to stop; the caller's errors are.
Status Walk::take_file(const KernelFile& file) {
  const Place place{.file = file.path, .entry = {}};
  if (file.role == FileRole::module && !options_.with_modules) return {};
  const auto mapped = MappedFile::open(file.path);
  if (!mapped) {
    skip(place, mapped.error());
    return {};
  }
  if (is_archive(mapped->bytes())) return take_archive(place, mapped->bytes());
  return take(read_kernel_image(mapped->bytes()), place, file.role);
}

Status Walk::take_archive(const Place& place, Bytes bytes) {
  const std::size_t skipped_before = skipped_.size();
  std::optional<Error> stop;  // told from what is wrong with the archive
  const auto take_entry = [&](ArchiveEntry& entry) -> Status {
    const FileRole role = role_of(entry.path());
    if (role == FileRole::other || role == FileRole::archive) return {};
    if (role == FileRole::module && !options_.with_modules) return {};
    TRY(const std::vector<std::byte> content, entry.read());
    const Place inside{.file = place.file, .entry = entry.path()};
    if (auto took = take(read_kernel_image(content), inside, role); !took) {
      stop = took.error();
      return took;
    }
    if (skipped_.size() - skipped_before <= kMaxBadEntries) return {};
    return fail(
        Errc::bad_format,
        fmt::format("more than {} of its files look like kernels and are none", kMaxBadEntries));
  };
  const auto report = [&](std::uint64_t read) { progress(read, place.file); };
  const auto walked = for_each_entry(bytes, {.entry = take_entry, .progress = report});
  if (stop) return std::unexpected(*std::move(stop));
  if (!walked && !is_in_directory_) return at(walked.error(), place);
  if (!walked) skip(place, walked.error());
  return {};
}

Status Walk::take(Result<KernelImage> image, const Place& place, FileRole role) {
  if (!image) {
    skip(place, std::move(image).error());
    return {};
  }
  const bool is_module = role == FileRole::module || image->column.is_module();
  if (running_) {
    const kernels::Column read = image->column;
    image->column = *running_;
    image->column.module = read.module;
    if (is_module) image->column.build_id = read.build_id;
  }
  return is_module ? take_module(*std::move(image), place) : take_kernel(*std::move(image), place);
}

Status Walk::take_kernel(KernelImage image, const Place& place) {
  auto kernel = std::make_unique<FoundKernel>(
      FoundKernel{.column = std::move(image.column), .bytes = std::move(image.btf), .btf = {}});
  auto view = btf::View::open(kernel->bytes);
  if (!view) {
    skip(place, std::move(view).error());
    return {};
  }
  kernel->btf = *std::move(view);
  kernels::Column& column = kernel->column;
  add_facts_of_place(place, column);
  column.order = kernel->btf->order();
  column.pointer_size = static_cast<std::uint8_t>(kernel->btf->pointer_size().value);
  column.label = !options_.label.empty()   ? options_.label
                 : !column.release.empty() ? column.release
                                           : label_of_place(place);
  if (column.release.empty() && looks_like_release(column.label)) {
    column.release = column.label;
    add_facts_of_release(column);
  }
  const std::size_t hash = std::hash<std::string_view>{}(as_chars(kernel->bytes));
  if (!given_.emplace(column.label, hash).second) {
    ++repeated_;
    return {};
  }
  if (!options_.label.empty() && counts_.kernels > 0) {
    return fail(Errc::unsupported,
                fmt::format("a second kernel, and both would be called `{}`", options_.label),
                {.file = place.text()}, "name one kernel, or leave the label to its release");
  }
  for (const std::string& key : KernelKeys::of_kernel(place.path())) {
    kernel->keys.push_back(place.inside(key));
  }
  if (!column.release.empty()) kernel->keys.push_back(KernelKeys::of_release(column.release));
  for (const std::string& key : kernel->keys) {
    known_.emplace(key, KnownKernel{.place = place, .column = column});
  }
  ++counts_.kernels;
  TRY_OK(calls_.found({.column = column,
                       .btf = &*kernel->btf,
                       .origin = place.text(),
                       .longer_label = longer_label(column, place)}));
  keep(std::move(kernel));
  return {};
}

/// Drops the oldest kernels when there are too many bytes of them, but never the last one.
void Walk::keep(std::unique_ptr<FoundKernel> kernel) {
  kept_.push_front(std::move(kernel));
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const auto& kept : kept_) {
    bytes += kept->bytes.size();
    if (count > 0 && bytes > kMaxKept) break;
    ++count;
  }
  kept_.resize(count);
}

Status Walk::take_module(KernelImage image, const Place& place) {
  if (!options_.with_modules) return {};
  if (image.btf.empty()) {
    ++counts_.modules_without_btf;
    return {};
  }
  if (image.has_own_base) {
    skip(place, module_with_own_base());
    return {};
  }
  FoundModule module{.image = std::move(image), .place = place, .keys = {}};
  kernels::Column& column = module.image.column;
  if (column.module.empty()) column.module = module_of_file(place.path());
  if (column.release.empty()) column.release = release_of_module(place.path());
  for (const std::string& key : KernelKeys::of_module(place.path())) {
    module.keys.push_back(place.inside(key));
  }
  module.keys.push_back(KernelKeys::of_release(column.release));
  TRY(const bool is_given, give_to_kept(module));
  if (is_given) return {};
  waiting_bytes_ += module.image.btf.size();
  if (waiting_bytes_ > kMaxWaiting) {
    return fail(
        Errc::unsupported,
        fmt::format("more than {} bytes of BTF of modules whose kernel did not come", kMaxWaiting),
        {.file = place.text()}, "name their kernel before them, or leave out the modules");
  }
  waiting_.push_back(std::move(module));
  return {};
}

/// False when no kernel that is kept is the module's.
Result<bool> Walk::give_to_kept(const FoundModule& module) {
  for (const std::string& key : module.keys) {
    for (const auto& kernel : kept_) {
      if (std::ranges::find(kernel->keys, key) == kernel->keys.end()) continue;
      const auto btf = open_module(module, *kernel->btf);
      if (!btf) continue;
      TRY_OK(give_module(*kernel, module, *btf));
      return true;
    }
  }
  return false;
}

Status Walk::give_module(FoundKernel& kernel, const FoundModule& module, const btf::View& btf) {
  kernels::Column column = kernel.column;
  column.module = module.image.column.module;
  column.build_id = module.image.column.build_id;
  if (!kernel.modules.insert(column.module).second) {
    skip(module.place, {.code = Errc::unsupported,
                        .message = fmt::format("{} has this module already", kernel.column.label),
                        .hint = "name one of the two"});
    return {};
  }
  ++counts_.modules;
  return calls_.found({.column = column,
                       .btf = &btf,
                       .origin = module.place.text(),
                       .longer_label = longer_label(column, module.place)});
}

/// Where the kernel of a module was, if one came in this walk and is not kept any more.
const KnownKernel* Walk::known_kernel_of(const FoundModule& module) const {
  const std::string& arch = module.image.column.arch;
  const KnownKernel* found = nullptr;
  for (const std::string& key : module.keys) {
    const auto [first, last] = known_.equal_range(key);
    for (auto it = first; it != last; ++it) {
      const bool is_better = found == nullptr || (!arch.empty() && it->second.column.arch == arch &&
                                                  found->column.arch != arch);
      if (is_better) found = &it->second;
    }
  }
  return found;
}

/// The BTF of a kernel, from where it was.
Result<std::unique_ptr<FoundKernel>> read_again(const KnownKernel& known) {
  TRY(const MappedFile file, MappedFile::open(known.place.file));
  KernelImage image;
  if (known.place.entry.empty()) {
    TRY(image, read_kernel_image(file.bytes()));
  } else {
    std::optional<std::vector<std::byte>> content;
    const auto find = [&](ArchiveEntry& entry) -> Status {
      if (content || entry.path() != known.place.entry) return {};
      TRY(content, entry.read());
      return {};
    };
    TRY_OK(for_each_entry(file.bytes(), {.entry = find}));
    TRY(image, read_kernel_image(content ? Bytes(*content) : Bytes()));
  }
  auto kernel = std::make_unique<FoundKernel>(
      FoundKernel{.column = known.column, .bytes = std::move(image.btf), .btf = {}});
  TRY(btf::View view, btf::View::open(kernel->bytes));
  kernel->btf = std::move(view);
  return kernel;
}

Status Walk::give_waiting() {
  std::map<const KnownKernel*, std::vector<const FoundModule*>> by_kernel;
  std::map<std::string, std::vector<const FoundModule*>> by_release;
  for (const FoundModule& module : waiting_) {
    if (const KnownKernel* known = known_kernel_of(module)) {
      by_kernel[known].push_back(&module);
    } else {
      by_release[module.image.column.release].push_back(&module);
    }
  }
  for (const auto& [known, modules] : by_kernel) {
    auto kernel = read_again(*known);
    if (!kernel) return at(std::move(kernel).error(), known->place);
    TRY_OK(give_all(**kernel, modules));
  }
  for (const auto& [release, modules] : by_release) TRY_OK(give_to_caller(release, modules));
  if (counts_.kernels + counts_.modules == 0 && !skipped_.empty()) {
    return std::unexpected(skipped_.front().error);
  }
  for (const SkippedSource& skipped : skipped_) {
    ++counts_.skipped;
    if (calls_.skipped) calls_.skipped(skipped);
  }
  return {};
}

Status Walk::give_all(FoundKernel& kernel, const std::vector<const FoundModule*>& modules) {
  for (const FoundModule* module : modules) {
    auto btf = open_module(*module, *kernel.btf);
    if (!btf) {
      skip(module->place, std::move(btf).error());
      continue;
    }
    TRY_OK(give_module(kernel, *module, *btf));
  }
  return {};
}

/// Modules whose kernel did not come: the caller may have it.
Status Walk::give_to_caller(const std::string& release,
                            const std::vector<const FoundModule*>& modules) {
  FoundKernel kernel{.column = modules[0]->image.column, .bytes = {}, .btf = {}};
  kernel.column.module.clear();
  kernel.column.build_id.clear();
  const btf::View* view = nullptr;
  if (calls_.kernel_of) {
    TRY(view, calls_.kernel_of(kernel.column));
  }
  if (view != nullptr) {
    // Opened once more: a view is not copied, and the modules' base must be this one.
    TRY(btf::View own, btf::View::open(view->blob()));
    kernel.btf = std::move(own);
    kernel.column.order = view->order();
    kernel.column.pointer_size = static_cast<std::uint8_t>(view->pointer_size().value);
    return give_all(kernel, modules);
  }
  const std::string whose = release.empty() ? std::string() : " " + release;
  skip(modules[0]->place,
       {.code = Errc::not_found,
        .message =
            modules.size() == 1
                ? fmt::format("the kernel{} of this module did not come with it", whose)
                : fmt::format("the kernel{} of this module, and of {} more, did not come with "
                              "them",
                              whose, modules.size() - 1),
        .hint = "name the image or package of the kernel too"});
  return {};
}

void Walk::skip(const Place& place, Error error) {
  if (error.where.file.empty()) error.where.file = place.text();
  skipped_.push_back({.origin = place.text(), .error = std::move(error)});
}

void Walk::progress(std::uint64_t inside, const std::string& path) const {
  if (calls_.progress) calls_.progress({.done = done_ + inside, .total = total_, .path = path});
}

}  // namespace

Result<KernelSourceCounts> for_each_kernel(std::span<const std::string> paths,
                                           const KernelSourceOptions& options,
                                           const KernelSourceCalls& calls) {
  Walk walk(options, calls);
  for (const std::string& path : paths) TRY_OK(walk.add_path(path));
  TRY_OK(walk.walk());
  return walk.counts();
}

}  // namespace btfreloc::tool
