#include "btfreloc/kernel_label.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/printable.h"

namespace btfreloc::tool {
namespace {

bool is_in(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of the number that a text begins with.
std::size_t digits(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  return size;
}

/// "6.12.107" of "6.12.107-1 (2026-08-29)"; "" for less than three parts.
std::string_view three_parts(std::string_view text) {
  std::size_t size = digits(text);
  for (int part = 1; part < 3; ++part) {
    if (size == 0 || size >= text.size() || text[size] != '.') return {};
    const std::size_t more = digits(text.substr(size + 1));
    if (more == 0) return {};
    size += 1 + more;
  }
  return text.substr(0, size);
}

struct ArchWord {
  std::string_view word;
  std::string_view arch;
  /// In releases: a flavour in itself, not only an architecture.
  bool is_flavour = false;
};

// Debian's architectures and kernel flavours, what rpm, Go and BTFHub say, and uname -m itself.
// The longer of two words that end alike comes first.
constexpr auto kArchWords = std::to_array<ArchWord>({
    {"x86_64", "x86_64"},
    {"amd64", "x86_64"},
    {"x64", "x86_64"},
    {"aarch64_be", "aarch64_be"},
    {"aarch64", "aarch64"},
    {"arm64", "aarch64"},
    {"686-pae", "i686", true},
    {"i686", "i686"},
    {"i586", "i686"},
    {"i386", "i686"},
    {"686", "i686", true},
    {"armmp-lpae", "armv7l", true},
    {"armmp", "armv7l", true},
    {"armv7hl", "armv7l"},
    {"armv7l", "armv7l"},
    {"armhf", "armv7l"},
    {"armel", "armv6l"},
    {"rpi", "armv6l", true},
    {"marvell", "armv5tel", true},
    {"powerpc64le", "ppc64le"},
    {"ppc64le", "ppc64le"},
    {"ppc64el", "ppc64le"},
    {"powerpc64", "ppc64"},
    {"ppc64", "ppc64"},
    {"s390x", "s390x"},
    {"riscv64", "riscv64"},
    {"loongarch64", "loongarch64"},
    {"loong64", "loongarch64"},
    {"loongson-3", "mips64", true},
    {"octeon", "mips64", true},
    {"5kc-malta", "mips64", true},
    {"mips64el", "mips64"},
    {"mips64r2el", "mips64"},
    {"4kc-malta", "mips", true},
    {"mipsel", "mips"},
});

/// The word of an architecture that a release ends with, behind '-', '.' or '_'.
const ArchWord* arch_at_end(std::string_view release) {
  for (const ArchWord& known : kArchWords) {
    if (!release.ends_with(known.word) || release.size() <= known.word.size()) continue;
    const char before = release[release.size() - known.word.size() - 1];
    if (before == '-' || before == '.' || before == '_') return &known;
  }
  return nullptr;
}

struct Mark {
  std::string_view text;
  std::string_view distribution;
};

// In releases. What another one is part of comes first.
constexpr auto kMarks = std::to_array<Mark>({
    {"+deb", "debian"},      {"+bpo", "debian"},
    {".amzn", "amazon"},     {"uek", "oracle"},
    {".fc", "fedora"},       {".cm", "mariner"},
    {".azl", "azurelinux"},  {".ph", "photon"},
    {".oe", "openeuler"},    {".an", "anolis"},
    {".mga", "mageia"},      {".alt", "alt"},
    {"-arch", "arch"},       {"-zen", "arch"},
    {"-hardened", "arch"},   {"-MANJARO", "manjaro"},
    {"-pve", "proxmox"},     {"-gentoo", "gentoo"},
    {"-android", "android"}, {"-flatcar", "flatcar"},
    {"-talos", "talos"},     {"-microsoft-standard", "wsl"},
});

// Behind the last number of a release, where nothing else marks it.
constexpr auto kUbuntuFlavours = std::to_array<std::string_view>(
    {"generic", "generic-64k", "generic-lpae", "lowlatency", "lowlatency-64k", "aws",
     "azure",   "azure-fde",   "gcp",          "gke",        "gkeop",          "kvm",
     "oracle",  "ibm",         "oem",          "raspi",      "raspi2",         "realtime",
     "nvidia",  "intel-iotg",  "aws-64k",      "nvidia-64k", "snapdragon",     "dell300x",
     "fips",    "aws-fips",    "azure-fips",   "gcp-fips",   "virtual"});
constexpr auto kSuseFlavours =
    std::to_array<std::string_view>({"default", "preempt", "vanilla", "64kb", "debug"});

/// What is behind the last part of the release that has no letters: "cloud-amd64" of
/// "6.1.0-56-cloud-amd64".
std::string_view behind_numbers(std::string_view release) {
  std::size_t start = release.size();
  for (std::size_t at = 0; at < release.size();) {
    const std::size_t dash = std::min(release.find('-', at), release.size());
    const std::string_view part = release.substr(at, dash - at);
    if (!part.empty() && !is_digit(part[0])) {
      start = at;
      break;
    }
    at = dash + 1;
  }
  return release.substr(start);
}

/// Enterprise Linux says .el9 or .el8_10.
bool has_el_mark(std::string_view release) {
  const std::size_t at = release.find(".el");
  return at != std::string_view::npos && digits(release.substr(at + 3)) > 0;
}

std::string distribution_of(std::string_view release, std::string_view tail) {
  for (const Mark& mark : kMarks) {
    const std::size_t at = release.find(mark.text);
    if (at == std::string_view::npos) continue;
    // Most marks go on with a number: ".fc39", but not ".fcoe", and "+deb13", but not "+debug".
    const bool has_number = digits(release.substr(at + mark.text.size())) > 0;
    if ((mark.text[0] == '.' || mark.text == "+deb") && !has_number) continue;
    return std::string(mark.distribution);
  }
  if (has_el_mark(release)) return "rhel";
  if (is_in(kUbuntuFlavours, tail)) return "ubuntu";
  if (is_in(kSuseFlavours, tail)) return "suse";
  if (tail == "virt" || (tail == "lts" && release.ends_with("-0-lts"))) return "alpine";
  if (tail == "lts") return "arch";
  // Debian's releases end in Debian's own words for architectures, others' in those of uname.
  const ArchWord* arch = arch_at_end(release);
  if (arch != nullptr && release[release.size() - arch->word.size() - 1] == '-' &&
      (arch->word == "amd64" || arch->word == "arm64" || arch->word == "s390x" ||
       arch->word == "riscv64" || arch->word == "powerpc64le" || arch->word == "loong64" ||
       arch->is_flavour)) {
    return "debian";
  }
  return {};
}

/// What Debian built it for: "cloud" of "cloud-amd64", and "686-pae", which says it all.
std::string debian_flavour(std::string_view release, std::string_view tail) {
  const ArchWord* arch = arch_at_end(release);
  if (arch == nullptr) return std::string(tail);
  if (arch->is_flavour) {
    return std::string(release.substr(release.size() - std::max(tail.size(), arch->word.size())));
  }
  if (tail.size() <= arch->word.size()) return {};
  return std::string(tail.substr(0, tail.size() - arch->word.size() - 1));
}

std::string flavour_of(std::string_view distribution, std::string_view release,
                       std::string_view tail) {
  if (distribution == "debian") return debian_flavour(release, tail);
  if (distribution == "ubuntu") return tail == "generic" ? "" : std::string(tail);
  if (distribution == "suse") return tail == "default" ? "" : std::string(tail);
  if (distribution == "alpine") return std::string(tail);
  if (distribution == "oracle") return "uek";
  if (distribution == "arch") {
    for (const std::string_view flavour : {"zen", "hardened", "lts", "rt"}) {
      if (tail.starts_with(flavour) || tail.ends_with(flavour)) return std::string(flavour);
    }
    return {};
  }
  // rpm: 6.5.6-300.fc39.x86_64+debug, 5.14.0-362.rt21.el9, 4.18.0-553.el8_10.x86_64+rt
  if (const std::size_t plus = release.rfind('+'); plus != std::string_view::npos) {
    const std::string_view flavour = release.substr(plus + 1);
    if (!flavour.empty()) return std::string(flavour);
  }
  if (const std::size_t rt = release.find(".rt");
      rt != std::string_view::npos && digits(release.substr(rt + 3)) > 0) {
    return "rt";
  }
  return {};
}

/// The version that a release begins with, where that is the kernel's own. Debian and Ubuntu say
/// 6.1.0-56 all through the series 6.1.
std::string version_of(std::string_view distribution, std::string_view release) {
  const std::string_view version = three_parts(release);
  const bool hides_patches =
      version.ends_with(".0") && release.substr(version.size()).starts_with('-') &&
      (distribution == "debian" || distribution == "ubuntu" ||
       (distribution.empty() && !release.substr(version.size()).starts_with("-rc")));
  return hides_patches ? std::string() : std::string(version);
}

void fill(std::string& fact, std::string value) {
  if (fact.empty()) fact = std::move(value);
}

/// The word of a banner behind `mark`; "" when that is not there.
std::string_view word_after(std::string_view banner, std::string_view mark) {
  const std::size_t at = banner.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = banner.substr(at + mark.size());
  return rest.substr(0, rest.find_first_of(" \n)"));
}

// In banners: who built it. With whose compiler says nothing: that is where people build their own.
constexpr auto kBuilders = std::to_array<Mark>({
    {"@archlinux", "arch"},
    {"buildozer@", "alpine"},
    {"debian-kernel@", "debian"},
    {"-Alpine ", "alpine"},
    {"-Ubuntu ", "ubuntu"},
    {"fedoraproject.org", "fedora"},
    {"@redhat.com", "rhel"},
    {"centos.org", "rhel"},
    {"almalinux.org", "rhel"},
    {"rockylinux.org", "rhel"},
    {"oracle.com", "oracle"},
    {"amazon.com", "amazon"},
    {"geeko@buildhost", "suse"},
});

constexpr auto kDistributions = std::to_array<std::string_view>(
    {"ubuntu", "debian", "fedora", "centos", "rhel", "ol", "amzn", "sles", "opensuse-leap", "suse",
     "arch", "alpine", "mariner", "azurelinux", "rocky", "almalinux", "oracle", "amazon"});

/// The names of the folders on a path, without the file's.
std::vector<std::string_view> folders_of(std::string_view path) {
  std::vector<std::string_view> folders;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       path.remove_prefix(slash + 1), slash = path.find('/')) {
    folders.push_back(path.substr(0, slash));
  }
  return folders;
}

}  // namespace

bool looks_like_release(std::string_view text) {
  const std::size_t first = digits(text);
  return first > 0 && first + 1 < text.size() && text[first] == '.' && is_digit(text[first + 1]);
}

std::string_view without_endings(std::string_view name) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {".xz", ".zst", ".gz", ".bz2", ".lzma", ".lz4", ".tar", ".btf", ".ko", ".debug", ".efi"});
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view ending : kEndings) {
      if (!name.ends_with(ending) || name.size() == ending.size()) continue;
      name.remove_suffix(ending.size());
      found = true;
    }
  }
  return name;
}

