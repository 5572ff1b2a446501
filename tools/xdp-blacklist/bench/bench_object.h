#pragma once

#include <memory>
#include <string>

#include "xdp-blacklist/bench/bench.h"
#include "xdp-blacklist/instance/map.h"

struct bpf_object;

namespace xdp_blacklist {

/// An object of others in the kernel; nothing is pinned.
class BenchObject {
 public:
  /// Its CO-RE relocations are libbpf's to apply, where there are some.
  static Result<BenchObject> load(const Comparison& comparison);

  const std::string& function() const { return function_; }
  int program() const { return program_; }
  bool has_map(const std::string& name) const;
  Result<Map> map(const std::string& name) const;

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };

  std::unique_ptr<bpf_object, Close> object_;
  std::string path_;
  std::string function_;
  int program_ = -1;
};

}  // namespace xdp_blacklist
