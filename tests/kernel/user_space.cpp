#include "kernel/user_space.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace btfreloc::test {
namespace {

/// Inode numbers of the first namespaces. Source: include/linux/proc_ns.h, PROC_USER_INIT_INO and
/// PROC_PID_INIT_INO.
constexpr ino_t kFirstUserNamespace = 0xEFFFFFFD;
constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;

struct ::stat status_of(const std::string& path) {
  struct ::stat status = {};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + path);
  return status;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A field of /proc/thread-self/stat, by its number in proc(5). The second one, a name in
/// parentheses, may hold blanks.
std::uint64_t stat_field(int number) {
  const std::string text = content_of("/proc/thread-self/stat");
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= number; ++i) rest >> field;
  return std::stoull(field);
}

std::uint64_t blocked_signals() {
  const std::string text = content_of("/proc/thread-self/status");
  constexpr std::string_view kName = "SigBlk:\t";
  return std::stoull(text.substr(text.find(kName) + kName.size()), nullptr, 16);
}

}  // namespace

std::string reason_to_skip() {
  if (::geteuid() != 0) return "not root";
  if (status_of("/proc/self/ns/pid").st_ino != kFirstPidNamespace ||
      status_of("/proc/self/ns/user").st_ino != kFirstUserNamespace) {
    return "in a namespace, where a process does not know its ids";
  }
  ::bpf_insn instructions[2] = {};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  instructions[1].code = BPF_JMP | BPF_EXIT;
  const int program = ::bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "probe", "GPL", instructions,
                                      std::size(instructions), nullptr);
  if (program < 0) return std::string("bpf() is refused: ") + std::strerror(-program);
  ::close(program);
  return "";
}

// What the kernel does not grant stays as it is: own_task() reads back what came of it.
void become_conspicuous() {
  ::prctl(PR_SET_NAME, "conspicuous");
  ::prctl(PR_SET_TIMERSLACK, 123457);  // nanoseconds
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::setpriority(PRIO_PROCESS, 0, 7);
  ::personality(ADDR_NO_RANDOMIZE);
  // Only some may go below what they were started with.
  std::ofstream("/proc/self/oom_score_adj") << 321;
  std::ofstream("/proc/self/oom_score_adj") << -321;

  rlimit limit = {};
  ::getrlimit(RLIMIT_STACK, &limit);
  limit.rlim_cur = 7654321;  // bytes
  ::setrlimit(RLIMIT_STACK, &limit);

  const sched_param no_priority = {};
  ::sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &no_priority);

  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR2);
  ::sigaddset(&signals, SIGWINCH);
  ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);

  ::setfsuid(54321);
}

task_values own_task() {
  task_values values = {};
  const auto exe = status_of("/proc/self/exe");
  values.exe_inode = exe.st_ino;
  values.exe_ctime = static_cast<std::uint64_t>(exe.st_ctime);
  values.start_boottime = stat_field(22);
  values.timer_slack = static_cast<std::uint64_t>(::prctl(PR_GET_TIMERSLACK));
  values.blocked_signals = blocked_signals();
  values.arg_start = stat_field(48);
  rlimit limit = {};
  ::getrlimit(RLIMIT_STACK, &limit);
  values.stack_limit = limit.rlim_cur;
  constexpr unsigned long kOnlyAsk = 0xffffffff;
  values.personality = static_cast<std::uint64_t>(::personality(kOnlyAsk));

  values.pid = static_cast<std::uint32_t>(::gettid());
  values.tgid = values.leader_pid = static_cast<std::uint32_t>(::getpid());
  values.parent_tgid = static_cast<std::uint32_t>(::getppid());
  values.fsuid = static_cast<std::uint32_t>(::setfsuid(static_cast<uid_t>(-1)));
  values.state = 0;  // TASK_RUNNING
  const int policy = ::sched_getscheduler(0);
  values.policy = static_cast<std::uint32_t>(policy & ~SCHED_RESET_ON_FORK);
  values.reset_on_fork = (policy & SCHED_RESET_ON_FORK) != 0;
  int subreaper = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
  values.child_subreaper = static_cast<std::uint32_t>(subreaper);
  // Nice values -20 to 19 are priorities 100 to 139. Source: include/linux/sched/prio.h.
  values.static_prio = 120 + ::getpriority(PRIO_PROCESS, 0);
  values.oom_score_adj = std::stoi(content_of("/proc/self/oom_score_adj"));

  const std::string namespaces = "/proc/thread-self/ns/";
  values.mnt_ns = static_cast<std::uint32_t>(status_of(namespaces + "mnt").st_ino);
  values.uts_ns = static_cast<std::uint32_t>(status_of(namespaces + "uts").st_ino);
  values.ipc_ns = static_cast<std::uint32_t>(status_of(namespaces + "ipc").st_ino);
  values.net_ns = static_cast<std::uint32_t>(status_of(namespaces + "net").st_ino);
  ::prctl(PR_GET_NAME, values.comm);
  return values;
}

task_values in_ticks(task_values values) {
  constexpr std::uint64_t kNanosecondsPerTick = 10'000'000;
  values.start_boottime /= kNanosecondsPerTick;
  return values;
}

std::string kernel_release() {
  utsname names = {};
  ::uname(&names);
  return names.release;
}

}  // namespace btfreloc::test
