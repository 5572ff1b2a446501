#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <span>
#include <string>

namespace btfreloc::test {

/// Runs a linked program in this process, its addresses being those of `image`. The kernel's
/// verifier follows no pointer that lies in a map; this does. Understands what -mcpu=v3 may hold,
/// and of the helpers only bpf_probe_read_kernel(). Returns what the program did that it must not
/// do, empty when there was nothing: touched memory outside of the image and its stack, reached a
/// poisoned instruction, did not end.
std::string run_in_process(std::span<const bpf_insn> program, std::span<std::byte> image);

}  // namespace btfreloc::test
