// Relocating: object::relocate() against what libbpf's own functions make of the same relocations.
// Both open the object and the kernel's BTF, and decide and patch every relocation.
//
//   bench_relocate OBJECT KERNEL    milliseconds: ours, libbpf; the fastest of several

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/mapped_file.h"
#include "btf/view.h"
#include "core/oracle.h"
#include "object/object.h"
#include "object/relocate.h"

namespace {

using namespace btfreloc;

constexpr int kOurRuns = 40;
constexpr int kLibbpfRuns = 5;

struct Inputs {
  const char* object;
  const char* kernel;
};

void relocate_ours(const Inputs& inputs) {
  const auto object_file = MappedFile::open(inputs.object);
  const auto kernel_file = MappedFile::open(inputs.kernel);
  if (!object_file || !kernel_file) std::abort();
  const auto object = object::Object::open(object_file->bytes());
  const auto kernel = btf::View::open(kernel_file->bytes());
  if (!object || !kernel) std::abort();
  const auto decisions = object::relocate(*object, {.kernel = *kernel, .modules = {}});
  if (!decisions || decisions->size() != object->relocations().size()) std::abort();
}

/// What there is to relocate, found once: libbpf has it in a list of its own by then.
struct Work {
  std::vector<core::Request> requests;
  std::vector<std::uint32_t> access_offsets;
};

Work find_work(const object::Object& object) {
  Work work;
  for (const object::Relocation& relocation : object.relocations()) {
    core::Site site{.first = object.insn(*relocation.program, relocation.insn),
                    .second = std::nullopt};
    if (insn::is_wide(site.first)) {
      site.second = object.insn(*relocation.program, InsnIndex{relocation.insn.value + 1});
    }
    work.requests.push_back({.root = relocation.record.type,
                             .access = object.btf()->string(relocation.record.access),
                             .kind = relocation.record.kind,
                             .site = site,
                             .record = relocation.record.file_offset});
    work.access_offsets.push_back(relocation.record.access.value);
  }
  return work;
}

void relocate_libbpf(const Inputs& inputs, const Work& work) {
  bpf_object* object = bpf_object__open(inputs.object);
  struct ::btf* kernel = btf__parse(inputs.kernel, nullptr);
  if (libbpf_get_error(object) != 0 || libbpf_get_error(kernel) != 0) std::abort();
  {
    test::LibbpfRelocator relocator(bpf_object__btf(object), kernel);
    for (std::size_t i = 0; i < work.requests.size(); ++i) {
      relocator.relocate(work.requests[i], work.access_offsets[i]);
    }
  }
  btf__free(kernel);
  bpf_object__close(object);
}

/// The fewest milliseconds.
template <class F>
double fastest(int runs, F&& work) {
  double least = 1e9;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const auto end = std::chrono::steady_clock::now();
    least = std::min(least, std::chrono::duration<double, std::milli>(end - start).count());
  }
  return least;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
  const Inputs inputs{.object = argv[1], .kernel = argv[2]};
  const auto file = MappedFile::open(inputs.object);
  if (!file) return 2;
  const auto object = object::Object::open(file->bytes());
  if (!object) return 2;
  const Work work = find_work(*object);
  std::printf("%.4f %.4f\n", fastest(kOurRuns, [&] { relocate_ours(inputs); }),
              fastest(kLibbpfRuns, [&] { relocate_libbpf(inputs, work); }));
  return 0;
}
