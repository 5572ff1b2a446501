#pragma once

#include <bpf/btf.h>
#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "base/bytes.h"

// What libbpf.a has and its headers do not show. Source: src/relo_core.h of libbpf 1.1, which is
// the version in Debian 12; the structs are passed to it, so they must match to the byte.

struct bpf_core_accessor {
  __u32 type_id;
  __u32 idx;
  const char* name;
};

struct bpf_core_spec {
  const struct btf* btf;
  struct bpf_core_accessor spec[64];
  __u32 root_type_id;
  enum bpf_core_relo_kind relo_kind;
  int len;
  int raw_spec[64];
  int raw_len;
  __u32 bit_offset;
};

struct bpf_core_cand {
  const struct btf* btf;
  __u32 id;
};

struct bpf_core_cand_list {
  struct bpf_core_cand* cands;
  int len;
};

struct bpf_core_relo_res {
  __u64 orig_val;
  __u64 new_val;
  bool poison;
  bool validate;
  bool fail_memsz_adjust;
  __u32 orig_sz;
  __u32 orig_type_id;
  __u32 new_sz;
  __u32 new_type_id;
};

extern "C" {
std::size_t bpf_core_essential_name_len(const char* name);
int bpf_core_parse_spec(const char* prog_name, const struct btf* btf,
                        const struct bpf_core_relo* relo, struct bpf_core_spec* spec);
int bpf_core_format_spec(char* buf, std::size_t buf_sz, const struct bpf_core_spec* spec);
int bpf_core_calc_relo_insn(const char* prog_name, const struct bpf_core_relo* relo, int relo_idx,
                            const struct btf* local_btf, struct bpf_core_cand_list* cands,
                            struct bpf_core_spec* specs_scratch,
                            struct bpf_core_relo_res* targ_res);
}

namespace btfreloc::test {

/// A blob as libbpf reads it; throws when it does not.
class LibbpfBtf {
 public:
  explicit LibbpfBtf(Bytes blob)
      : btf_(btf__new(blob.data(), static_cast<std::uint32_t>(blob.size())), &btf__free) {
    if (btf_ == nullptr) throw std::runtime_error("libbpf refuses the blob");
  }
  ::btf* get() const { return btf_.get(); }

 private:
  std::unique_ptr<::btf, void (*)(::btf*)> btf_;
};

}  // namespace btfreloc::test
