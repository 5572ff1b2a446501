#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::tool {

/// A kernel of a history.
struct HistoryKernel {
  std::string label;  ///< What to call it after -k, as in `kernels list`.
  std::string name;   ///< Shorter, and no other kernel of its architecture is called so here.
  std::string release;
  std::string arch;          ///< As uname -m says; "" when nothing tells.
  bool has_modules = false;  ///< Some are known.
};

/// The types, or functions and variables, that a kernel has under one name.
struct FoundTypes {
  struct Definition {
    const btf::View* btf;
    TypeId type;
    std::string module;  ///< "" for the kernel's own.
  };
  std::vector<Definition> definitions;              ///< At most kMaxDefinitions, by id.
  std::size_t left_out = 0;                         ///< More than that.
  std::vector<std::shared_ptr<const void>> owners;  ///< Of the views.
};
inline constexpr std::size_t kMaxDefinitions = 16;

/// Kernels, wherever they come from, and what they have under a name. Of a set only what a name
/// needs is read.
class HistoryKernels {
 public:
  struct Options {
    std::vector<std::string> kernels;  ///< As kernel_addresses() takes them.
    std::string arch;                  ///< "" for this machine's, "all" for every one.
    bool modules = false;  ///< Look into modules even where the kernel itself has the name.
  };
  static Result<HistoryKernels> open(const Options& options);

  HistoryKernels(HistoryKernels&&) noexcept;
  HistoryKernels& operator=(HistoryKernels&&) noexcept;
  ~HistoryKernels();

  /// By architecture, then release. Those of the architecture asked for come first.
  std::span<const HistoryKernel> kernels() const;
  /// So many of them are asked for; the others are of other architectures.
  std::size_t asked_for() const;
  /// Some kernel could not be opened, and an error was printed.
  bool had_trouble() const;

  enum class Space : std::uint8_t { types, functions };
  /// Kernels in which the name stands for the same get the same pointer, most of the time. Modules
  /// are looked into where the kernel lacks the name.
  Result<std::shared_ptr<const FoundTypes>> find(std::size_t kernel, std::string_view name,
                                                 Space space);
  /// All names of all kernels, for those who mistyped one. Reads everything.
  Result<std::vector<std::string>> names(Space space);

 private:
  struct State;
  explicit HistoryKernels(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::tool
