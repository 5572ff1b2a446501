#include "btfreloc/input.h"

#include <string_view>
#include <utility>

#include "btfreloc/decompress.h"
#include "elf/file.h"

namespace btfreloc::tool {
namespace {

constexpr std::string_view kSysfs = "/sys/kernel/btf/";
constexpr std::string_view kReadable =
    "readable are BPF objects, raw BTF, ELF files with .BTF (vmlinux, modules), each also as "
    ".xz, .zst or .gz";

/// Adds what only this level knows: the file's name, and what to do when nothing better is said.
template <class T>
std::unexpected<Error> in_file(Result<T>&& result, const std::string& path) {
  Error error = std::move(result).error();
  if (error.where.file.empty()) error.where.file = path;
  if (error.hint.empty() && error.code != Errc::io) {
    error.hint = "the file may be damaged: make it again with the compiler or linker it came from";
  }
  return std::unexpected(std::move(error));
}

}  // namespace

Result<FileBytes> FileBytes::open(const std::string& path) {
  FileBytes bytes;
  TRY(bytes.file_, MappedFile::open(path == "-" ? "/dev/stdin" : path));
  bytes.bytes_ = bytes.file_->bytes();
  TRY_OK(bytes.decompress_if_needed());
  return bytes;
}

Result<FileBytes> FileBytes::in_memory(Bytes content) {
  FileBytes bytes;
  bytes.bytes_ = content;
  TRY_OK(bytes.decompress_if_needed());
  return bytes;
}

Status FileBytes::decompress_if_needed() {
  if (!is_compressed(bytes_)) return {};
  TRY(content_, decompress(bytes_));
  bytes_ = content_;
  return {};
}

Result<Input> Input::open(const std::string& path, const std::string& base_path) {
  return understand(path, FileBytes::open(path), base_path);
}

Result<Input> Input::from_bytes(Bytes bytes, const std::string& path) {
  return understand(path, FileBytes::in_memory(bytes), "");
}

Result<Input> Input::open_module(const std::string& path, const btf::View& base) {
  auto file = FileBytes::open(path);
  if (!file) return in_file(std::move(file), path);
  Input input(path, *std::move(file));
  input.given_base_ = &base;
  if (auto read = input.read(""); !read) return in_file(std::move(read), path);
  if (input.views().size() != 1) {
    return fail(Errc::bad_format, "a module has exactly one BTF blob", {.file = path});
  }
  return input;
}

Result<Input> Input::understand(const std::string& path, Result<FileBytes> file,
                                const std::string& base_path) {
  if (!file) return in_file(std::move(file), path);
  Input input(path == "-" ? "<stdin>" : path, *std::move(file));
  if (auto read = input.read(base_path); !read) return in_file(std::move(read), path);
  return input;
}

Status Input::read(const std::string& base_path) {
  std::string base = base_path;
  if (base.empty() && given_base_ == nullptr && path_.starts_with(kSysfs) &&
      !path_.ends_with("/vmlinux")) {
    base = std::string(kSysfs) + "vmlinux";
  }
  if (!base.empty()) {
    TRY(Input opened, Input::open(base));
    base_ = std::make_unique<Input>(std::move(opened));
  }
  const Bytes bytes = file_->bytes();
  if (bytes.empty()) {
    return fail(Errc::bad_format, "the file is empty", {.offset = 0}, std::string(kReadable));
  }
  if (elf::is_elf(bytes)) return read_elf();
  TRY(const btf::View* base_btf, base_view());
  auto view = btf::View::open(bytes, base_btf, "");
  if (!view) {
    Error error = std::move(view).error();
    // Bytes that are no BTF at all: say what would have been.
    if (!btf::read_header(bytes) && error.hint.empty()) error.hint = kReadable;
    return std::unexpected(std::move(error));
  }
  view_ = *std::move(view);
  return {};
}

Status Input::read_elf() {
  TRY(const elf::File file, elf::File::open(file_->bytes()));
  if (object::Object::is_bpf(file)) {
    TRY(object_, object::Object::open(file_->bytes()));
    return {};
  }
  const elf::Section* section = file.section(".BTF");
  if (section == nullptr || section->bytes.empty()) {
    return fail(Errc::not_found, "an ELF file without a .BTF section", {},
                "kernels have one when built with CONFIG_DEBUG_INFO_BTF, modules with "
                "CONFIG_DEBUG_INFO_BTF_MODULES");
  }
  TRY(const btf::View* base_btf, base_view());
  elf_machine_ = file.machine();
  if (const elf::Section* distilled = file.section(".BTF.base");
      distilled != nullptr && !distilled->bytes.empty()) {
    if (given_base_ != nullptr) {
      return fail(Errc::unsupported, "a module whose BTF brings a base of its own",
                  {.section = ".BTF.base", .offset = 0},
                  "load the module, and use @running: the kernel joins the two");
    }
    TRY(btf::View own, btf::View::open(distilled->bytes, nullptr, ".BTF.base"));
    own_base_ = std::make_unique<btf::View>(std::move(own));
    base_btf = own_base_.get();
  }
  TRY(view_, btf::View::open(section->bytes, base_btf));
  return {};
}

Result<const btf::View*> Input::base_view() const {
  if (base_ == nullptr) return given_base_;
  return base_->only_view();
}

Result<const btf::View*> Input::only_view() const {
  const auto found = views();
  if (found.size() == 1) return found[0];
  return fail(Errc::bad_format, "a base must hold exactly one BTF blob", {.file = path_});
}

std::vector<const btf::View*> Input::views() const {
  if (view_) return {&*view_};
  std::vector<const btf::View*> views;
  if (object_) {
    for (const object::BtfPart& part : object_->parts()) views.push_back(&part.btf);
  }
  return views;
}

}  // namespace btfreloc::tool
