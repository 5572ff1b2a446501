#include "btfreloc/verifier_log.h"

#include <charconv>

namespace btfreloc::tool {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

template <class Integer>
std::optional<Integer> number_at(std::string_view text) {
  Integer number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

/// The number behind `label`; 0 when it is not there.
std::uint64_t number_after(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return 0;
  return number_at<std::uint64_t>(line.substr(at + label.size())).value_or(0);
}

/// True for the lines with numbers that end a log.
bool is_stats(std::string_view line) {
  return line.starts_with("processed ") || line.starts_with("verification time ") ||
         line.starts_with("stack depth ") || line.starts_with("max_states") ||
         line.starts_with("insns processed");
}

}  // namespace

VerifierStats parse_stats(std::string_view log) {
  constexpr std::string_view kStack = "stack depth ";
  VerifierStats stats;
  for (const std::string_view line : lines_of(log)) {
    if (line.starts_with("verification time ")) {
      stats.microseconds = number_after(line, "verification time ");
    } else if (line.starts_with(kStack)) {
      stats.stack = line.substr(kStack.size());
    } else if (line.starts_with("processed ")) {
      stats.processed = number_after(line, "processed ");
      stats.total_states = number_after(line, "total_states ");
      stats.peak_states = number_after(line, "peak_states ");
    }
  }
  return stats;
}

Rejection parse_rejection(std::string_view log) {
  constexpr std::size_t kTail = 10;
  constexpr std::string_view kUnknownFunction = "invalid func unknown#";
  Rejection rejection;
  std::vector<std::string_view> lines = lines_of(log);
  while (!lines.empty() && is_stats(lines.back())) lines.pop_back();
  for (const std::string_view line : lines) {
    if (line.starts_with("; ")) {
      rejection.source = line.substr(2);
    } else if (const auto insn = number_at<std::uint32_t>(line);
               insn && line.find(": (") != std::string_view::npos) {
      rejection.insn = insn;
    }
  }
  if (lines.empty()) return rejection;
  rejection.reason = lines.back();
  if (lines.back().starts_with(kUnknownFunction)) {
    rejection.unknown_function =
        number_at<std::int32_t>(lines.back().substr(kUnknownFunction.size()));
  }
  const std::size_t first = lines.size() > kTail ? lines.size() - kTail : 0;
  for (std::size_t i = first; i < lines.size(); ++i) rejection.tail.emplace_back(lines[i]);
  return rejection;
}

}  // namespace btfreloc::tool