std::string release_of_file(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  name = without_endings(name);
  for (const std::string_view start :
       {"vmlinuz-", "vmlinux-", "Image-", "kernel-", "bzImage-", "config-"}) {
    if (name.starts_with(start)) name.remove_prefix(start.size());
  }
  if (looks_like_release(name)) return label_of(name);
  // lib/modules/6.1.0-56-amd64/vmlinuz, and usr/lib/debug/lib/modules/6.5.6-300.fc39.x86_64/vmlinux
  const std::string_view folder = slash == std::string_view::npos ? "" : path.substr(0, slash);
  const std::size_t above = folder.rfind('/');
  const std::string_view last = above == std::string_view::npos ? folder : folder.substr(above + 1);
  return looks_like_release(last) ? label_of(last) : std::string();
}

std::string module_of_file(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  std::string name(
      without_endings(slash == std::string_view::npos ? path : path.substr(slash + 1)));
  std::ranges::replace(name, '-', '_');
  return label_of(name);
}

std::string arch_of_word(std::string_view word) {
  const auto found = std::ranges::find(kArchWords, word, &ArchWord::word);
  return found == kArchWords.end() ? std::string() : std::string(found->arch);
}

std::string arch_of_machine(std::uint16_t machine, bool is_big_endian) {
  switch (machine) {
    case EM_X86_64: return "x86_64";
    case EM_386: return "i686";
    case EM_AARCH64: return is_big_endian ? "aarch64_be" : "aarch64";
    case EM_ARM: return "armv7l";
    case EM_S390: return "s390x";
    case EM_RISCV: return "riscv64";
    case EM_PPC64: return is_big_endian ? "ppc64" : "ppc64le";
    case EM_MIPS: return "mips";
    case EM_LOONGARCH: return "loongarch64";
    default: return {};
  }
}

