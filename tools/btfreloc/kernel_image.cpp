#include "btfreloc/kernel_image.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/printable.h"
#include "btf/kinds.h"
#include "btf/view.h"
#include "btfreloc/decompress.h"
#include "btfreloc/kernel_label.h"
#include "btfreloc/unpack_stream.h"
#include "elf/file.h"

// An image is a loader with a kernel in it: as it is (arm64, riscv64), or packed (x86, s390x, EFI
// zboot). Where in it is different for each architecture, and each has had several ways; what all
// have in common is that streams begin with magic numbers. So these are looked for, as
// scripts/extract-vmlinux of Linux does. The unpacked kernel is an ELF file on x86, where a section
// has the BTF; elsewhere it is the plain bytes of its memory, with the BTF anywhere among them.

namespace btfreloc::tool {
namespace {

using namespace std::string_view_literals;

/// In bytes. The largest distribution kernel unpacks to some 80 MB.
constexpr std::size_t kMaxUnpacked = std::size_t{512} << 20;
/// Bytes unpacked from all streams of an image: one has the kernel, others its initial files.
constexpr std::size_t kMaxWork = std::size_t{1} << 30;
/// Streams tried. Short magic numbers are there by chance: one in 16 MB for three bytes.
constexpr int kMaxStreams = 256;
/// Bytes of BTF that a kernel has at least; those of distributions have 2 MB and more.
constexpr std::size_t kMinBtf = 100'000;
/// BTF headers believed enough to read what follows them.
constexpr int kMaxBtfTries = 32;

constexpr std::string_view kNoBtfHint =
    "build it with CONFIG_DEBUG_INFO_BTF=y, or make BTF of its vmlinux with debug information, "
    "which "
    "distributions have in a package of its own: pahole --btf_encode_detached=FILE.btf vmlinux";

std::size_t find(Bytes bytes, std::string_view text, std::size_t from) {
  if (from > bytes.size()) return std::string_view::npos;
  const void* at = ::memmem(bytes.data() + from, bytes.size() - from, text.data(), text.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const std::byte*>(at) - bytes.data());
}

/// The line of text at `at`; "" when other bytes come before its end.
std::string_view line_at(Bytes bytes, std::size_t at) {
  constexpr std::size_t kLongest = 1024;
  if (at >= bytes.size()) return {};
  const std::string_view rest = as_chars(bytes).substr(at, kLongest);
  const std::size_t end = rest.find_first_of("\n\0"sv);
  if (end == std::string_view::npos || !is_printable(rest.substr(0, end))) return {};
  return rest.substr(0, end);
}

/// "Linux version 6.1.0-56-amd64 (...) ...", as /proc/version says; "" when it is not there. What
/// is left of it in a packed image breaks off in the middle.
std::string_view banner_in(Bytes bytes) {
  constexpr std::string_view kStart = "Linux version ";
  for (std::size_t at = find(bytes, kStart, 0); at != std::string_view::npos;
       at = find(bytes, kStart, at + 1)) {
    const std::string_view line = line_at(bytes, at);
    if (line.contains(" (") && looks_like_release(line.substr(kStart.size()))) return line;
  }
  return {};
}

/// Of Ubuntu's kernels, whose release does not tell: "Ubuntu 5.15.0-91.101-generic 5.15.131".
std::string ubuntu_version_in(Bytes bytes, std::string_view release) {
  const std::string start = fmt::format("Ubuntu {}", release.substr(0, release.rfind('-')));
  for (std::size_t at = find(bytes, start, 0); at != std::string_view::npos;
       at = find(bytes, start, at + 1)) {
    const std::string_view line = line_at(bytes, at);
    const std::string_view last = line.substr(line.rfind(' ') + 1);
    const bool is_version = looks_like_release(last) && std::ranges::all_of(last, [](char c) {
                              return (c >= '0' && c <= '9') || c == '.';
                            });
    if (is_version) return std::string(last);
  }
  return {};
}

/// What the bytes of a kernel tell of it, be there BTF or not.
void add_facts_in(Bytes kernel, kernels::Column& column) {
  add_facts_of_banner(banner_in(kernel), column);
  if (column.distribution == "ubuntu" && column.version.empty()) {
    column.version = ubuntu_version_in(kernel, column.release);
  }
}

/// The largest BTF of a kernel among other bytes; "" when there is none.
Bytes btf_among(Bytes bytes) {
  Bytes best;
  int tries = 0;
  for (const std::string_view magic : {"\x9f\xeb\x01\0"sv, "\xeb\x9f\x01\0"sv}) {
    for (std::size_t at = find(bytes, magic, 0); at != std::string_view::npos;
         at = find(bytes, magic, at + 1)) {
      const auto header = btf::read_header(bytes.subspan(at));
      if (!header || header->end() < std::max(kMinBtf, best.size())) continue;
      if (++tries > kMaxBtfTries) return best;
      const Bytes blob = bytes.subspan(at, static_cast<std::size_t>(header->end()));
      if (btf::View::open(blob)) best = blob;
    }
  }
  return best;
}

/// The architecture that the loader of an image is for; "" when it is none that we know.
std::string arch_of_loader(Bytes image) {
  const std::string_view chars = as_chars(image);
  const auto has = [&](std::size_t at, std::string_view text) {
    return at < chars.size() && chars.substr(at).starts_with(text);
  };
  // Source: Documentation/arch/x86/boot.rst, xloadflags; arch/*/boot and arch/*/kernel/head.S.
  if (has(0x202, "HdrS")) {
    const bool is_64_bit = image.size() > 0x236 && (std::to_integer<int>(image[0x236]) & 1) != 0;
    return is_64_bit ? "x86_64" : "i686";
  }
  if (has(0x38, "ARM\x64")) return "aarch64";
  if (has(0x38, "RSC\x05")) return "riscv64";
  if (has(0x24, "\x18\x28\x6f\x01")) return "armv7l";
  if (has(0x10008, "S390EP")) return "s390x";
  // The header of an EFI program: its offset is at byte 0x3c, then "PE\0\0" and the machine.
  if (!has(0, "MZ") || image.size() < 0x40) return {};
  const auto header = load<std::uint32_t>(image.data() + 0x3c, std::endian::little);
  if (header + std::uint64_t{6} > image.size() || !has(header, "PE\0\0"sv)) return {};
  switch (load<std::uint16_t>(image.data() + header + 4, std::endian::little)) {
    case 0x8664: return "x86_64";
    case 0x14c: return "i686";
    case 0xaa64: return "aarch64";
    case 0x1c2: return "armv7l";
    case 0x5064: return "riscv64";
    case 0x6264: return "loongarch64";
    default: return {};
  }
}

/// The banner without its first words, which the loader of x86 has for the programs that start it.
/// Source: Documentation/arch/x86/boot.rst, kernel_version.
void add_facts_of_loader(Bytes image, kernels::Column& column) {
  if (column.arch.empty()) column.arch = arch_of_loader(image);
  if (image.size() < 0x210 || !as_chars(image).substr(0x202).starts_with("HdrS")) return;
  const std::size_t at = load<std::uint16_t>(image.data() + 0x20e, std::endian::little);
  add_facts_of_banner(fmt::format("Linux version {}", line_at(image, at + 0x200)), column);
}

/// The value of a line of .modinfo, which are NUL-terminated: "name=veth".
std::string_view modinfo_value(std::string_view lines, std::string_view key) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\0'));
    if (line.starts_with(key)) return line.substr(key.size());
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
  return {};
}

std::vector<std::byte> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

KernelImage read_module(const elf::File& file, std::string_view modinfo) {
  KernelImage module;
  module.column.module = label_of(modinfo_value(modinfo, "name="));
  const std::string_view magic = modinfo_value(modinfo, "vermagic=");
  module.column.release = label_of(magic.substr(0, magic.find(' ')));
  if (const elf::Section* btf = file.section(".BTF")) module.btf = copy(btf->bytes);
  const elf::Section* base = file.section(".BTF.base");
  module.has_own_base = base != nullptr && !base->bytes.empty();
  return module;
}

/// A module, or a kernel with a section of BTF; of any other ELF file, the architecture.
Result<KernelImage> read_elf(Bytes bytes) {
  TRY(const elf::File file, elf::File::open(bytes));
  KernelImage image;
  const elf::Section* modinfo = file.section(".modinfo");
  const elf::Section* btf = file.section(".BTF");
  if (file.type() == ET_REL && modinfo != nullptr) {
    image = read_module(file, as_chars(modinfo->bytes));
  } else if (file.machine() == EM_BPF) {
    return fail(Errc::unsupported, "a BPF object, no kernel", {},
                "name the kernel's vmlinux or image");
  } else if (btf != nullptr) {
    image.btf = copy(btf->bytes);
    add_facts_in(bytes, image.column);
  }
  image.column.arch = arch_of_machine(file.machine(), file.order() == std::endian::big);
  add_facts_of_release(image.column);
  for (const char* const notes : {".notes", ".note.gnu.build-id"}) {
    const elf::Section* section = file.section(notes);
    if (section == nullptr || !image.column.build_id.empty()) continue;
    image.column.build_id = build_id_of_notes(section->bytes, file.order());
  }
  return image;
}

/// A kernel that is not packed. Empty `btf` means that there is none; with a release, it is a
/// kernel all the same.
Result<KernelImage> read_unpacked(Bytes bytes) {
  KernelImage image;
  if (elf::is_elf(bytes)) {
    TRY(image, read_elf(bytes));
  }
  if (image.column.is_module() || !image.btf.empty()) return image;
  image.btf = copy(btf_among(bytes));
  add_facts_of_loader(bytes, image.column);
  add_facts_in(bytes, image.column);
  return image;
}

/// What came of the streams of an image.
struct Search {
  std::optional<KernelImage> kernel;  ///< With BTF, or at least with a banner.
  std::optional<StreamStart> damaged;
  std::optional<StreamStart> unknown;  ///< Packed in a way that nothing here unpacks.
};

Search search_streams(Bytes image) {
  Search search;
  std::size_t work = 0;
  std::size_t from = 0;
  for (int tries = 0; tries < kMaxStreams && work < kMaxWork; ++tries) {
    const auto start = find_stream(image, from);
    if (!start) break;
    from = start->offset + 1;
    if (start->packing == Packing::lzo) search.unknown = start;
    const UnpackedStream stream = unpack_stream(start->packing, image.subspan(start->offset),
                                                std::min(kMaxUnpacked, kMaxWork - work));
    work += stream.bytes.size();
    constexpr std::size_t kTooSmallForAKernel = std::size_t{1} << 20;
    const bool is_large = stream.bytes.size() >= kTooSmallForAKernel;
    if (!stream.is_whole && is_large && !search.damaged) search.damaged = start;
    if (!stream.is_whole || stream.bytes.size() < kMinBtf) continue;
    auto found = read_unpacked(stream.bytes);
    if (!found || (found->btf.empty() && found->column.release.empty())) continue;
    search.kernel = *std::move(found);
    break;
  }
  return search;
}

/// "kernel 6.1.0-50-686-pae (i686)", as far as known.
std::string describe(const kernels::Column& column) {
  return fmt::format("{}{}{}", column.release.empty() ? "a kernel" : "kernel ", column.release,
                     column.arch.empty() ? "" : fmt::format(" ({})", column.arch));
}

std::unexpected<Error> fail_without_btf(const kernels::Column& column) {
  std::string why = "it was built without CONFIG_DEBUG_INFO_BTF";
  const bool is_32_bit = column.arch == "i686" || column.arch.starts_with("arm");
  if (column.distribution == "debian") {
    why += is_32_bit ? ", as Debian's are for all machines of 32 bits"
                     : ", as Debian 12's are for all machines but amd64 and arm64";
  } else if (is_32_bit) {
    why += ", which is usual for machines of 32 bits";
  }
  return fail(Errc::not_found, fmt::format("{} has no BTF: {}", describe(column), why), {},
              std::string(kNoBtfHint));
}

std::unexpected<Error> fail_without_kernel(const Search& search, const kernels::Column& loader) {
  if (search.damaged) {
    return fail(
        Errc::bad_format,
        fmt::format("the {} stream with the kernel is damaged", name(search.damaged->packing)),
        {.offset = search.damaged->offset}, "the file may be cut short");
  }
  if (search.unknown) {
    return fail(
        Errc::unsupported,
        fmt::format("{} is packed with {}", describe(loader), name(search.unknown->packing)),
        {.offset = search.unknown->offset},
        "unpack it with scripts/extract-vmlinux of the Linux sources, and name the result");
  }
  if (!loader.release.empty() || !loader.arch.empty()) {
    return fail(
        Errc::not_found,
        fmt::format("only the loader of {} is in the image, or it is packed in a way that is "
                    "unknown",
                    describe(loader)),
        {}, "known are gzip, xz, zstd, lz4, lzma, bzip2, and none");
  }
  return fail(Errc::not_found, "no kernel is in the file: neither BTF, nor packed or unpacked code",
              {}, "name a kernel image, a vmlinux, raw BTF, or a package or archive with one");
}

Result<KernelImage> read_image(Bytes bytes) {
  TRY(KernelImage image, read_unpacked(bytes));
  if (!image.btf.empty() || image.column.is_module()) return image;
  Search search = search_streams(bytes);
  if (!search.kernel) {
    // A banner that is whole: this is the kernel itself. In streams that are only little packed, or
    // damaged, there is one too.
    const bool is_kernel = !search.damaged && !banner_in(bytes).empty();
    if (is_kernel) return fail_without_btf(image.column);
    return fail_without_kernel(search, image.column);
  }
  kernels::Column& column = search.kernel->column;
  add_facts_of_loader(bytes, column);
  add_facts_of_release(column);
  if (search.kernel->btf.empty()) return fail_without_btf(column);
  return *std::move(search.kernel);
}

/// The content of a file that is packed as a whole; nullopt for one that is not.
Result<std::optional<std::vector<std::byte>>> unpack_file(Bytes bytes) {
  std::optional<std::vector<std::byte>> content;
  const auto start = find_stream(bytes.first(std::min<std::size_t>(bytes.size(), 16)));
  if (!start || start->offset != 0) return content;
  if (is_compressed(bytes)) {
    if (auto whole = decompress(bytes)) {
      content = *std::move(whole);
      return content;
    }
  }
  // Bytes may follow the stream.
  UnpackedStream stream = unpack_stream(start->packing, bytes, kMaxDecompressed);
  if (!stream.is_whole) {
    return fail(Errc::bad_format, fmt::format("its {} stream is damaged", name(start->packing)), {},
                "the file may be cut short");
  }
  content = std::move(stream.bytes);
  return content;
}

bool starts_like_btf(Bytes bytes) {
  return as_chars(bytes).starts_with("\x9f\xeb") || as_chars(bytes).starts_with("\xeb\x9f");
}

}  // namespace

