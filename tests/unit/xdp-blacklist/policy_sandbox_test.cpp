#include "xdp-blacklist/policy/policy_sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

namespace xdp_blacklist {
namespace {

/// What `attempt` gives in a process that is in the sandbox; its exit status, or 100 + signal.
template <class F>
int inside(F&& attempt) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0) return -1;
  const pid_t process = fork();
  if (process == 0) _exit(enter_sandbox(sockets[1]) ? attempt() : 99);
  int status = 0;
  waitpid(process, &status, 0);
  close(sockets[0]);
  close(sockets[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/// 0 when the call was refused.
int refused(long result) { return result < 0 && errno == EPERM ? 0 : 1; }

class PolicySandbox : public testing::Test {
 protected:
  void SetUp() override {
    if (!sandbox_limits_calls()) GTEST_SKIP() << "system calls are not limited in this build";
  }
};

TEST_F(PolicySandbox, OpensNothing) {
  EXPECT_EQ(inside([] { return refused(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY)); }),
            0);
  EXPECT_EQ(inside([] { return refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(inside([] { return refused(syscall(SYS_bpf, 0, nullptr, 0)); }), 0);
}

TEST_F(PolicySandbox, StartsAndSignalsNothing) {
  EXPECT_EQ(inside([] { return refused(syscall(SYS_execve, "/bin/true", nullptr, nullptr)); }), 0);
  EXPECT_EQ(inside([] { return refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }), 0);
  EXPECT_EQ(inside([parent = getpid()] { return refused(syscall(SYS_kill, parent, 0)); }), 0);
  EXPECT_EQ(inside([parent = getpid()] { return refused(syscall(SYS_tgkill, parent, parent, 0)); }),
            0);
  EXPECT_EQ(inside([parent = getpid()] { return refused(syscall(SYS_ptrace, 16, parent, 0, 0)); }),
            0);
}

TEST_F(PolicySandbox, CanStillAbort) {
  EXPECT_GT(inside([] { return abort(), 0; }), 100);
}

TEST_F(PolicySandbox, MakesNoCode) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
  EXPECT_EQ(inside([] {
              return refused(syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, kFlags, -1, 0));
            }),
            0);
  EXPECT_EQ(inside([] {
              const long map = syscall(SYS_mmap, 0, 4096, PROT_READ, kFlags, -1, 0);
              return map < 0 ? 2 : refused(syscall(SYS_mprotect, map, 4096, PROT_EXEC));
            }),
            0);
}

TEST_F(PolicySandbox, KeepsNoFilesButTheSocket) {
  const int other = open("/dev/null", O_RDWR);
  EXPECT_EQ(inside([other] { return write(other, "", 1) < 0 && errno == EBADF ? 0 : 1; }), 0);
  EXPECT_EQ(inside([] { return write(0, "x", 1) == 1 ? 0 : 1; }), 0);
  close(other);
}

TEST_F(PolicySandbox, HasMemory) {
  EXPECT_EQ(inside([] {
              std::string text;
              for (int i = 0; i < 100; ++i) text += std::string(100'000, 'x');
              return text.size() == 10'000'000 ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace xdp_blacklist
