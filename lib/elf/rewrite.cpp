#include "elf/rewrite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "elf/file.h"

// Section contents are handed to libelf as plain bytes, so that it writes them as they were; it
// translates the headers alone. Their places are ours: with ELF_F_LAYOUT it moves nothing.

namespace btfreloc::elf {
namespace {

/// In bytes: compilers align to 16 at most, linkers to pages.
constexpr std::uint64_t kMaxAlignment = 65536;

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

/// A file in memory that libelf can write to.
class Scratch {
 public:
  Scratch() : fd_(::memfd_create("btfreloc", MFD_CLOEXEC)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

  Result<std::vector<std::byte>> contents(std::size_t size) const {
    std::vector<std::byte> bytes(size);
    for (std::size_t at = 0; at < size;) {
      const ssize_t got = ::pread(fd_, bytes.data() + at, size - at, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return fail_errno(got < 0 ? errno : EIO, "cannot read back the written file");
      at += static_cast<std::size_t>(got);
    }
    return bytes;
  }

 private:
  int fd_;
};

std::unexpected<Error> fail_elf(std::string_view what) {
  return fail(Errc::bad_format, fmt::format("cannot write {}: {}", what, elf_errmsg(-1)));
}

std::uint64_t aligned(std::uint64_t offset, std::uint64_t alignment) {
  if (alignment < 2) return offset;
  return (offset + alignment - 1) / alignment * alignment;
}

/// A section on its way out.
struct Part {
  GElf_Shdr header;
  Bytes bytes;
};

/// Everything that is going to be written.
struct Plan {
  GElf_Ehdr header;
  std::vector<Part> parts;           ///< By section number.
  std::vector<std::byte> names;      ///< Of sections, when one was added.
  std::size_t section_header_align;  ///< In bytes.
};

Result<Plan> read_plan(Elf* elf, const File& file) {
  Plan plan{};
  if (gelf_getehdr(elf, &plan.header) == nullptr) return fail_elf("the ELF header");
  for (const Section& section : file.sections()) {
    Part part{.header = {}, .bytes = section.bytes};
    if (gelf_getshdr(elf_getscn(elf, section.index), &part.header) == nullptr) {
      return fail_elf("a section header");
    }
    plan.parts.push_back(part);
  }
  plan.section_header_align = gelf_getclass(elf) == ELFCLASS64 ? 8 : 4;
  return plan;
}

void replace(Plan& plan, std::size_t index, Bytes bytes) {
  if (plan.parts[index].header.sh_type == SHT_NOBITS) {
    plan.parts[index].header.sh_type = SHT_PROGBITS;
  }
  plan.parts[index].bytes = bytes;
  plan.parts[index].header.sh_size = bytes.size();
}

/// Adds a section at the end, and its name to the table of names, which may hold symbol names, too.
Status add(Plan& plan, std::size_t names_index, const NewSection& section) {
  if (names_index == 0 || names_index >= plan.parts.size()) {
    return fail(Errc::unsupported, "its sections have no names, so that none can be added");
  }
  if (plan.names.empty()) {
    const Bytes names = plan.parts[names_index].bytes;
    plan.names.assign(names.begin(), names.end());
  }
  Part part{};
  part.header.sh_name = static_cast<GElf_Word>(plan.names.size());
  part.header.sh_type = SHT_PROGBITS;
  part.header.sh_addralign = 4;
  plan.parts.push_back(part);
  replace(plan, plan.parts.size() - 1, section.bytes);
  const Bytes name = as_bytes(section.name);
  plan.names.insert(plan.names.end(), name.begin(), name.end());
  plan.names.push_back(std::byte{0});
  replace(plan, names_index, plan.names);
  return {};
}

/// Gives every part a place: where it was as long as nothing before it has grown or shrunk, else
/// behind what comes before it. Returns the size of the file.
std::uint64_t lay_out(Plan& plan, const File& file) {
  const std::size_t old_count = file.sections().size();
  std::vector<std::size_t> order(plan.parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto place = [&](std::size_t i) {
    return i < old_count ? plan.parts[i].header.sh_offset : UINT64_MAX;
  };
  std::ranges::stable_sort(order, {}, place);

  std::uint64_t end = plan.header.e_ehsize;
  bool moved = false;
  const bool grows = plan.parts.size() != old_count;
  std::optional<std::uint64_t> headers_at;
  const auto put_headers = [&] {
    headers_at = moved || grows ? aligned(end, plan.section_header_align) : plan.header.e_shoff;
    end = *headers_at + plan.parts.size() * plan.header.e_shentsize;
    moved = moved || grows;
  };
  for (const std::size_t i : order) {
    GElf_Shdr& header = plan.parts[i].header;
    if (header.sh_type == SHT_NULL) continue;
    if (!headers_at && plan.header.e_shoff <= place(i)) put_headers();
    if (moved || i >= old_count) header.sh_offset = aligned(end, header.sh_addralign);
    if (header.sh_type == SHT_NOBITS) continue;
    end = std::max(end, header.sh_offset + header.sh_size);
    moved = moved || i >= old_count || header.sh_size != file.sections()[i].size.value;
  }
  if (!headers_at) put_headers();
  plan.header.e_shoff = *headers_at;
  return end;
}

Result<std::vector<std::byte>> write(Plan& plan, std::uint64_t size) {
  const Scratch scratch;
  if (scratch.fd() < 0) return fail_errno(errno, "cannot make a file in memory");
  const ElfHandle elf(elf_begin(scratch.fd(), ELF_C_WRITE, nullptr));
  if (elf == nullptr || gelf_newehdr(elf.get(), plan.header.e_ident[EI_CLASS]) == nullptr ||
      gelf_update_ehdr(elf.get(), &plan.header) == 0) {
    return fail_elf("the ELF header");
  }
  elf_flagelf(elf.get(), ELF_C_SET, ELF_F_LAYOUT);
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    Part& part = plan.parts[i];
    // Section 0, which holds numbers that have no room in the ELF header, comes with the first.
    Elf_Scn* scn = i == 0 ? nullptr : elf_newscn(elf.get());
    if (i == 0 && plan.parts.size() > 1) continue;
    if (i == 1) {
      Elf_Scn* const null = elf_getscn(elf.get(), 0);
      if (null == nullptr || gelf_update_shdr(null, &plan.parts[0].header) == 0) scn = nullptr;
    }
    if (scn == nullptr || gelf_update_shdr(scn, &part.header) == 0) return fail_elf("a section");
    if (part.header.sh_type == SHT_NOBITS || part.bytes.empty()) continue;
    Elf_Data* const data = elf_newdata(scn);
    if (data == nullptr) return fail_elf("a section");
    data->d_buf = const_cast<std::byte*>(part.bytes.data());
    data->d_type = ELF_T_BYTE;
    data->d_size = part.bytes.size();
    data->d_align = 1;
  }
  if (elf_update(elf.get(), ELF_C_WRITE) < 0) return fail_elf("the file");
  return scratch.contents(size);
}

/// Sections that overlap would have been written over each other.
Status check_written(const Plan& plan, Bytes written) {
  TRY(const File file, File::open(written));
  const bool same =
      file.sections().size() == plan.parts.size() &&
      std::ranges::equal(file.sections(), plan.parts, [](const auto& a, const auto& b) {
        return std::ranges::equal(a.bytes, b.bytes);
      });
  if (same) return {};
  return fail(Errc::bad_format, "its sections overlap, so that none can change its size");
}

}  // namespace

Result<std::vector<std::byte>> rewrite(Bytes bytes, std::span<const NewSection> sections) {
  TRY(const File file, File::open(bytes));
  const ElfHandle elf(
      elf_memory(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())), bytes.size()));
  std::size_t names_index = 0;
  if (elf == nullptr || elf_getshdrstrndx(elf.get(), &names_index) != 0) {
    return fail_elf("the sections");
  }
  TRY(Plan plan, read_plan(elf.get(), file));

