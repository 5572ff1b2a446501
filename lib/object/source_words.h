#pragma once

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace btfreloc::object {

/// The identifiers in the text of a program in C, by what they can be. Comments, literals and
/// numbers are no identifiers; macros are not expanded. Texts may be parts of a source, such as the
/// lines that .BTF.ext keeps.
class SourceWords {
 public:
  /// Reads one more text, which must outlive this.
  void add(std::string_view text);

  /// `struct sock *`: a name behind a keyword.
  struct Tag {
    std::string_view keyword;  ///< "struct", "union" or "enum".
    /// `*` follows wherever it stands, so that it does not have to be defined for that.
    bool is_pointed_to_only = true;
  };
  const std::unordered_map<std::string_view, Tag>& tags() const { return tags_; }

  /// What may be the name of a typedef, an enumerator or a macro: stands behind no keyword of
  /// tags, `.` or `->`.
  const std::unordered_set<std::string_view>& names() const { return names_; }

  /// What may be the name of a member: anything that is no tag. Macros take them by commas, as in
  /// BPF_CORE_READ(task, real_parent, tgid).
  bool may_be_member(std::string_view name) const { return members_.contains(name); }

 private:
  std::unordered_map<std::string_view, Tag> tags_;
  std::unordered_set<std::string_view> names_;
  std::unordered_set<std::string_view> members_;
};

}  // namespace btfreloc::object
