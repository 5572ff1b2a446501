#pragma once

#include <string>
#include <string_view>

#include "base/text_buffer.h"
#include "btf/value.h"

namespace btfreloc::btf {

/// Appends a value for people to read, without a newline at the end: on one line where it fits 100
/// columns, else with one member a line.
///
///   { pid = 7, comm = "sh", state = RUNNING, flags = [1, 0 <3 times>], next = 0xffff888000000000 }
///   Moved { from = 1, to = 2, weight = 9 }
///   <no variant for 9>
void print_value(TextBuffer& out, const Value& value);

/// What stands for a value that cannot be shown, without the brackets: "no variant for 9". "" for
/// others.
std::string problem_text(const Value& value);

/// "3.5", "1e+20", "nan"; as many digits as tell it from its neighbours.
std::string real_text(const Value::Real& real);

}  // namespace btfreloc::btf
