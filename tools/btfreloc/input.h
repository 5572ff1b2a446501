#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "btf/view.h"
#include "object/object.h"

namespace btfreloc::tool {

/// The bytes of a file, decompressed when it is .xz, .zst or .gz inside. "-" is standard input.
class FileBytes {
 public:
  static Result<FileBytes> open(const std::string& path);
  /// The same for the bytes of a file that is in memory. They must outlive this.
  static Result<FileBytes> in_memory(Bytes bytes);
  Bytes bytes() const { return bytes_; }

 private:
  FileBytes() = default;
  Status decompress_if_needed();

  Bytes bytes_;
  std::optional<MappedFile> file_;  ///< Unless it was in memory.
  std::vector<std::byte> content_;  ///< When decompressed.
};

/// A file that was read and understood: a BPF object, or anything else that holds BTF (a raw
/// blob, an ELF file with .BTF, /sys/kernel/btf/*).
class Input {
 public:
  /// `base_path` names the BTF that split BTF continues; "" for none. A module under
  /// /sys/kernel/btf finds its kernel there by itself, and a file with .BTF.base brings its own.
  /// Errors name the file.
  static Result<Input> open(const std::string& path, const std::string& base_path = "");
  /// The same for the bytes of a file that is in memory. They must outlive the input, and `path`
  /// is only what errors name.
  static Result<Input> from_bytes(Bytes bytes, const std::string& path);

  /// Split BTF of a module that continues `base`, which must outlive the input.
  static Result<Input> open_module(const std::string& path, const btf::View& base);

  const std::string& path() const { return path_; }
  /// EM_* of an ELF file that is no BPF object; 0 otherwise.
  std::uint16_t elf_machine() const { return elf_machine_; }
  /// The bytes of the file, decompressed.
  Bytes bytes() const { return file_->bytes(); }
  /// Null when the file is no BPF object.
  const object::Object* object() const { return object_ ? &*object_ : nullptr; }
  /// The BTF blobs of the file: none, one, or several when a linker concatenated them.
  std::vector<const btf::View*> views() const;
  /// The blob of a file that must hold exactly one: what others are split on.
  Result<const btf::View*> only_view() const;

 private:
  explicit Input(std::string path, FileBytes file)
      : path_(std::move(path)), file_(std::make_unique<FileBytes>(std::move(file))) {}

  static Result<Input> understand(const std::string& path, Result<FileBytes> file,
                                  const std::string& base_path);
  Status read(const std::string& base_path);
  Status read_elf();
  Result<const btf::View*> base_view() const;

  std::string path_;
  std::unique_ptr<FileBytes> file_;
  const btf::View* given_base_ = nullptr;  ///< Of open_module().
  std::uint16_t elf_machine_ = 0;
  std::unique_ptr<Input> base_;          ///< From --base.
  std::unique_ptr<btf::View> own_base_;  ///< From .BTF.base.
  std::optional<object::Object> object_;
  std::optional<btf::View> view_;  ///< Of a file that is no BPF object.
};

}  // namespace btfreloc::tool
