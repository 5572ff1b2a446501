#include "options.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"

namespace btfreloc::pass {
namespace {

using llvm::StringRef;

constexpr const char* kAll =
    "scope=NAME,..., structs=GLOB,..., strict, emit=records|intrinsics, bitfields=exact|clang, "
    "nested=inherit|stop";

std::vector<std::string> list(StringRef text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", ");
    const StringRef name = text.take_front(end);
    if (!name.empty()) names.push_back(name.str());
    text = end == StringRef::npos ? StringRef() : text.drop_front(end + 1);
  }
  return names;
}

/// Sets one of two values by name; false for any other name.
template <typename Value>
bool choose(StringRef text, Value& value, StringRef first, Value a, StringRef second, Value b) {
  if (text != first && text != second) return false;
  value = text == first ? a : b;
  return true;
}

std::string parse_option(StringRef option, Options& options) {
  const auto [name, value] = option.split('=');
  const bool has_value = option.contains('=');
  bool is_valid = true;
  if (name == "scope" && has_value) {
    options.scopes = list(value);
  } else if (name == "structs" && has_value) {
    options.structs = list(value);
  } else if (name == "strict" && !has_value) {
    options.strict = true;
  } else if (name == "emit") {
    is_valid = choose(value, options.emit, "records", Options::Emit::kRecords, "intrinsics",
                      Options::Emit::kIntrinsics);
  } else if (name == "bitfields") {
    is_valid = choose(value, options.bitfields, "exact", Options::Bitfields::kExact, "clang",
                      Options::Bitfields::kClang);
  } else if (name == "nested") {
    is_valid = choose(value, options.nested, "inherit", Options::Nested::kInherit, "stop",
                      Options::Nested::kStop);
  } else {
    is_valid = false;
  }
  if (is_valid) return "";
  return ("no option `" + option + "`; there are " + kAll + ", separated by `;`").str();
}

}  // namespace

std::string parse_options(StringRef text, Options& options) {
  llvm::SmallVector<StringRef, 8> parts;
  text.split(parts, ';', -1, /*KeepEmpty=*/false);
  for (const StringRef part : parts) {
    if (std::string problem = parse_option(part.trim(), options); !problem.empty()) return problem;
  }
  return "";
}

bool matches_glob(StringRef pattern, StringRef name) {
  // Where the last `*` stands, and where in the name it stopped taking characters.
  std::size_t star = StringRef::npos, taken = 0, p = 0, n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != StringRef::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.drop_front(p).find_first_not_of('*') == StringRef::npos;
}

}  // namespace btfreloc::pass
