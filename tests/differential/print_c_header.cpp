#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "btf/header/c_header.h"

// print_c_header [none|attribute|tag] BTF [BASE]: the C header of a raw BTF file, for tests.

namespace {

std::vector<char> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<char> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace btfreloc;
  if (argc < 3) return 2;
  const std::string core = argv[1];
  const std::vector<char> bytes = read_file(argv[2]);
  const std::vector<char> base_bytes = argc > 3 ? read_file(argv[3]) : std::vector<char>();
  std::optional<btf::View> base;
  if (argc > 3) {
    auto view = btf::View::open(std::as_bytes(std::span(base_bytes)));
    if (!view) return 2;
    base = std::move(*view);
  }
  const auto view = btf::View::open(std::as_bytes(std::span(bytes)), base ? &*base : nullptr);
  if (!view) {
    std::fprintf(stderr, "%s\n", view.error().message.c_str());
    return 2;
  }
  btf::HeaderSelection selection = btf::HeaderSelection::all(*view);
  selection.add_kfuncs();
  TextBuffer text;
  const auto notes = btf::print_c_header(text, selection,
                                         {.co_re = core == "none"        ? btf::CoRe::none
                                                   : core == "attribute" ? btf::CoRe::attribute
                                                                         : btf::CoRe::tag});
  std::fwrite(text.view().data(), 1, text.size(), stdout);
  for (const btf::HeaderNote& note : notes) {
    std::fprintf(stderr, "[%u] %s: %s\n", note.type.value,
                 std::string(note.member.value_or("")).c_str(), std::string(note.reason).c_str());
  }
  return 0;
}
