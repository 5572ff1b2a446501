#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/printable.h"
#include "btfreloc/json.h"
#include "xdp-blacklist/rules/rule_file_parts.h"
#include "xdp-blacklist/rules/rule_parts.h"

// Our own format, read as it comes: a document of a million rules would take a gigabyte in memory.

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::Error;
using btfreloc::fail;
using btfreloc::Result;
using Json = nlohmann::json;

constexpr std::string_view kSchema = "xdp-blacklist.rules/1";
constexpr std::size_t kMaxDepth = 16;     // objects and arrays in each other
constexpr std::size_t kMaxMessage = 200;  // bytes

/// Counts the lines that the parser has read, which it does one byte at a time.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(std::string_view::const_iterator at, std::uint64_t& lines)
      : at_(at), lines_(&lines) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *lines_ += *at_ == '\n' ? 1 : 0;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  std::string_view::const_iterator at_;
  std::uint64_t* lines_;
};

/// Values that rules have; all others are `Other`.
struct Other {};
using Scalar = std::variant<Other, std::uint64_t, std::string_view>;

/// The members of a rule as they come; the first problem of it.
struct JsonRule {
  std::uint64_t line = 0;
  std::optional<std::string> rule = {};
  std::optional<std::pair<ScopeKind, std::string>> scope = {};
  std::optional<std::uint64_t> for_seconds = {};
  std::optional<Error> problem = {};

  void refuse(std::unexpected<Error> error) {
    if (!problem) problem = std::move(error).error();
  }
};

Result<TimedRule> timed_rule(const JsonRule& json, const ScopeNames& names) {
  if (json.problem) return std::unexpected(*json.problem);
  if (!json.rule) return fail(Errc::bad_format, "it has no `rule`");
  TRY(Rule rule, parse_rule(*json.rule));
  if (json.scope) {
    if (!takes_scope(rule)) {
      return fail(Errc::unsupported, "rules of names and agents are for all packets", {},
                  "leave `scope` out");
    }
    TRY(rule.scope, parse_scope(json.scope->first, json.scope->second, names));
  }
  TimedRule timed{.rule = std::move(rule)};
  if (json.for_seconds) {
    const auto most = static_cast<std::uint64_t>(kLongestDuration.count());
    if (*json.for_seconds == 0 || *json.for_seconds > most) {
      return fail(Errc::out_of_range, fmt::format("`for_seconds` is {}, and has to be 1 to {}",
                                                  *json.for_seconds, most));
    }
    timed.lasts = std::chrono::seconds(*json.for_seconds);
  }
  return timed;
}

/// What the parser calls, value by value. A false answer ends it.
class JsonReader final : public nlohmann::json_sax<Json> {
 public:
  explicit JsonReader(const ScopeNames& names) : names_(names) {}

  Result<RuleFile> read(std::string_view content) {
    const bool is_whole = Json::sax_parse(CountingIterator(content.begin(), line_),
                                          CountingIterator(content.end(), line_), this);
    if (problem_) return std::unexpected(*std::move(problem_));
    if (rules_.is_full()) return std::move(rules_).finish();
    if (!is_whole) return fail(Errc::bad_format, "the file is not JSON");
    if (!has_schema_) {
      return fail(Errc::bad_format, "it has no `schema`", {},
                  fmt::format("rules begin with {{\"schema\":\"{}\"", kSchema));
    }
    if (!has_rules_) return fail(Errc::bad_format, "it has no `rules`");
    return std::move(rules_).finish();
  }

  bool null() override { return value(Other{}); }
  bool boolean(bool) override { return value(Other{}); }
  bool number_integer(number_integer_t) override { return value(Other{}); }
  bool number_unsigned(number_unsigned_t number) override { return value(std::uint64_t{number}); }
  bool number_float(number_float_t, const string_t&) override { return value(Other{}); }
  bool string(string_t& text) override { return value(std::string_view(text)); }
  bool binary(binary_t&) override { return value(Other{}); }

