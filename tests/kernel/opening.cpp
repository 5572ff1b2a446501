#include "kernel/opening.h"

#include <cstdarg>
#include <cstdio>
#include <vector>

namespace btfreloc::test {
namespace {

std::string& log_text() {
  static std::string log;
  return log;
}

int append_to_log(enum ::libbpf_print_level level, const char* format, std::va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  std::vector<char> text(1 << 20);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  log_text() += text.data();
  return 0;
}

}  // namespace

const std::string& libbpf_log() { return log_text(); }

BpfObject open_relocated(const std::string& path) {
  ::libbpf_set_print(append_to_log);
  ::bpf_object_open_opts options = {};
  options.sz = sizeof options;
  // libbpf reads this file when, and only when, it has relocations to apply: then it fails.
  options.btf_custom_path = "/nonexistent/libbpf-must-not-relocate";
  BpfObject object(::bpf_object__open_file(path.c_str(), &options), &::bpf_object__close);
  if (object == nullptr) fail("libbpf cannot open {}: {}", path, libbpf_log());
  return object;
}

}  // namespace btfreloc::test
