#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "btf/validate.h"
#include "btfreloc/input.h"
#include "btfreloc/kernel.h"
#include "object/loader_btf.h"

namespace btfreloc::tool {

struct ValidateTarget {
  std::string version;             ///< --for; "": not given.
  std::string kernel;              ///< -k; "": not given.
  std::optional<btf::As> as = {};  ///< --as.
  std::string base;                ///< -B; "": not given.
  bool fail_fast = false;
};

/// What is wrong with the parts of a file.
struct ValidatedPart {
  std::string section;  ///< ".BTF", ".BTF.ext"; "" for a file that is BTF and nothing else.
  btf::Validation found;
};

/// A file whose BTF was checked: an object, an ELF file of a kernel or a module, or a blob. Unlike
/// Input, it takes what cannot be understood: saying why is its business.
class Validating {
 public:
  static Result<Validating> open(const std::string& path, const ValidateTarget& target);
  /// The same for the bytes of a file; findings call it `path`.
  static Result<Validating> check(Bytes bytes, const std::string& path,
                                  const ValidateTarget& target);

  const std::string& path() const { return path_; }
  btf::As as() const { return options_.as; }
  /// The kernel it is for, to be read: "Linux 5.10", "@running"; "" when it is for any.
  const std::string& kernel() const { return kernel_; }
  const std::vector<ValidatedPart>& parts() const { return parts_; }
  bool valid() const;

 private:
  Validating() = default;
  Status find_kernel(const ValidateTarget& target);
  Status find_base(const ValidateTarget& target);
  Status check_elf(Bytes bytes, const ValidateTarget& target);
  void check_object(const elf::File& file, Bytes btf);
  void check_blob(std::string section, Bytes blob);

  std::string path_;
  std::string kernel_;
  btf::ValidateOptions options_;
  std::vector<ValidatedPart> parts_;
  std::optional<Kernel> target_;  ///< Of -k.
  std::unique_ptr<Input> base_;
  std::optional<btf::View> own_base_;  ///< From .BTF.base.
};

/// Prints what was found to standard error.
void print_findings(const Validating& validating);

}  // namespace btfreloc::tool
