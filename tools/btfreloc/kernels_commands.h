#pragma once

#include <cstdint>
#include <string>

#include "btfreloc/command.h"
#include "btfreloc/json.h"
#include "btfreloc/set_file.h"

namespace btfreloc::tool {

// The subcommands of `btfreloc kernels`, each in a file of its own: they define their options.

Runner add_kernels_add(CLI::App& command);      ///< kernels_add.cpp
Runner add_kernels_list(CLI::App& command);     ///< kernels_list.cpp
Runner add_kernels_info(CLI::App& command);     ///< kernels_info.cpp
Runner add_kernels_extract(CLI::App& command);  ///< kernels_extract.cpp
Runner add_kernels_remove(CLI::App& command);   ///< kernels_remove.cpp
Runner add_kernels_verify(CLI::App& command);   ///< kernels_verify.cpp
Runner add_kernels_scan(CLI::App& command);     ///< kernels_scan.cpp
Runner add_kernels_repack(CLI::App& command);   ///< kernels_remove.cpp

/// Of all their JSON.
inline constexpr const char* kKernelsSchema = "btfreloc.kernels/1";

/// "1 kernel", "2 kernels".
std::string count_of(std::uint64_t number, std::string_view what);

/// Kernels, modules and bytes of a set, for summaries.
struct SetCounts {
  std::size_t kernels = 0;
  std::size_t modules = 0;
  std::uint64_t bytes = 0;

  static SetCounts of(const kernels::Set& set);
  static SetCounts of(const std::vector<kernels::Column>& columns, std::uint64_t bytes);
};

/// "SET: 12 kernels and 15 modules, 2,481,392 bytes (2,470,112 before)"
std::string summary_of(const std::string& set, const SetCounts& before, const SetCounts& after);

}  // namespace btfreloc::tool
