#include "core/pairs_program.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace btfreloc::test {

int run(const PairsProgram& program, int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: {} PAIRS [SEED]\n", program.name);
    return 2;
  }
  const std::size_t pairs = std::strtoul(argv[1], nullptr, 10);
  libbpf_set_print(nullptr);
  const std::string parameters =
      fmt::format("seed={} max_success={} max_size=100", argc > 2 ? argv[2] : "1", pairs);
  ::setenv("RC_PARAMS", parameters.c_str(), 1);
  const bool holds = rc::check(program.claim, [&program] {
    program.compare(*rc::gen::resize(
        rc::kNominalSize * 10, rc::gen::container<std::vector<std::uint8_t>>(
                                   program.bytes_per_pair, rc::gen::arbitrary<std::uint8_t>())));
  });
  const bool is_enough = program.print_tally(pairs);
  return holds && is_enough ? 0 : 1;
}

}  // namespace btfreloc::test
