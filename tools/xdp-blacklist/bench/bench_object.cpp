#include "xdp-blacklist/bench/bench_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "btfreloc/input.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

/// The last thing that libbpf complained about.
std::string& last_message() {
  static std::string message;
  return message;
}

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char text[512];
  const int size = std::vsnprintf(text, sizeof text, format, arguments);
  last_message() = text;
  while (last_message().ends_with('\n')) last_message().pop_back();
  return size;
}

std::unexpected<btfreloc::Error> cannot_load(int error, const std::string& path) {
  const bool denied = error == EPERM || error == EACCES;
  return fail_errno(
      error, "the kernel does not take the program", {.file = path},
      denied ? "run as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN" : last_message());
}

/// The only program of the object, or the one of this name; the others are not loaded.
Result<bpf_program*> choose_program(bpf_object* object, const Comparison& comparison) {
  bpf_program* chosen = nullptr;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const bool is_it =
        comparison.function.empty() || comparison.function == ::bpf_program__name(program);
    ::bpf_program__set_autoload(program, is_it);
    if (is_it && chosen != nullptr) {
      return fail(Errc::bad_format, "the object has several programs", {.file = comparison.object},
                  fmt::format("say which: {}:{}", comparison.object, ::bpf_program__name(program)));
    }
    if (is_it) chosen = program;
  }
  if (chosen != nullptr) return chosen;
  return fail(Errc::not_found, fmt::format("the object has no program `{}`", comparison.function),
              {.file = comparison.object},
              fmt::format("btfreloc dump {} lists them", comparison.object));
}

}  // namespace

void BenchObject::Close::operator()(bpf_object* object) const { ::bpf_object__close(object); }

Result<BenchObject> BenchObject::load(const Comparison& comparison) {
  TRY(const auto file, btfreloc::tool::FileBytes::open(comparison.object));
  ::libbpf_set_print(keep_message);
  bpf_object_open_opts open{};
  open.sz = sizeof open;
  open.object_name = "bench";
  BenchObject loaded;
  loaded.path_ = comparison.object;
  loaded.object_.reset(::bpf_object__open_mem(file.bytes().data(), file.bytes().size(), &open));
  bpf_object* object = loaded.object_.get();
  if (object == nullptr) {
    return fail_errno(errno, "libbpf cannot read the object", {.file = comparison.object},
                      last_message());
  }
  TRY(bpf_program* const program, choose_program(object, comparison));
  ::bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
  bpf_map* each = nullptr;
  bpf_object__for_each_map(each, object)::bpf_map__set_pin_path(each, nullptr);
  if (const int error = ::bpf_object__load(object); error != 0) {
    return cannot_load(-error, comparison.object);
  }
  loaded.function_ = ::bpf_program__name(program);
  loaded.program_ = ::bpf_program__fd(program);
  return loaded;
}

bool BenchObject::has_map(const std::string& name) const {
  return ::bpf_object__find_map_by_name(object_.get(), name.c_str()) != nullptr;
}

Result<Map> BenchObject::map(const std::string& name) const {
  const bpf_map* map = ::bpf_object__find_map_by_name(object_.get(), name.c_str());
  if (map == nullptr) {
    return fail(Errc::not_found, fmt::format("the object has no map `{}`", name), {.file = path_},
                "build it from the sources of this version");
  }
  const int fd = ::fcntl(::bpf_map__fd(map), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return fail_errno(errno, "cannot open a map once more");
  return Map::of(Fd(fd));
}

}  // namespace xdp_blacklist
