#pragma once

#include <string>

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

namespace btfreloc::pass {

/// Longest name that every kernel takes, in characters: KSYM_NAME_LEN is 128 before Linux 6.1, with
/// the NUL.
inline constexpr std::size_t kLongestName = 127;

/// Whether every kernel accepts it for a type, member, function, parameter or enumerator:
/// [A-Za-z_][A-Za-z0-9_]*. Newer kernels accept a `.` as well, but neither do the older ones nor
/// any C that is printed from the BTF. True of the empty name, which most kinds may have.
bool is_legal_name(llvm::StringRef name);

/// Whether every kernel accepts it for a variable, where a `.` is legal.
bool is_legal_variable_name(llvm::StringRef name);

/// The name with each run of illegal characters replaced by one `_`. A run of underscores that this
/// makes or lengthens ends at two: three would make `Foo<&&T>` a CO-RE flavor of `Foo`. A name that
/// is too long is cut, and told from others like it by its hash.
std::string legal_spelling(llvm::StringRef name);

/// What is left of `main.task_struct` or `vmlinux::task_struct` without the scopes in front, which
/// is what the kernel calls it. Brackets and what they enclose are not looked into.
llvm::StringRef last_component(llvm::StringRef name);

/// Names that have to stay different from each other: those of types, or of the members of a
/// record.
///
/// Where the spellings of different things meet, each whose name was changed gets `_` and the hash
/// of its identity, which is its name with what stands around it, or just the name. So a new name
/// does not depend on the order in which they come.
class NameSpace {
 public:
  void add(llvm::StringRef name, llvm::StringRef identity);
  void add(llvm::StringRef name) { add(name, name); }

  /// For a name that was added; the name itself when it is legal.
  std::string legal_name(llvm::StringRef name, llvm::StringRef identity) const;
  std::string legal_name(llvm::StringRef name) const { return legal_name(name, name); }

 private:
  struct Use {
    std::string identity;
    bool is_shared = false;  ///< By something of another identity.
  };
  llvm::StringMap<Use> uses_;  ///< By spelling.
};

}  // namespace btfreloc::pass
