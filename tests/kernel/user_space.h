#pragma once

#include <string>

#include "kernel/values.h"

namespace btfreloc::test {

/// Why programs cannot be loaded, or processes do not know their own ids; "" when they can.
std::string reason_to_skip();

/// Gives the calling thread, and partly its process, attributes that few others have.
void become_conspicuous();

/// What the calling thread knows of itself. start_boottime is in clock ticks: see in_ticks().
task_values own_task();

/// start_boottime as user space is told it: in clock ticks, 100 a second.
task_values in_ticks(task_values values);

/// As `uname -r` says.
std::string kernel_release();

}  // namespace btfreloc::test
