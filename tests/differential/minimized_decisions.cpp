// What a minimized BTF makes of all relocations of objects, against what the kernel's own makes of
// them: by our rules, by libbpf's, and by libbpf itself, which reads the file as its option
// btf_custom_path has it.
//
//   minimized_decisions KERNEL MINIMIZED OBJECT...
//
// Prints: relocations compared, by libbpf itself, of type ids (not compared), differences. Objects
// of the other byte order are passed over. KERNEL may be a directory with modules; libbpf looks at
// types of the kernel only, here.

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "btfreloc/input.h"
#include "btfreloc/kernel.h"
#include "core/oracle.h"
#include "object/relocate.h"
#include "support/errors.h"
#include "support/libbpf_internals.h"

namespace btfreloc::test {
namespace {

using core::Decision;
using core::Rules;

struct Tally {
  std::size_t compared = 0;
  std::size_t by_libbpf = 0;
  std::size_t type_ids = 0;
  std::size_t different = 0;
};

bool is_type_id(const object::Relocation& relocation) {
  return core::relo_kind(relocation.record.kind) == core::ReloKind::type_id_target;
}

bool is_alike(const Decision& a, const Decision& b) {
  return a.outcome == b.outcome && a.reason == b.reason && a.new_value == b.new_value &&
         a.after == b.after;
}

void differ(Tally& tally, const tool::Input& input, const object::Relocation& relocation,
            std::string_view whose) {
  ++tally.different;
  fmt::print(stderr, "{} {}+{:#x} by {}\n", input.path(), relocation.section,
             relocation.record.insn_offset.value, whose);
}

void compare(const tool::Input& input, const core::Target& full, const core::Target& small,
             Tally& tally) {
  const object::Object& object = *input.object();
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    const auto expected = must(object::relocate(object, full, rules));
    const auto found = must(object::relocate(object, small, rules));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const object::Relocation& relocation = object.relocations()[i];
      if (is_type_id(relocation)) {
        ++tally.type_ids;
        continue;
      }
      ++tally.compared;
      if (!is_alike(expected[i], found[i])) {
        differ(tally, input, relocation, rules == Rules::libbpf ? "libbpf's rules" : "our rules");
      }
    }
  }
}

/// In record order, as libbpf goes; the first error of a root ends it, as it ends a load.
void compare_by_libbpf(const tool::Input& input, const ::btf* full, const ::btf* small,
                       Tally& tally) {
  const object::Object& object = *input.object();
  const LibbpfBtf local(object.btf()->blob());
  btf__set_pointer_size(local.get(), 8);
  LibbpfRelocator expected(local.get(), full);
  LibbpfRelocator found(local.get(), small);
  std::set<TypeId> stopped;
  for (const object::Relocation& relocation : object.relocations()) {
    if (relocation.program == nullptr || is_type_id(relocation)) continue;
    if (stopped.contains(relocation.record.type)) continue;
    core::Site site{.first = object.insn(*relocation.program, relocation.insn),
                    .second = std::nullopt};
    if (insn::is_wide(site.first)) {
      site.second = object.insn(*relocation.program, InsnIndex{relocation.insn.value + 1});
    }
    const core::Request request{
        .root = relocation.record.type, .access = {}, .kind = relocation.record.kind, .site = site};
    const LibbpfResult a = expected.relocate(request, relocation.record.access.value);
    const LibbpfResult b = found.relocate(request, relocation.record.access.value);
    if (a.outcome == core::Outcome::fatal) stopped.insert(relocation.record.type);
    ++tally.by_libbpf;
    if (a.outcome != b.outcome || a.after != b.after) {
      differ(tally, input, relocation, "libbpf itself");
    }
  }
}

int run(const char* kernel_path, const char* small_path, const std::vector<std::string>& objects) {
  libbpf_set_print(nullptr);
  const tool::Kernel kernel = must(tool::Kernel::open(kernel_path));
  const tool::Kernel small = must(tool::Kernel::open(small_path));
  // libbpf reads every byte order, but relocates only objects of its own.
  const LibbpfBtf full_btf(kernel.btf().blob());
  ::btf* const small_btf = btf__parse(small_path, nullptr);
  if (libbpf_get_error(small_btf) != 0) {
    fmt::print(stderr, "{}: libbpf refuses it\n", small_path);
    return 1;
  }
  Tally tally;
  for (const std::string& path : objects) {
    const tool::Input input = must(tool::Input::open(path));
    const object::Object* object = input.object();
    if (object == nullptr || object->btf() == nullptr) continue;
    if (object->order() != kernel.btf().order()) continue;
    compare(input, kernel.target(), small.target(), tally);
    if (object->order() == std::endian::native && !kernel.may_have_modules()) {
      compare_by_libbpf(input, full_btf.get(), small_btf, tally);
    }
  }
  btf__free(small_btf);
  fmt::print("{} {} {} {}\n", tally.compared, tally.by_libbpf, tally.type_ids, tally.different);
  return tally.different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: minimized_decisions KERNEL MINIMIZED OBJECT...\n", stderr);
    return 2;
  }
  return btfreloc::test::run(argv[1], argv[2], std::vector<std::string>(argv + 3, argv + argc));
}
