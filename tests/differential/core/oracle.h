#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/patch.h"
#include "core/resolve.h"
#include "support/libbpf_internals.h"

namespace btfreloc::test {

/// What libbpf made of one relocation.
struct LibbpfResult {
  core::Outcome outcome;
  core::Site after;
};

/// Relocates as bpf_object__load() does: the relocations of an object in their order, with the
/// lists of candidates that it keeps and narrows. Source: bpf_object__relocate_core() and
/// bpf_core_resolve_relo() in src/libbpf.c of libbpf 1.1.
class LibbpfRelocator {
 public:
  LibbpfRelocator(const ::btf* local, const ::btf* target) : local_(local), target_(target) {}
  ~LibbpfRelocator();
  LibbpfRelocator(const LibbpfRelocator&) = delete;
  LibbpfRelocator& operator=(const LibbpfRelocator&) = delete;

  /// `access` is the offset of the access string in the local BTF.
  LibbpfResult relocate(const core::Request& request, std::uint32_t access);

 private:
  bpf_core_cand_list* candidates(std::uint32_t root);

  const ::btf* local_;
  const ::btf* target_;
  std::map<std::uint32_t, bpf_core_cand_list*> lists_;
};

}  // namespace btfreloc::test
