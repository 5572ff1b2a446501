#include "btfreloc/loaded_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <utility>

namespace btfreloc::tool {
namespace {

/// log_level of BPF_PROG_LOAD. Source: include/linux/bpf_verifier.h.
constexpr std::uint32_t kLogInsns = 1;
constexpr std::uint32_t kLogStats = 4;

/// Bytes for the log of one program. Only what is written takes memory.
constexpr std::size_t kLogSize = std::size_t{16} << 20;

/// What libbpf has said since the last time it was asked.
std::vector<std::string>& libbpf_messages() {
  static std::vector<std::string> messages;
  return messages;
}

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  std::array<char, 1024> text;
  const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string_view message(text.data());
  while (message.ends_with('\n')) message.remove_suffix(1);
  libbpf_messages().emplace_back(message);
  return size;
}

/// A buffer that the verifier writes text to.
class Log {
 public:
  Log() : text_(new char[kLogSize]) { text_[0] = '\0'; }
  char* data() { return text_.get(); }
  std::string_view text() const { return text_.get(); }

 private:
  std::unique_ptr<char[]> text_;  // Not a vector: that would write zeros over all of it.
};

std::uint32_t id_of(int fd) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.id : 0;
}

/// Programs of these types have no packet; their test input is the context.
bool takes_context(bpf_prog_type type) {
  return type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_SYSCALL ||
         type == BPF_PROG_TYPE_SK_LOOKUP;
}

}  // namespace

void LoadedObject::Close::operator()(bpf_object* object) const { bpf_object__close(object); }

std::variant<LoadedObject, LoadFailure> LoadedObject::load(Bytes elf, const std::string& name) {
  libbpf_set_print(keep_message);
  std::map<const bpf_program*, Log> logs;
  const auto failed = [&](int error, std::string program, std::string_view log) {
    return LoadFailure{.os_errno = error,
                       .program = std::move(program),
                       .log = std::string(log),
                       .messages = std::exchange(libbpf_messages(), {})};
  };
  LoadedObject loaded;
  // Statistics alone first: a log of every instruction may not fit any buffer, and then old kernels
  // refuse a program that is fine.
  for (const std::uint32_t level : {kLogStats, kLogStats | kLogInsns}) {
    libbpf_messages().clear();
    logs.clear();
    bpf_object_open_opts options{};
    options.sz = sizeof options;
    options.object_name = name.c_str();
    loaded.object_.reset(bpf_object__open_mem(elf.data(), elf.size(), &options));
    if (loaded.object_ == nullptr) return failed(errno, "", "");
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loaded.object_.get()) {
      bpf_program__set_log_buf(program, logs[program].data(), kLogSize);
      bpf_program__set_log_level(program, level);
    }
    const int error = bpf_object__load(loaded.object_.get());
    if (error == 0) break;
    if (level == kLogStats) continue;
    // Programs are loaded one after the other: the last one with a log is the one refused. One that
    // is refused without a log is told by what libbpf says.
    std::string refused;
    std::string_view log;
    bpf_object__for_each_program(program, loaded.object_.get()) {
      const std::string marker = fmt::format("prog '{}'", bpf_program__name(program));
      for (const std::string& message : libbpf_messages()) {
        if (!message.contains(marker) || !message.contains("load failed")) continue;
        refused = bpf_program__name(program);
        log = logs[program].text();
      }
    }
    return failed(-error, refused, log);
  }
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, loaded.object_.get()) {
    const int fd = bpf_program__fd(program);
    if (fd < 0) continue;
    const char* type = libbpf_bpf_prog_type_str(bpf_program__type(program));
    loaded.programs_.push_back({.name = bpf_program__name(program),
                                .type = type == nullptr ? "?" : type,
                                .id = id_of(fd),
                                .stats = parse_stats(logs[program].text()),
                                .program = program});
  }
  return loaded;
}

std::size_t LoadedObject::map_count() const {
  std::size_t count = 0;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_.get())++ count;
  return count;
}

Status LoadedObject::pin(const std::string& directory) const {
  if (const int error = bpf_object__pin(object_.get(), directory.c_str()); error != 0) {
    return fail_errno(-error, "cannot pin", {.file = directory},
                      "name a directory under a mounted bpffs, such as /sys/fs/bpf/NAME, in which "
                      "nothing has the names of its maps and programs");
  }
  return {};
}

Result<TestRun> LoadedObject::test_run(const LoadedProgram& program, Bytes data,
                                       std::uint32_t repeat) {
  // As the kernel does: packets are at most a page with room in front and behind.
  TestRun run{.return_value = 0, .nanoseconds = 0, .data_out = std::vector<std::byte>(65536)};
  const bpf_prog_type type = bpf_program__type(program.program);
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  if (takes_context(type)) {
    options.ctx_in = data.data();
    options.ctx_size_in = static_cast<std::uint32_t>(data.size());
  } else if (type != BPF_PROG_TYPE_TRACING) {
    options.data_in = data.data();
    options.data_size_in = static_cast<std::uint32_t>(data.size());
    options.data_out = run.data_out.data();
    options.data_size_out = static_cast<std::uint32_t>(run.data_out.size());
    options.repeat = static_cast<int>(repeat);
  }
  if (const int error = bpf_prog_test_run_opts(bpf_program__fd(program.program), &options);
      error != 0) {
    const bool cannot = error == -ENOTSUP || error == -524;  // ENOTSUPP of the kernel
    return fail_errno(
        cannot ? ENOTSUP : -error,
        fmt::format("cannot test-run `{}`, a program of type {}", program.name, program.type), {},
        cannot ? "the kernel test-runs no programs of this type" : "");
  }
  run.return_value = options.retval;
  run.nanoseconds = options.duration;
  run.data_out.resize(options.data_size_out);
  return run;
}

}  // namespace btfreloc::tool
