#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "kernels/column.h"

namespace btfreloc::tool {

/// What for_each_kernel() takes; ends help texts and hints.
inline constexpr const char* kKernelFiles =
    "raw BTF, a vmlinux, a kernel image (vmlinuz, bzImage, Image, ...), a package or archive "
    "(.deb, "
    ".rpm, .tar), each also as .xz, .zst or .gz, a directory with any of these, or @running";

/// One kernel, or one module, that was found in a file.
///
/// A column's label is the kernel's release, or the file's name where nothing tells the release.
/// Its byte order and pointer size are set; label and texts have no control characters and no '/'.
struct KernelSource {
  kernels::Column column;
  /// Valid during the call. Of a module it is split on its kernel's: base() has the very bytes of
  /// the kernel, and where both come from one source, is the View that was given for it.
  const btf::View* btf;
  /// Where it was, for messages: "linux-image.deb: boot/vmlinuz-6.1.0-56-amd64". Printable.
  std::string origin;
  /// Longer than the label, for when another kernel has that one: BTFHub has a 5.4.0-42-generic of
  /// two Ubuntus and two architectures. "5.4.0-42-generic.ubuntu-18.04.aarch64"; the label itself
  /// where nothing more is known.
  std::string longer_label;
};

/// A file that may have been meant, and was not taken.
struct SkippedSource {
  std::string origin;  ///< Printable.
  Error error;         ///< Why; what to do about it, in the hint.
};

/// How far a walk is, in bytes of the files on disk.
struct SourceProgress {
  std::uint64_t done;
  std::uint64_t total;
  std::string_view path;  ///< The file that is being read. As it is on disk: not printable.
};

struct KernelSourceOptions {
  bool with_modules = true;
  /// Calls the kernel and its modules this, instead of by release. A second kernel is an error.
  std::string label = {};
};

/// Whom for_each_kernel() tells. Only `found` must be set.
struct KernelSourceCalls {
  /// A kernel, or a module: its kernel came before it in this walk, or was given by `kernel_of`. An
  /// error ends the walk.
  std::function<Status(const KernelSource&)> found = {};
  std::function<void(const SkippedSource&)> skipped = {};
  std::function<void(const SourceProgress&)> progress = {};
  /// The BTF of the kernel of modules that came without one, by what is known of it: the bytes that
  /// the kernel had, as with Extracted::Ids::original; null when there is none. `column.label` is
  /// set to the label it has there. Valid until the next call.
  std::function<Result<const btf::View*>(kernels::Column& kernel)> kernel_of = {};
};

struct KernelSourceCounts {
  std::size_t kernels = 0;
  std::size_t modules = 0;
  std::size_t modules_without_btf = 0;  ///< Which is usual, and not reported one by one.
  std::size_t skipped = 0;
};

/// Finds the kernels, and modules, of every file, directory and archive that is named; see
/// kKernelFiles. Gives them one by one, so that memory does not grow with their number.
///
/// A file that is named and has no kernel is an error, which says why; one in a directory or an
/// archive is skipped, unless nothing else is there. What a hostile archive can use up is bounded,
/// and nothing is written.
Result<KernelSourceCounts> for_each_kernel(std::span<const std::string> paths,
                                           const KernelSourceOptions& options,
                                           const KernelSourceCalls& calls);

/// A kernel that this machine has on disk, or runs.
struct KernelOnDisk {
  std::string path;     ///< For for_each_kernel(): "@running", "/boot/vmlinuz-6.1.0-56-amd64".
  std::string release;  ///< As uname -r says; by the file's name where only that tells.
  std::string arch;     ///< As uname -m says; "" when nothing tells.
  bool has_btf = false;
  std::string why_not;       ///< Without BTF: one clause. "" otherwise.
  std::string hint;          ///< What to do about that.
  std::string modules_path;  ///< The directory of its modules; "" when there is none.
  std::size_t modules = 0;   ///< Files there, with BTF or without.
};

/// The running kernel, and those in /boot, /lib/modules and /usr/lib/debug, by path. `root` is put
/// before these; the running kernel is only looked for without one. Unpacks images to look for BTF:
/// a fraction of a second for each.
std::vector<KernelOnDisk> kernels_of_machine(const std::string& root = "");

}  // namespace btfreloc::tool
