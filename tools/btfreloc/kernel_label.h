#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/column.h"

// What kernels are called, and what their names tell. Every function fills in only what is still
// empty, so that who is asked first decides: a banner before a release, a release before a path.

namespace btfreloc::tool {

/// True for what begins as releases do: "6.12.107+deb13-amd64", "5.4".
bool looks_like_release(std::string_view text);

/// The release of the file that holds a kernel, or its modules: "6.1.0-56-amd64" of
/// "boot/vmlinuz-6.1.0-56-amd64" and "6.1.0-56-amd64.btf.xz"; "" when the name has none.
std::string release_of_file(std::string_view path);

/// "veth" of "kernel/net/veth.ko.xz": without endings, and with '_' for '-' as the kernel has it.
std::string module_of_file(std::string_view path);

/// A file's name without the endings that say how it is packed, or that it has BTF.
std::string_view without_endings(std::string_view name);

/// As uname -m says it: "x86_64" of "amd64". "" for what is no architecture.
std::string arch_of_word(std::string_view word);
/// The same for EM_* of an ELF file.
std::string arch_of_machine(std::uint16_t machine, bool is_big_endian = false);

/// All that a release tells: distribution, flavour, architecture, and where the distribution keeps
/// it there, the version.
void add_facts_of_release(kernels::Column& column);

/// All that "Linux version 6.1.0-56-amd64 (debian-kernel@...) ..." tells, the release included.
void add_facts_of_banner(std::string_view banner, kernels::Column& column);

/// The architecture and distribution that folders tell: BTFHub's ubuntu/20.04/x86_64/FILE.
void add_facts_of_path(std::string_view path, kernels::Column& column);

/// The release of a distribution that folders tell: "20.04"; "" for none.
std::string distribution_release_of_path(std::string_view path);

/// Text of a file made fit for a label: no control characters, blanks or '/', and not too long.
std::string label_of(std::string_view text);

}  // namespace btfreloc::tool
