// libbpf loads an object with what `btfreloc minimize` made of the running kernel's BTF, by its
// option btf_custom_path, and puts the same into every instruction as with the kernel's own.
//
//   custom_btf MINIMIZED OBJECT...

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kSkipped = 77;

using BpfObject = std::unique_ptr<::bpf_object, void (*)(::bpf_object*)>;
using Programs = std::vector<std::vector<::bpf_insn>>;

int print(enum ::libbpf_print_level level, const char* format, std::va_list arguments) {
  return level == LIBBPF_DEBUG ? 0 : std::vfprintf(stderr, format, arguments);
}

/// File descriptors of maps, which differ from load to load.
void clear_descriptors(std::vector<::bpf_insn>& insns) {
  for (::bpf_insn& insn : insns) {
    if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg != 0) insn.imm = 0;
  }
}

/// The instructions of all programs as they were loaded; none when libbpf refuses the object.
Programs load(const std::string& path, const char* custom_btf) {
  ::bpf_object_open_opts options = {};
  options.sz = sizeof options;
  options.btf_custom_path = custom_btf;
  const BpfObject object(::bpf_object__open_file(path.c_str(), &options), &::bpf_object__close);
  if (::libbpf_get_error(object.get()) != 0 || ::bpf_object__load(object.get()) != 0) return {};
  Programs programs;
  ::bpf_program* program = nullptr;
  while ((program = ::bpf_object__next_program(object.get(), program)) != nullptr) {
    const ::bpf_insn* const insns = ::bpf_program__insns(program);
    programs.emplace_back(insns, insns + ::bpf_program__insn_cnt(program));
    clear_descriptors(programs.back());
  }
  return programs;
}

bool equal(const Programs& a, const Programs& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != b[i].size()) return false;
    if (std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(::bpf_insn)) != 0) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  ::libbpf_set_print(print);
  int loaded = 0;
  for (int i = 2; i < argc; ++i) {
    const Programs expected = load(argv[i], nullptr);
    if (expected.empty()) {
      fmt::print("{}: this kernel does not load it\n", argv[i]);
      continue;
    }
    ++loaded;
    if (!equal(load(argv[i], argv[1]), expected)) {
      fmt::print("{}: other instructions with {}\n", argv[i], argv[1]);
      return 1;
    }
  }
  fmt::print("{} of {} objects loaded both ways, with the same instructions\n", loaded, argc - 2);
  return loaded == 0 ? kSkipped : 0;
}
