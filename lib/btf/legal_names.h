#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace btfreloc::btf {

/// Longest name that every kernel takes, in characters: KSYM_NAME_LEN is 128 before Linux 6.1, with
/// the NUL. From there on it is 512, see Feature::long_names.
inline constexpr std::size_t kLongestName = 127;

/// Whether every kernel accepts it for a type, member, function, parameter or enumerator:
/// [A-Za-z_][A-Za-z0-9_]*. True of the empty name, which most kinds may have.
bool is_legal_name(std::string_view name, std::size_t longest = kLongestName);

/// The name with each run of illegal characters replaced by one `_`; the name itself when it is
/// legal. A run of underscores that this makes or lengthens ends at two: three would make
/// `Foo<&&T>` a CO-RE flavor of `Foo`. A name that is too long is cut, and told from others like it
/// by `_` and 8 hex digits of its XXH3. The pass spells names in the same way.
std::string legal_name(std::string_view original, std::size_t longest = kLongestName);

/// Names that have to stay different from each other: those of types, or of the members of a
/// struct.
///
/// Where the legal names of different things meet, each whose name was changed gets `_` and the
/// hash of its identity, which is its name with what stands around it, or just the name. When all
/// are added before the first is asked for, a legal name does not depend on their order.
class LegalNames {
 public:
  explicit LegalNames(std::size_t longest = kLongestName) : longest_(longest) {}

  void add(std::string_view original, std::string_view identity);
  void add(std::string_view original) { add(original, original); }

  /// The legal name, unlike those of the others that were added; adds this one.
  std::string unique(std::string_view original, std::string_view identity);
  std::string unique(std::string_view original) { return unique(original, original); }

 private:
  struct Use {
    /// XXH3 of the identity, not its text: strings of BTF may share their bytes, and a megabyte of
    /// them could take gigabytes here. What has the same has the same suffix, too.
    std::uint64_t identity_hash;
    bool is_shared = false;  ///< By something of another identity.
  };

  const Use& enter(const std::string& spelling, std::uint64_t identity_hash);

  std::size_t longest_;
  std::map<std::string, Use, std::less<>> uses_;  ///< By spelling.
};

}  // namespace btfreloc::btf
