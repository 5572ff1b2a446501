#include "property/examine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#define BTFRELOC_WATCH_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BTFRELOC_WATCH_MEMORY 1
#endif
#endif

#ifdef BTFRELOC_WATCH_MEMORY
// Source: sanitizer/allocator_interface.h, which gcc has in its library and does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                           std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* at);
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace btfreloc::test {
namespace {

/// What is being examined, for a handler that may not allocate.
const char* g_what = "nothing";

void say_last_words() {
  for (const char* text : {"\nwhile examining ", g_what, "\n"}) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
  }
}

extern "C" void on_deadline(int /*signal*/) {
  say_last_words();
  constexpr char kText[] = "it took too long\n";
  if (::write(STDERR_FILENO, kText, sizeof kText - 1) < 0) ::_exit(3);
  ::_exit(2);
}

// Signed: what was allocated before the hooks is freed too.
std::atomic<std::int64_t> g_allocated{0};
std::atomic<std::int64_t> g_peak{0};

#ifdef BTFRELOC_WATCH_MEMORY
void on_malloc(const volatile void* /*at*/, std::size_t size) {
  const std::int64_t now = g_allocated += static_cast<std::int64_t>(size);
  if (now > g_peak) g_peak = now;
}
void on_free(const volatile void* at) {
  if (at != nullptr) g_allocated -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(at));
}
#endif

void set_deadline(std::chrono::seconds from_now) {
  const itimerval timer{.it_interval = {}, .it_value = {from_now.count(), 0}};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

void watch() {
  std::signal(SIGPROF, on_deadline);
#ifdef BTFRELOC_WATCH_MEMORY
  __sanitizer_set_death_callback(say_last_words);
  __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#else
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
    std::signal(signal, [](int number) {
      say_last_words();
      std::signal(number, SIG_DFL);
      std::raise(number);
    });
  }
#endif
}

/// What liblzma and zstd refuse, they do not say where.
bool needs_offset(const Error& error) {
  return error.code != Errc::not_found && !error.message.starts_with("cannot decompress");
}

}  // namespace

std::string Examination::complaint(std::uint64_t file_size) const {
  if (peak > kMaxPeak + kMaxPeakPerByte * file_size) {
    return fmt::format("took {} bytes of memory for a file of {}", peak, file_size);
  }
  if (!error) return {};
  const auto lacks = [&](std::string_view part) {
    return fmt::format("error without {}: error[{}]: {}", part, name(error->code), error->message);
  };
  if (error->message.empty()) return lacks("a message");
  if (error->where.file != kFileName) return lacks("the file");
  if (!error->where.offset && needs_offset(*error)) return lacks("an offset");
  if (error->hint.empty()) return lacks("a hint");
  return {};
}

Examination examine(Bytes bytes, std::span<const View> views, const std::string& what) {
  [[maybe_unused]] static const bool watching = (watch(), true);
  static const int dev_null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  static tool::Output out(tool::ColorMode::never, dev_null);

  g_what = what.c_str();
  set_deadline(kDeadline);
  const std::int64_t before = g_allocated;
  g_peak = before;
  Examination result{};
  {
    auto input = tool::Input::from_bytes(bytes, kFileName);
    if (input) {
      for (const View view : views) print_view(out, *input, view);
      out.complete();
    } else {
      result.error = std::move(input).error();
      // What cannot be opened can be validated.
      validate(bytes, nullptr);
    }
  }
  result.peak = static_cast<std::uint64_t>(g_peak - before);
  set_deadline(std::chrono::seconds(0));
  g_what = "nothing";
  return result;
}

}  // namespace btfreloc::test
