#include "kernel/values.h"

#include <fmt/format.h>

#include <cstring>
#include <span>

namespace btfreloc::test {
namespace {

template <class Number>
Fact fact(const char* name, Number value) {
  return {name, fmt::to_string(value)};
}

}  // namespace

std::vector<Fact> facts_of(const task_values& values) {
  const std::string comm(values.comm, ::strnlen(values.comm, sizeof values.comm));
  return {
      fact("exe_inode", values.exe_inode),
      fact("exe_ctime", values.exe_ctime),
      fact("start_boottime", values.start_boottime),
      fact("timer_slack", values.timer_slack),
      fact("blocked_signals", values.blocked_signals),
      fact("arg_start", values.arg_start),
      fact("stack_limit", values.stack_limit),
      fact("personality", values.personality),
      fact("pid", values.pid),
      fact("tgid", values.tgid),
      fact("parent_tgid", values.parent_tgid),
      fact("leader_pid", values.leader_pid),
      fact("fsuid", values.fsuid),
      fact("state", values.state),
      fact("policy", values.policy),
      fact("reset_on_fork", values.reset_on_fork),
      fact("child_subreaper", values.child_subreaper),
      fact("static_prio", values.static_prio),
      fact("oom_score_adj", values.oom_score_adj),
      fact("mnt_ns", values.mnt_ns),
      fact("uts_ns", values.uts_ns),
      fact("ipc_ns", values.ipc_ns),
      fact("net_ns", values.net_ns),
      {"comm", comm},
  };
}

std::vector<Fact> facts_of(const type_values& values) {
  return {
      fact("size_task", values.size_task),
      fact("size_inode", values.size_inode),
      fact("size_kuid", values.size_kuid),
      fact("id_task", values.id_task),
      fact("id_local_task", values.id_local_task),
      fact("offset_pid", values.offset_pid),
      fact("offset_tgid", values.offset_tgid),
      fact("offset_comm", values.offset_comm),
      fact("offset_rlim_3", values.offset_rlim_3),
      fact("size_comm", values.size_comm),
      fact("size_pointer", values.size_pointer),
      fact("is_pid_signed", values.is_pid_signed),
      fact("is_flags_signed", values.is_flags_signed),
      fact("pidtype_tgid", values.pidtype_tgid),
      fact("pidtype_sid", values.pidtype_sid),
      fact("zone_movable", values.zone_movable),
      fact("lru_unevictable", values.lru_unevictable),
      fact("context_kernel", values.context_kernel),
      fact("has_arena", values.has_arena),
      fact("arena", values.arena),
      fact("has_state", values.has_state),
      fact("has_old_state", values.has_old_state),
      fact("has_task", values.has_task),
      fact("has_missing", values.has_missing),
      fact("has_missing_member", values.has_missing_member),
      fact("matches_list_head", values.matches_list_head),
      fact("matches_old_task", values.matches_old_task),
  };
}

std::vector<Fact> facts_of(const private_values& values) {
  return {
      {"record", fmt::format("{:02x}", fmt::join(std::span(values.record), ""))},
      fact("size", values.size),
      fact("wide", values.wide),
      fact("negative", values.negative),
      fact("loaded", values.loaded),
      fact("shrunk", values.shrunk),
      fact("bits", values.bits),
      fact("signed_bits", values.signed_bits),
  };
}

}  // namespace btfreloc::test
