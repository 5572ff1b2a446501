#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/view.h"
#include "kernels/column.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// Changes to a set, and its bytes afterwards. Everything is in memory, nothing of kernels' bytes
/// is kept but of those that keep their ids.
class Editor {
 public:
  Editor();  ///< Of an empty set.
  /// Reads all of a set, which must outlive the editor.
  static Result<Editor> of(const Set& set);

  Editor(Editor&&) noexcept;
  Editor& operator=(Editor&&) noexcept;
  ~Editor();

  enum class Added : std::uint8_t { yes, was_there };
  /// Adds a kernel, unless the set has the same types under that label. Fails where the label is
  /// another kernel's (Errc::bad_format), and where the BTF has what no kernel has, as kinds that
  /// are unknown or bits that mean nothing (Errc::unsupported); then nothing is added.
  /// `column.order`, `pointer_size`, `tells_signs` and `types` are set here. `bytes` are those of
  /// the view, for `keeps_ids`; they are copied.
  Result<Added> add(Column column, const btf::View& kernel, Bytes bytes);
  /// Adds a module: BTF that is split on that of its kernel, which is in the set with the same
  /// label. `module.base()` is the kernel as it was added.
  Result<Added> add_module(Column column, const btf::View& module, Bytes bytes);
  /// Takes away a kernel with its modules, or one module.
  Status remove(std::string_view label, std::string_view module = {});

  std::vector<Column> columns() const;  ///< In no order.

  /// The set, packed: the same kernels give the same bytes, in whatever order they were added.
  Result<std::vector<std::byte>> packed() const;
  /// The bytes of the set that was read, with what was added as one more segment: quicker, and
  /// nearly as small. Fails where something was removed, or there is no set.
  Result<std::vector<std::byte>> appended() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::kernels