  bool same_sizes = true;
  for (const NewSection& section : sections) {
    const Section* const old = file.section(section.name);
    same_sizes = same_sizes && old != nullptr && old->bytes.size() == section.bytes.size() &&
                 old->type != SHT_NOBITS;
    if (old != nullptr) {
      replace(plan, old->index, section.bytes);
    } else {
      TRY_OK(add(plan, names_index, section));
    }
  }
  if (same_sizes) {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    for (const NewSection& section : sections) {
      std::ranges::copy(section.bytes, copy.begin() + static_cast<std::ptrdiff_t>(
                                                          file.section(section.name)->file_offset));
    }
    return copy;
  }
  if (plan.header.e_phnum != 0) {
    return fail(Errc::unsupported,
                "segments map this file: none of its sections can change its size", {},
                "take the BTF itself: `llvm-objcopy --dump-section .BTF=FILE`");
  }
  for (const Part& part : plan.parts) {
    if (part.header.sh_addralign > kMaxAlignment) {
      return fail(Errc::bad_format,
                  fmt::format("a section is aligned to {} bytes", part.header.sh_addralign));
    }
  }
  const std::uint64_t size = lay_out(plan, file);
  TRY(auto written, write(plan, size));
  TRY_OK(check_written(plan, written));
  return written;
}

}  // namespace btfreloc::elf
