// Kernel sets: how long questions take, whole processes included, and what sets cost to make and as
// they grow.
//
//   bench_kernel_set build SET FILE...      makes SET of raw BTF, compressed or not; modules lie in
//                                           FILE without .btf.xz + ".modules". Milliseconds: to
//                                           read the files, to add them, to write; bytes: set,
//                                           files
//   bench_kernel_set query SET OBJECT       microseconds for each kernel of the object's byte order
//                                           (open both, decide everything); kernels; slices that
//                                           were decided
//   bench_kernel_set decide SET OBJECT      the same once, a line for each kernel
//   bench_kernel_set files OBJECT FILE...   microseconds for each FILE: decompress, open, decide
//   bench_kernel_set growth FILE COLUMNS NAMES CHANGES
//                                           a set of so many kernels with what FILE has of so many
//                                           names, each CHANGES away from the one before
//   bench_kernel_set update FILE CHANGES    the same with all of FILE and five kernels

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "btf/view.h"
#include "btfreloc/decompress.h"
#include "kernels/editor.h"
#include "kernels/set.h"
#include "kernels/slice.h"
#include "object/needs.h"
#include "object/object.h"
#include "object/relocate.h"
#include "support/exploded_set.h"

namespace {

using namespace btfreloc;
using Buffer = std::vector<std::byte>;

/// The value, or the end.
template <class T>
T must(Result<T>&& result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "error: {}\n", result.error().message);
  std::exit(1);
}

double milliseconds_of(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::milli>(end - start).count();
}

/// The fewest milliseconds.
double fastest(int runs, auto&& work) {
  double least = 1e12;
  for (int i = 0; i < runs; ++i) least = std::min(least, milliseconds_of(work));
  return least;
}

Buffer read_btf(const std::string& path) {
  const auto file = must(MappedFile::open(path));
  if (tool::is_compressed(file.bytes())) return must(tool::decompress(file.bytes()));
  return {file.bytes().begin(), file.bytes().end()};
}

