#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/btf_cases.h"

// How the cases of btf_cases() are written: see the files that include this.

namespace btfreloc::test {

inline constexpr TypeId kInt{1};
inline constexpr TypeId kVoid{0};

/// Collects cases. Each blob begins with [1] int, 4 bytes.
class Cases {
 public:
  using Make = std::function<void(BtfBytes&)>;
  using Spoil = std::function<void(ByteVector&)>;

  void good(std::string name, const Make& make) { add(std::move(name), {}, make); }
  void bad(btf::Rule rule, std::string name, const Make& make) { add(std::move(name), rule, make); }
  /// One int, and the finished blob changed.
  void spoilt(std::optional<btf::Rule> rule, std::string name, const Spoil& spoil) {
    BtfBytes btf;
    btf.integer("int", 4, btf::kIntSigned);
    ByteVector blob = btf.bytes();
    spoil(blob);
    cases_.push_back({std::move(name), rule, std::move(blob)});
  }
  std::vector<BtfCase> take() { return std::move(cases_); }

 private:
  void add(std::string name, std::optional<btf::Rule> rule, const Make& make) {
    BtfBytes btf;
    btf.integer("int", 4, btf::kIntSigned);
    make(btf);
    cases_.push_back({std::move(name), rule, btf.bytes()});
  }

  std::vector<BtfCase> cases_;
};

void add_header_cases(Cases& cases);
void add_name_cases(Cases& cases);
void add_reference_cases(Cases& cases);
void add_value_cases(Cases& cases);
void add_member_cases(Cases& cases);
void add_function_cases(Cases& cases);
void add_special_cases(Cases& cases);

}  // namespace btfreloc::test
