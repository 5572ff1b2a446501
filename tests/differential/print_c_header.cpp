#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "base/mapped_file.h"
#include "btf/header/c_header.h"

// print_c_header [none|attribute|tag] BTF [BASE]: the C header of a raw BTF file, for tests.

int main(int argc, char** argv) {
  using namespace btfreloc;
  if (argc < 3) return 2;
  const std::string core = argv[1];
  const auto file = MappedFile::open(argv[2]);
  const auto base_file = MappedFile::open(argv[argc > 3 ? 3 : 2]);
  if (!file || !base_file) return 2;
  std::optional<btf::View> base;
  if (argc > 3) {
    auto opened = btf::View::open(base_file->bytes());
    if (!opened) return 2;
    base = std::move(*opened);
  }
  const auto view = btf::View::open(file->bytes(), base ? &*base : nullptr);
  if (!view) return 2;
  btf::HeaderSelection selection = btf::HeaderSelection::all(*view);
  selection.add_kfuncs();
  constexpr std::size_t kWritten = 1 << 16;
  TextBuffer text(2 * kWritten);
  const auto write = [&](std::size_t least) {
    if (text.size() < least) return;
    std::fwrite(text.view().data(), 1, text.size(), stdout);
    text.clear();
  };
  const auto notes = btf::print_c_header(text, selection,
                                         {.co_re = core == "none"        ? btf::CoRe::none
                                                   : core == "attribute" ? btf::CoRe::attribute
                                                                         : btf::CoRe::tag,
                                          .on_text = [&] { write(kWritten); }});
  write(0);
  for (const btf::HeaderNote& note : notes) {
    std::fprintf(stderr, "[%u] %s: %s\n", note.type.value,
                 std::string(note.member.value_or("")).c_str(), std::string(note.reason).c_str());
  }
  return 0;
}
