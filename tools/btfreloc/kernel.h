#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "btfreloc/input.h"
#include "core/target.h"

namespace btfreloc::tool {

/// What a kernel address (-k) can be; ends help texts and hints.
inline constexpr const char* kKernelAddresses =
    "a file (raw BTF, vmlinux, vmlinuz or another image, a package or archive), a directory with a "
    "vmlinux and its modules, a kernel of a set (SET.btfset:LABEL, @shipped:LABEL, or LABEL "
    "alone), "
    "or @running";

/// Which ids the types of a kernel of a set get.
enum class TypeIds : std::uint8_t {
  kept,  ///< Those of the kernel itself, where the set keeps them.
  any,   ///< For those who do not ask for ids: several times as fast.
};

/// The BTF of one kernel, and of its modules when they are asked for.
class Kernel {
 public:
  /// Opens what `address` names: see kKernelAddresses. In a directory, the kernel is the file
  /// named vmlinux (also vmlinux.btf, vmlinux.xz, ...) and every other .btf, .ko or nameless BTF
  /// file in it, at any depth, is a module; without a vmlinux, the only .btf file is the kernel.
  /// Fails with their names where there are several.
  static Result<Kernel> open(const std::string& address, TypeIds ids = TypeIds::kept);

  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  const std::string& label() const;    ///< What to call it: "6.12.107+deb13-s390x", "@running".
  const std::string& release() const;  ///< As uname -r says; "" when the BTF does not tell.
  const std::string& arch() const;     ///< As uname -m says; "" when the BTF does not tell.
  const btf::View& btf() const;
  /// False for a kernel of a set when the set does not keep them, or nobody asked for them: types
  /// have ids of their own here.
  bool keeps_ids() const;
  bool may_have_modules() const;  ///< They are not opened for this.

  /// Opens modules when the first type is asked of them. The kernel must outlive it.
  core::Target target() const;

 private:
  struct State;
  explicit Kernel(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::tool
