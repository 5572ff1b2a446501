#include "btfreloc/kernel_place.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>

#include "base/mapped_file.h"
#include "base/printable.h"
#include "btfreloc/kernel_files.h"
#include "btfreloc/kernel_image.h"
#include "btfreloc/kernel_label.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

std::string read_line(const char* path) {
  const auto file = MappedFile::open(path);
  if (!file) return {};
  const std::string_view text = as_chars(file->bytes());
  return printable(text.substr(0, text.find('\n')));
}

}  // namespace

std::string Place::text() const {
  return printable(entry.empty() ? file : fmt::format("{}: {}", file, entry));
}

std::string Place::inside(std::string_view key) const {
  return entry.empty() || key.starts_with("release:") ? std::string(key)
                                                      : fmt::format("{} in {}", key, file);
}

kernels::Column facts_of_running() {
  kernels::Column facts;
  if (utsname names{}; ::uname(&names) == 0) {
    facts.release = label_of(names.release);
    facts.arch = names.machine;
  }
  add_facts_of_banner(read_line("/proc/version"), facts);
  // Ubuntu's, whose release does not tell: "Ubuntu 5.15.0-91.101-generic 5.15.131".
  if (const std::string line = read_line("/proc/version_signature"); !line.empty()) {
    facts.version = line.substr(line.rfind(' ') + 1);
  }
  add_facts_of_release(facts);
  if (const auto notes = MappedFile::open("/sys/kernel/notes")) {
    facts.build_id = build_id_of_notes(notes->bytes(), std::endian::native);
  }
  return facts;
}

void add_facts_of_place(const Place& place, kernels::Column& column) {
  if (column.release.empty()) column.release = release_of_file(place.path());
  kernels::Column of_path;
  add_facts_of_path(place.entry.empty() ? place.file : place.entry, of_path);
  if (of_path.arch.empty()) add_facts_of_path(place.file, of_path);
  if (column.distribution.empty()) column.distribution = of_path.distribution;
  add_facts_of_release(column);
  if (column.arch.empty()) column.arch = of_path.arch;
}

std::string label_of_place(const Place& place) {
  const fs::path path(place.path());
  if (is_bare_vmlinux(place.path()) && path.has_parent_path()) {
    return label_of(fs::absolute(path).lexically_normal().parent_path().filename().string());
  }
  return label_of(without_endings(path.filename().string()));
}

std::string longer_label(const kernels::Column& column, const Place& place) {
  std::string label = column.label;
  const std::string release = distribution_release_of_path(place.file);
  if (!column.distribution.empty()) label += "." + column.distribution;
  if (!release.empty()) label += "-" + release;
  kernels::Column by_release;
  by_release.release = column.release;
  add_facts_of_release(by_release);
  if (!column.arch.empty() && by_release.arch.empty()) label += "." + column.arch;
  return label;
}

}  // namespace btfreloc::tool