  bool key(string_t& key) override {
    key_ = std::move(key);
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::file) return enter(Place::top);
    if (place_ == Place::rules) {
      rule_ = JsonRule{.line = line_};
      return enter(Place::rule);
    }
    if (place_ == Place::rule && key_ == "scope" && !has_scope_) {
      has_scope_ = true;
      return enter(Place::scope);
    }
    return skip();
  }

  bool end_object() override {
    if (skipped_ == 0 && place_ == Place::rule) finish_rule();
    if (skipped_ == 0 && place_ == Place::scope && !rule_.scope) {
      rule_.refuse(fail(Errc::bad_format, "`scope` has nothing in it"));
    }
    return leave() && !rules_.is_full();
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::top && key_ == "rules" && !has_rules_) {
      has_rules_ = true;
      return enter(Place::rules);
    }
    return skip();
  }
  bool end_array() override { return leave(); }

  bool parse_error(std::size_t, const std::string&, const Json::exception& exception) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    const std::string_view what = exception.what();
    const std::size_t end = what.find("] ");
    const std::string_view text = what.substr(end == std::string_view::npos ? 0 : end + 2);
    return stop(fail(Errc::bad_format, btfreloc::printable(text.substr(0, kMaxMessage))));
  }

 private:
  enum class Place : std::uint8_t { file, top, rules, rule, scope };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool leave() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      place_ = static_cast<Place>(static_cast<int>(place_) - 1);
    }
    return true;
  }

  /// An object or array where there should be none.
  bool skip() {
    if (skipped_ == 0 && !value(Other{})) return false;
    if (++skipped_ < kMaxDepth) return true;
    return stop(fail(Errc::bad_format, fmt::format("line {}: more than {} objects and arrays in "
                                                   "each other",
                                                   line_, kMaxDepth)));
  }

  bool stop(std::unexpected<Error> error) {
    problem_ = std::move(error).error();
    return false;
  }

  bool value(const Scalar& value) {
    if (skipped_ > 0) return true;
    switch (place_) {
      case Place::file: return stop(fail(Errc::bad_format, "the file is not one object of JSON"));
      case Place::top: return top_value(value);
      case Place::rules: {
        rules_.add_bad(line_, fail(Errc::bad_format, "a rule is an object", {},
                                   R"(write {"rule":"10.0.0.0/8"})")
                                  .error());
        return true;
      }
      case Place::rule: rule_value(value); return true;
      case Place::scope: scope_value(value); return true;
    }
    return true;
  }

  bool top_value(const Scalar& value) {
    const auto* const text = std::get_if<std::string_view>(&value);
    if (key_ == "schema" && !has_schema_) {
      has_schema_ = text != nullptr && *text == kSchema;
      if (has_schema_) return true;
      return stop(fail(
          Errc::unsupported,
          text != nullptr ? "schema " + shown(*text) + " is not known" : "`schema` is not a string",
          {}, fmt::format("known is {}", kSchema)));
    }
    if (key_ == "mode" && !has_mode_) {
      auto mode = parse_mode(text != nullptr ? *text : "");
      if (!mode) return stop(std::unexpected(std::move(mode).error()));
      has_mode_ = true;
      rules_.set_mode(*mode);
      return true;
    }
    return stop(fail(Errc::bad_format,
                     fmt::format("line {}: key {} is not known, there twice, or of another type",
                                 line_, shown(key_)),
                     {}, "keys are `schema`, `mode` and `rules`, an array"));
  }

  void rule_value(const Scalar& value) {
    const auto* const text = std::get_if<std::string_view>(&value);
    const auto* const number = std::get_if<std::uint64_t>(&value);
    if (key_ == "rule" && text != nullptr && !rule_.rule) {
      rule_.rule = *text;
    } else if (key_ == "for_seconds" && number != nullptr && !rule_.for_seconds) {
      rule_.for_seconds = *number;
    } else {
      rule_.refuse(
          fail(Errc::bad_format,
               fmt::format("key {} is not known, there twice, or of another type", shown(key_)), {},
               "keys are `rule`, a string, `scope`, an object, and `for_seconds`"));
    }
  }

  void scope_value(const Scalar& value) {
    const auto* const text = std::get_if<std::string_view>(&value);
    const auto* const number = std::get_if<std::uint64_t>(&value);
    for (const ScopeKind kind : kScopeKinds) {
      if (key_ != name(kind) || rule_.scope) continue;
      if (number != nullptr) rule_.scope = {kind, fmt::to_string(*number)};
      if (text != nullptr && kind != ScopeKind::group) rule_.scope = {kind, std::string(*text)};
      if (rule_.scope) return;
    }
    rule_.refuse(fail(
        Errc::bad_format,
        fmt::format("key {} of `scope` is not known, not alone, or of another type", shown(key_)),
        {}, "a scope has one of `interface`, `group`, a number, and `netns`"));
  }

  void finish_rule() {
    if (auto timed = timed_rule(rule_, names_)) {
      rules_.add(*std::move(timed));
    } else {
      rules_.add_bad(rule_.line, std::move(timed).error());
    }
    has_scope_ = false;
  }

  const ScopeNames& names_;
  std::uint64_t line_ = 1;
  Place place_ = Place::file;
  std::size_t skipped_ = 0;  ///< Objects and arrays in each other that nobody asked for.
  std::string key_;
  JsonRule rule_;
  bool has_scope_ = false, has_schema_ = false, has_mode_ = false, has_rules_ = false;
  RuleCollector rules_;
  std::optional<Error> problem_;
};

btfreloc::tool::Json scope_json(const Scope& scope, const ScopeNames& names) {
  const std::string value = scope_text(scope, names);
  if (is_number(value)) return {{name(scope.kind), scope.value}};
  return {{name(scope.kind), value}};
}

}  // namespace

Result<RuleFile> parse_json_rules(std::string_view content, const ScopeNames& names) {
  return JsonReader(names).read(content);
}

WrittenRules write_json_rules(std::span<const TimedRule> rules, Mode mode,
                              const ScopeNames& names) {
  WrittenRules written;
  std::string& out = written.text;
  out = fmt::format("{{\"schema\":\"{}\",\n\"mode\":\"{}\",\n\"rules\":[", kSchema, name(mode));
  for (bool first = true; const TimedRule& timed : rules) {
    btfreloc::tool::Json rule = {{"rule", text(timed.rule)}};
    if (timed.rule.scope.kind != ScopeKind::any)
      rule["scope"] = scope_json(timed.rule.scope, names);
    if (timed.lasts) rule["for_seconds"] = timed.lasts->count();
    out += first ? "\n" : ",\n";
    out += btfreloc::tool::text_of(rule);
    first = false;
  }
  out += "\n]}\n";
  return written;
}

}  // namespace xdp_blacklist
