#pragma once

#include <vector>

#include "kernel/facts.h"
#include "objects/kernel_values.h"

namespace btfreloc::test {

/// The members of what a program stores, by name.
std::vector<Fact> facts_of(const task_values& values);
std::vector<Fact> facts_of(const type_values& values);
std::vector<Fact> facts_of(const private_values& values);

}  // namespace btfreloc::test
