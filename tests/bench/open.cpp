// Opening: btf::View::open against libbpf's btf__parse, Object::open against bpf_object__open.
//
//   bench_open btf FILE      milliseconds: ours warm, libbpf warm, ours first, libbpf first
//   bench_open object FILE   milliseconds: ours warm, libbpf warm
//
// "Warm" is the fastest of many in one process. "First" is the fastest of the first opens of many
// processes, which is what a command pays: memory is fresh and code is not yet in place.

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/mapped_file.h"
#include "btf/view.h"
#include "object/object.h"

namespace {

using namespace btfreloc;

constexpr int kWarmRuns = 200;
constexpr int kProcesses = 40;

void open_ours(const char* path) {
  const auto file = MappedFile::open(path);
  if (!file || !btf::View::open(file->bytes())) std::abort();
}

void open_libbpf(const char* path) {
  struct btf* btf = btf__parse(path, nullptr);
  if (libbpf_get_error(btf) != 0) std::abort();
  btf__free(btf);
}

void open_object_ours(const char* path) {
  const auto file = MappedFile::open(path);
  if (!file || !object::Object::open(file->bytes())) std::abort();
}

void open_object_libbpf(const char* path) {
  bpf_object* object = bpf_object__open(path);
  if (libbpf_get_error(object) != 0) std::abort();
  bpf_object__close(object);
}

using Work = void (*)(const char*);

/// Milliseconds.
double time_of(Work work, const char* path) {
  const auto start = std::chrono::steady_clock::now();
  work(path);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

double fastest_warm(Work work, const char* path) {
  double fastest = time_of(work, path);
  for (int i = 1; i < kWarmRuns; ++i) fastest = std::min(fastest, time_of(work, path));
  return fastest;
}

double fastest_first(Work work, const char* path) {
  void* shared =
      mmap(nullptr, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  auto* result = static_cast<double*>(shared);
  double fastest = 1e9;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      *result = time_of(work, path);
      _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) std::abort();
    fastest = std::min(fastest, *result);
  }
  return fastest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
  const std::string_view what = argv[1];
  if (what == "btf") {
    // First opens before any warm one, so that no child inherits memory that is in place.
    const double ours_first = fastest_first(open_ours, argv[2]);
    const double libbpf_first = fastest_first(open_libbpf, argv[2]);
    std::printf("%.4f %.4f %.4f %.4f\n", fastest_warm(open_ours, argv[2]),
                fastest_warm(open_libbpf, argv[2]), ours_first, libbpf_first);
  } else {
    std::printf("%.4f %.4f\n", fastest_warm(open_object_ours, argv[2]),
                fastest_warm(open_object_libbpf, argv[2]));
  }
  return 0;
}
