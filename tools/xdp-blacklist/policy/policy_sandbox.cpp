#include "xdp-blacklist/policy/policy_sandbox.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <vector>

namespace xdp_blacklist {

using btfreloc::fail_errno;
using btfreloc::Status;

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XDP_BLACKLIST_SANITIZED  // clang
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(XDP_BLACKLIST_SANITIZED)
constexpr std::uint32_t kArchitecture = 0;  // see sandbox_limits_calls()
#elif defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

/// What malloc(), reading, writing, the timer and the end of the process need. No call that sends
/// signals: those of the same user reach the parent. abort() ends the process without, too.
constexpr long kAllowed[] = {
    SYS_read,         SYS_write,          SYS_exit,          SYS_exit_group, SYS_brk,    SYS_munmap,
    SYS_mremap,       SYS_futex,          SYS_madvise,       SYS_setitimer,  SYS_getpid, SYS_gettid,
    SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clock_gettime, SYS_getrandom,
};
/// Allowed without PROT_EXEC, their third argument.
constexpr long kMapping[] = {SYS_mmap, SYS_mprotect};

std::vector<sock_filter> filter() {
  const auto load = [](std::size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  };
  const auto give = [](std::uint32_t verdict) {
    return sock_filter BPF_STMT(BPF_RET | BPF_K, verdict);
  };
  // Skips as many instructions when it is not equal.
  const auto equal = [](std::uint32_t value, std::uint8_t skip_else) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip_else);
  };
  // An error, not the end: what else libraries try, they try in vain.
  const std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

  // Another architecture ends the process: its numbers mean other calls.
  std::vector<sock_filter> code = {
      load(offsetof(seccomp_data, arch)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      give(SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
  };
  for (const long call : kAllowed) {
    code.push_back(equal(static_cast<std::uint32_t>(call), 1));
    code.push_back(give(SECCOMP_RET_ALLOW));
  }
  for (const long call : kMapping) {
    code.push_back(equal(static_cast<std::uint32_t>(call), 4));
    code.push_back(load(offsetof(seccomp_data, args[2])));
    code.push_back(sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    code.push_back(give(refuse));
    code.push_back(give(SECCOMP_RET_ALLOW));
  }
  code.push_back(give(refuse));
  return code;
}

}  // namespace

bool sandbox_limits_calls() { return kArchitecture != 0; }

Status enter_sandbox(int socket) {
  // Whatever descriptors there are; standard error stays, for what a library says when it aborts.
  constexpr unsigned kKept = 3;
  if (dup2(socket, 0) < 0 || close(1) < 0 || syscall(SYS_close_range, kKept, ~0U, 0) < 0) {
    return fail_errno(errno, "close the files of the policy's process");
  }
  // Ends with its parent even when the script runs.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A core would show what its parent has in memory.
  prctl(PR_SET_DUMPABLE, 0);

  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) < 0) {
    return fail_errno(errno, "drop the capabilities of the policy's process");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    return fail_errno(errno, "set no_new_privs in the policy's process");
  }
  if (!sandbox_limits_calls()) return {};
  std::vector<sock_filter> code = filter();
  const sock_fprog program = {.len = static_cast<unsigned short>(code.size()),
                              .filter = code.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
    return fail_errno(errno, "limit the system calls of the policy's process", {},
                      "the kernel needs CONFIG_SECCOMP_FILTER");
  }
  return {};
}

}  // namespace xdp_blacklist