void add_facts_of_release(kernels::Column& column) {
  const std::string& release = column.release;
  if (!looks_like_release(release)) return;
  // What rpm puts behind: 6.5.6-300.fc39.x86_64+debug
  const std::string_view plain = std::string_view(release).substr(0, release.rfind('+'));
  const ArchWord* arch = arch_at_end(release);
  if (arch == nullptr) arch = arch_at_end(plain);
  if (arch != nullptr) fill(column.arch, std::string(arch->arch));
  const std::string_view tail = behind_numbers(release);
  fill(column.distribution, distribution_of(release, tail));
  fill(column.flavour, flavour_of(column.distribution, release, tail));
  fill(column.version, version_of(column.distribution, release));
}

void add_facts_of_banner(std::string_view banner, kernels::Column& column) {
  const std::string_view release = word_after(banner, "Linux version ");
  if (!looks_like_release(release)) return;
  fill(column.release, label_of(release));
  // "... #1 SMP Debian 6.1.192-2 (2026-11-16)": the version that the source package has.
  for (std::size_t at = banner.find(" Debian "); at != std::string_view::npos;
       at = banner.find(" Debian ", at + 1)) {
    const std::string_view version = three_parts(banner.substr(at + 8));
    if (version.empty()) continue;
    fill(column.version, std::string(version));
    fill(column.distribution, "debian");
  }
  // Releases tell best, but for those that two distributions give alike.
  kernels::Column of_release;
  of_release.release = column.release;
  add_facts_of_release(of_release);
  const bool is_vague = of_release.distribution.empty() || of_release.distribution == "alpine" ||
                        of_release.distribution == "arch";
  if (!is_vague) fill(column.distribution, of_release.distribution);
  for (const Mark& builder : kBuilders) {
    if (banner.contains(builder.text)) fill(column.distribution, std::string(builder.distribution));
  }
  add_facts_of_release(column);
}