std::string build_id_of_notes(Bytes notes, std::endian order) {
  // Sizes of name and content, and a type, then both, each filled up to 4 bytes.
  constexpr std::size_t kHeader = 12;
  constexpr std::uint64_t kMaxSize = 1 << 20;
  while (notes.size() >= kHeader) {
    const std::uint64_t name_size = load<std::uint32_t>(notes.data(), order);
    const std::uint64_t size = load<std::uint32_t>(notes.data() + 4, order);
    const auto type = load<std::uint32_t>(notes.data() + 8, order);
    const std::uint64_t content = kHeader + (name_size + 3) / 4 * 4;
    if (name_size > kMaxSize || size > kMaxSize || content + size > notes.size()) return {};
    if (type == NT_GNU_BUILD_ID && as_chars(notes).substr(kHeader).starts_with("GNU\0"sv)) {
      std::string id;
      for (const std::byte byte : notes.subspan(content, std::min<std::uint64_t>(size, 64))) {
        id += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
      }
      return id;
    }
    notes = notes.subspan(std::min<std::uint64_t>(notes.size(), content + (size + 3) / 4 * 4));
  }
  return {};
}

Result<KernelImage> read_kernel_image(Bytes bytes) {
  if (bytes.empty()) return fail(Errc::bad_format, "the file is empty");
  TRY(const auto content, unpack_file(bytes));
  if (content) bytes = *content;
  if (starts_like_btf(bytes)) {
    TRY_OK(btf::read_header(bytes));
    return KernelImage{.btf = copy(bytes), .column = {}};
  }
  return read_image(bytes);
}

}  // namespace btfreloc::tool
