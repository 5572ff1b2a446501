#include "object/source_words.h"

#include <cstddef>

namespace btfreloc::object {
namespace {

bool begins_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_identifier(char c) { return begins_identifier(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_tag_keyword(std::string_view word) {
  return word == "struct" || word == "union" || word == "enum";
}

/// The tokens of a text: identifiers whole, everything else by the character, but for what is none.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  /// "" at the end.
  std::string_view next() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (is_blank(rest[0])) {
        ++at_;
      } else if (rest.starts_with("//")) {
        skip_behind("\n");
      } else if (rest.starts_with("/*")) {
        at_ += 2;
        skip_behind("*/");
      } else if (rest[0] == '"' || rest[0] == '\'') {
        skip_literal(rest[0]);
      } else if (is_digit(rest[0])) {  // "0x1f", "1ull"
        take_identifier();
      } else if (begins_identifier(rest[0])) {
        return take_identifier();
      } else {
        const std::size_t size = rest.starts_with("->") ? 2 : 1;
        at_ += size;
        return rest.substr(0, size);
      }
    }
    return {};
  }

 private:
  std::string_view take_identifier() {
    const std::size_t start = at_;
    while (at_ < text_.size() && continues_identifier(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void skip_behind(std::string_view mark) {
    const std::size_t found = text_.find(mark, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + mark.size();
  }

  /// A line may begin inside of a literal, which then seems to begin where it ends: it ends with
  /// the line, too.
  void skip_literal(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void SourceWords::add(std::string_view text) {
  Tokens tokens(text);
  std::string_view before;
  std::string_view token = tokens.next();
  while (!token.empty()) {
    const std::string_view behind = tokens.next();
    if (is_tag_keyword(before)) {
      if (begins_identifier(token[0])) {
        Tag& tag = tags_.try_emplace(token, Tag{.keyword = before}).first->second;
        if (behind != "*") tag.is_pointed_to_only = false;
      }
    } else if (begins_identifier(token[0]) && !is_tag_keyword(token)) {
      members_.insert(token);
      if (before != "." && before != "->") names_.insert(token);
    }
    before = token;
    token = behind;
  }
}

}  // namespace btfreloc::object