void add_facts_of_path(std::string_view path, kernels::Column& column) {
  const std::vector<std::string_view> folders = folders_of(path);
  const std::string arch = folders.empty() ? std::string() : arch_of_word(folders.back());
  if (arch.empty()) return;
  fill(column.arch, arch);
  // Above the architecture; elsewhere it is a name like any, as in /home/ubuntu.
  for (std::size_t above = 2; above <= std::min<std::size_t>(3, folders.size()); ++above) {
    const std::string_view folder = folders[folders.size() - above];
    if (!is_in(kDistributions, folder)) continue;
    fill(column.distribution, folder == "ol"     ? "oracle"
                              : folder == "amzn" ? "amazon"
                                                 : std::string(folder));
  }
}

std::string distribution_release_of_path(std::string_view path) {
  const std::vector<std::string_view> folders = folders_of(path);
  if (folders.size() < 3 || arch_of_word(folders.back()).empty() ||
      !is_in(kDistributions, folders[folders.size() - 3])) {
    return {};
  }
  return label_of(folders[folders.size() - 2]);
}

std::string label_of(std::string_view text) {
  constexpr std::size_t kMaxLabel = 128;  // in bytes; uname has room for 64
  std::string label = printable(text.substr(0, kMaxLabel));
  for (char& c : label) {
    if (c == '/' || c == ' ' || c == '?') c = '_';
  }
  return label;
}

}  // namespace btfreloc::tool
