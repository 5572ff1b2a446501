#include "kernel/loading.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "object/relocate.h"

namespace btfreloc::test {
namespace {

using BpfObject = std::unique_ptr<::bpf_object, void (*)(::bpf_object*)>;

/// What libbpf printed since it was last cleared, the log of the verifier with it.
std::string& libbpf_log() {
  static std::string log;
  return log;
}

int append_to_log(enum ::libbpf_print_level level, const char* format, std::va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char text[4096];
  const int size = std::vsnprintf(text, sizeof text, format, arguments);
  libbpf_log() += text;
  return size;
}

BpfObject open(Bytes file) {
  libbpf_log().clear();
  ::libbpf_set_print(append_to_log);
  ::bpf_object_open_opts options = {};
  options.sz = sizeof options;
  options.object_name = "kernel_values";
  // libbpf reads this file when, and only when, it has relocations to apply: then it fails.
  options.btf_custom_path = "/nonexistent/libbpf-must-not-relocate";
  BpfObject object(::bpf_object__open_mem(file.data(), file.size(), &options),
                   &::bpf_object__close);
  if (object == nullptr) throw std::runtime_error("libbpf cannot open: " + libbpf_log());
  return object;
}

/// The map behind the global variable `values`, which is alone in its section.
int values_map(::bpf_object* object) {
  ::bpf_map* map = nullptr;
  while ((map = ::bpf_object__next_map(object, map)) != nullptr) {
    if (std::string_view(::bpf_map__name(map)).ends_with(".bss") &&
        ::bpf_map__value_size(map) == sizeof(kernel_values)) {
      return ::bpf_map__fd(map);
    }
  }
  throw std::runtime_error("no map of the size of the values");
}

}  // namespace

Relocated relocate(const object::Object& object, Bytes file, const core::Target& target) {
  auto decisions = object::relocate(object, target);
  if (!decisions) throw std::runtime_error(decisions.error().message);
  auto rewritten = object::rewrite(object, file, *decisions, object::Relocations::applied);
  return {*std::move(decisions), std::move(rewritten)};
}

bool has_relocations(Bytes file) {
  const auto object = object::Object::open(file);
  if (!object) throw std::runtime_error("the rewritten file: " + object.error().message);
  return !object->relocations().empty();
}

kernel_values run_programs(Bytes file, std::span<const char* const> programs,
                           const kernel_values& before) {
  const BpfObject object = open(file);
  if (::bpf_object__load(object.get()) != 0) {
    throw std::runtime_error("cannot load: " + libbpf_log());
  }
  const int map = values_map(object.get());
  const std::uint32_t key = 0;
  if (::bpf_map_update_elem(map, &key, &before, BPF_ANY) != 0) {
    throw std::runtime_error(std::string("cannot write the map: ") + std::strerror(errno));
  }
  for (const char* name : programs) {
    const ::bpf_program* program = ::bpf_object__find_program_by_name(object.get(), name);
    if (program == nullptr) throw std::runtime_error(std::string("no program ") + name);
    ::bpf_test_run_opts options = {};
    options.sz = sizeof options;
    if (::bpf_prog_test_run_opts(::bpf_program__fd(program), &options) != 0) {
      throw std::runtime_error(std::string("cannot run ") + name + ": " + std::strerror(errno));
    }
  }
  kernel_values values = {};
  if (::bpf_map_lookup_elem(map, &key, &values) != 0) {
    throw std::runtime_error(std::string("cannot read the map: ") + std::strerror(errno));
  }
  return values;
}

std::string complaint_about(Bytes file, const std::string& program) {
  const BpfObject object = open(file);
  ::bpf_program* each = nullptr;
  while ((each = ::bpf_object__next_program(object.get(), each)) != nullptr) {
    ::bpf_program__set_autoload(each, program == ::bpf_program__name(each));
  }
  if (::bpf_object__load(object.get()) == 0) return "";
  return libbpf_log();
}

}  // namespace btfreloc::test