void write_file(const std::string& path, const Buffer& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(as_chars(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

/// A path without what says that it is BTF.
std::string stem(std::filesystem::path path) {
  while (path.extension() == ".xz" || path.extension() == ".btf") path.replace_extension();
  return path;
}

kernels::Column column_of(const std::string& path) {
  const std::filesystem::path without = stem(path);
  kernels::Column column;
  column.label = column.release = without.filename();
  column.arch = without.parent_path().filename();
  column.distribution = "debian";
  if (column.release.find("cloud") != std::string::npos) column.flavour = "cloud";
  return column;
}

int build(const std::string& out, const std::vector<std::string>& paths) {
  double reading = 0;
  double adding = 0;
  std::uint64_t files = 0;
  kernels::Editor editor;
  for (const std::string& path : paths) {
    Buffer bytes;
    reading += milliseconds_of([&] { bytes = read_btf(path); });
    files += std::filesystem::file_size(path);
    const auto view = must(btf::View::open(bytes));
    const kernels::Column column = column_of(path);
    adding += milliseconds_of([&] { must(editor.add(column, view, bytes)); });
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(stem(path) + ".modules", none)) {
      Buffer module;
      reading += milliseconds_of([&] { module = read_btf(entry.path()); });
      files += entry.file_size();
      kernels::Column of_module = column;
      of_module.module = std::filesystem::path(stem(entry.path())).filename();
      const auto split = must(btf::View::open(module, &view));
      adding += milliseconds_of([&] { must(editor.add_module(of_module, split, module)); });
    }
  }
  Buffer set;
  const double writing = milliseconds_of([&] { set = must(editor.packed()); });
  write_file(out, set);
  fmt::print("{:.0f} {:.0f} {:.0f} {} {}\n", reading, adding, writing, set.size(), files);
  return 0;
}

struct Answers {
  std::size_t kernels = 0;
  std::size_t decided = 0;  ///< Slices that differ.
};

using Decisions = std::vector<core::Decision>;

/// Decides all relocations for all kernels of a set, what several kernels have in common once;
/// calls f(column, decisions of each group) for each.
template <class F>
Answers ask(Bytes set_bytes, Bytes object_bytes, F&& f) {
  const auto set = must(kernels::Set::open(set_bytes));
  const auto object = must(object::Object::open(object_bytes));
  const auto relocator = must(object::Relocator::of(object));
  const object::Needs& needs = relocator.needs();
  const kernels::Names names = {
      .types = needs.types, .members = needs.members, .compared_types = needs.compared_types};
  kernels::Slicer slicer(set);
  std::vector<std::unordered_map<const kernels::Slice*, Decisions>> decided(
      relocator.groups().size());
  Answers answers;
  for (std::size_t i = 0; i < set.columns().size(); ++i) {
    const kernels::Column& column = set.columns()[i];
    if (column.is_module() || column.order != object.order()) continue;
    ++answers.kernels;
    const auto slices = must(slicer.slices(i, names));
    std::vector<const Decisions*> decisions;
    for (std::size_t group = 0; group < slices.size(); ++group) {
      const auto [known, is_new] = decided[group].try_emplace(slices[group].get());
      if (is_new) {
        known->second = must(relocator.decide(
            group, {.kernel = slices[group]->btf, .modules = {}, .keeps_ids = false}));
        ++answers.decided;
      }
      decisions.push_back(&known->second);
    }
    f(column, decisions);
  }
  return answers;
}

int query(const std::string& set_path, const std::string& object_path) {
  const auto set = must(MappedFile::open(set_path));
  const auto object = must(MappedFile::open(object_path));
  constexpr int kRuns = 30;
  Answers answers;
  const double least = fastest(
      kRuns, [&] { answers = ask(set.bytes(), object.bytes(), [](const auto&, const auto&) {}); });
  fmt::print("{:.1f} {} {}\n", least * 1000 / static_cast<double>(answers.kernels), answers.kernels,
             answers.decided);
  return 0;
}

int decide(const std::string& set_path, const std::string& object_path) {
  const auto set = must(MappedFile::open(set_path));
  const auto object = must(MappedFile::open(object_path));
  ask(set.bytes(), object.bytes(), [](const kernels::Column& column, const auto& decisions) {
    std::ptrdiff_t patched = 0;
    std::size_t all = 0;
    for (const Decisions* group : decisions) {
      patched += std::ranges::count(*group, core::Outcome::patched, &core::Decision::outcome);
      all += group->size();
    }
    fmt::print("{}: {} of {} patched\n", kernels::address(column), patched, all);
  });
  return 0;
}

int files(const std::string& object_path, const std::vector<std::string>& paths) {
  const auto file = must(MappedFile::open(object_path));
  constexpr int kRuns = 3;
  std::size_t kernels = 0;
  const double least = fastest(kRuns, [&] {
    kernels = 0;
    const auto object = must(object::Object::open(file.bytes()));
    for (const std::string& path : paths) {
      const Buffer bytes = read_btf(path);
      const auto kernel = must(btf::View::open(bytes));
      if (kernel.order() != object.order()) continue;
      must(object::relocate(object, {.kernel = kernel, .modules = {}}));
      ++kernels;
    }
  });
  fmt::print("{:.1f} {}\n", least * 1000 / static_cast<double>(kernels), kernels);
  return 0;
}

/// A kernel that changes a little each time, as from one stable release to the next: sizes of some
/// structs, and as many types again that come and go.
class Lineage {
 public:
  explicit Lineage(Buffer btf) : bytes_(std::move(btf)) {
    const auto view = must(btf::View::open(bytes_));
    order_ = view.order();
    strings_end_ = view.strings_end();
    for (TypeId id{1}; id.value < view.size(); ++id.value) {
      const auto kind = view.kind(id);
      if (kind && btf::is_composite(*kind) && !view.name(id).empty()) {
        places_.push_back(static_cast<std::size_t>(view.type_offset(id)));
      }
    }
  }

  const Buffer& bytes() const { return bytes_; }
  void change(std::size_t changes) {
    for (std::size_t i = 0; i < changes; ++i) {
      std::byte* const type = bytes_.data() + places_[random_() % places_.size()];
      store(type + 8, load<std::uint32_t>(type + 8, order_) + 8, order_);
      if (i % 2 == 0) rename(places_[random_() % places_.size()]);
    }
  }

 private:
  /// Strings lie last in what compilers and this project write.
  void rename(std::size_t place) {
    constexpr std::size_t kStringsSizeAt = 20;
    const std::string name = fmt::format("new_type_{}", ++names_);
    store(bytes_.data() + place, strings_end_, order_);
    const Bytes chars = as_bytes(std::string_view(name.c_str(), name.size() + 1));
    bytes_.insert(bytes_.end(), chars.begin(), chars.end());
    strings_end_ += static_cast<std::uint32_t>(chars.size());
    std::byte* const size = bytes_.data() + kStringsSizeAt;
    store(size, load<std::uint32_t>(size, order_) + static_cast<std::uint32_t>(chars.size()),
          order_);
  }

  Buffer bytes_;
  std::endian order_ = std::endian::little;
  std::uint32_t strings_end_ = 0;
  std::vector<std::size_t> places_;  ///< Of types with names and sizes.
  std::size_t names_ = 0;
  std::mt19937_64 random_{1};
};

kernels::Column numbered(std::size_t i) {
  kernels::Column column;
  column.label = column.release = fmt::format("6.{}.{}", i / 200, i % 200);
  column.arch = "x86_64";
  return column;
}

/// What a kernel has of some hundreds of names, spread over the alphabet.
Buffer part_of(const std::string& path, std::size_t names) {
  const Buffer all = read_btf(path);
  const auto view = must(btf::View::open(all));
  kernels::Editor editor;
  kernels::Column column;
  column.label = "all";
  must(editor.add(column, view, all));
  const Buffer bytes = must(editor.packed());
  const auto set = must(kernels::Set::open(bytes));
  std::vector<std::string_view> structs;
  for (TypeId id{1}; id.value < view.size(); ++id.value) {
    if (view.kind(id) == btf::Kind::kStruct && !view.name(id).empty()) {
      structs.push_back(view.name(id));
    }
  }
  std::vector<std::string_view> some;
  for (std::size_t i = 0; i < names; ++i) some.push_back(structs[i * structs.size() / names]);
  kernels::Slicer slicer(set);
  return must(slicer.slice(0, {.types = some}))->bytes;
}

int growth(const std::string& path, std::size_t columns, std::size_t names, std::size_t changes) {
  Lineage lineage(part_of(path, names));
  kernels::Editor editor;
  std::uint32_t types = 0;
  double adding = 0;
  double last_adding = 0;  // of the last tenth
  for (std::size_t i = 0; i < columns; ++i) {
    const auto view = must(btf::View::open(lineage.bytes()));
    types = view.own_count();
    const double time =
        milliseconds_of([&] { must(editor.add(numbered(i), view, lineage.bytes())); });
    adding += time;
    if (i >= columns - columns / 10) last_adding += time;
    lineage.change(changes);
  }
  Buffer bytes;
  const double writing = milliseconds_of([&] { bytes = must(editor.packed()); });
  const auto set = must(kernels::Set::open(bytes));
  const kernels::Set::Size size = set.size();
  const test::Chunks parts = test::explode(bytes);
  // One byte of switches and the directory come before the parts of the first segment.
  const auto part = [&](std::size_t i) { return parts[2 + i].size(); };
  constexpr std::size_t kPatternOffsets = 3;
  fmt::print(
      "{} columns of {} types, {} changes each: {} symbols, {} versions, {} bytes; "
      "patterns {} + {} bytes; adding {:.2f} ms each, {:.2f} at the end; writing {:.0f} ms\n",
      columns, types, changes, size.symbols, size.versions, size.bytes, part(kPatternOffsets),
      part(kPatternOffsets + 1), adding / static_cast<double>(columns),
      last_adding / static_cast<double>(columns / 10), writing);
  return 0;
}

int update(const std::string& path, std::size_t changes) {
  Lineage lineage(read_btf(path));
  kernels::Editor editor;
  constexpr std::size_t kKernels = 5;
  std::size_t before = 0;
  Buffer set_bytes;
  for (std::size_t i = 0; i < kKernels; ++i) {
    const auto view = must(btf::View::open(lineage.bytes()));
    const double adding =
        milliseconds_of([&] { must(editor.add(numbered(i), view, lineage.bytes())); });
    std::size_t appended = 0;
    double appending = 0;
    if (i > 0) {
      const auto set = must(kernels::Set::open(set_bytes));
      appending = milliseconds_of([&] {
        auto again = must(kernels::Editor::of(set));
        must(again.add(numbered(i), view, lineage.bytes()));
        appended = must(again.appended()).size() - set_bytes.size();
      });
    }
    const double writing = milliseconds_of([&] { set_bytes = must(editor.packed()); });
    fmt::print(
        "kernel {}: adding {:.0f} ms, writing {:.0f} ms, {} bytes more; as a segment {} "
        "bytes, {:.0f} ms\n",
        i, adding, writing, set_bytes.size() - before, appended, appending);
    before = set_bytes.size();
    lineage.change(changes);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto rest = [&](std::size_t from) {
    return std::vector<std::string>(arguments.begin() + static_cast<std::ptrdiff_t>(from),
                                    arguments.end());
  };
  const std::string what = arguments.empty() ? "" : arguments[0];
  const std::size_t count = arguments.size();
  if (what == "build" && count > 2) return build(arguments[1], rest(2));
  if (what == "query" && count == 3) return query(arguments[1], arguments[2]);
  if (what == "decide" && count == 3) return decide(arguments[1], arguments[2]);
  if (what == "files" && count > 2) return files(arguments[1], rest(2));
  if (what == "growth" && count == 5) {
    return growth(arguments[1], std::stoul(arguments[2]), std::stoul(arguments[3]),
                  std::stoul(arguments[4]));
  }
  if (what == "update" && count == 3) return update(arguments[1], std::stoul(arguments[2]));
  return 2;
}
