// Prints Rust headers, for tests that compare them with what rustc makes of them:
//
//   print_rust_header FILE [--co-re] [--no-asserts] [TYPE[.MEMBER]...]
//   print_rust_header --random COUNT
//
// FILE is BTF, or types in the raw notation. Without types, of all. COUNT headers are of random
// types, most of which no compiler would write; each is in a module of its own.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "btf/header/rust_header.h"
#include "btf/raw_parser.h"
#include "btf/view.h"
#include "support/random_btf.h"

namespace {

using namespace btfreloc;  // NOLINT(google-build-using-namespace): a program of its own

/// Structs, unions, enums and typedefs of the name, or the member of the structs and unions.
bool add(btf::HeaderSelection& selection, std::string_view path) {
  const btf::View& view = selection.view();
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  bool is_found = false;
  for (const TypeId id : view.named(name.substr(0, btf::essential_length(name)))) {
    if (view.name(id) != name) continue;
    if (dot == std::string_view::npos) {
      selection.add(id);
      is_found = true;
      continue;
    }
    const btf::Type type = view.decode(id);
    const auto* record = std::get_if<btf::Struct>(&type);
    if (record == nullptr) continue;
    for (std::uint32_t i = 0; i < record->members.size(); ++i) {
      if (view.string(record->members[i].name) != path.substr(dot + 1)) continue;
      selection.add_record(id, i);
      is_found = true;
    }
  }
  return is_found;
}

int print(const btf::HeaderSelection& selection, const btf::RustHeaderOptions& options) {
  TextBuffer out;
  for (const btf::HeaderNote& note : btf::print_rust_header(out, selection, options)) {
    const std::string type(selection.view().name(note.type));
    std::fprintf(stderr, "note: %s.%s: %s\n", type.c_str(),
                 std::string(note.member.value_or("")).c_str(), std::string(note.reason).c_str());
  }
  std::fwrite(out.view().data(), 1, out.size(), stdout);
  return 0;
}

/// Half of them for CO-RE, and half of the others in big endian.
int print_random(std::uint64_t count) {
  constexpr std::uint32_t kTypes = 120;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    test::Random random(seed);
    const std::endian order = seed % 4 == 0 ? std::endian::big : std::endian::little;
    const auto written = test::write(random, test::random_kernel(random, kTypes), {.order = order});
    const auto view = btf::View::open(written.bytes);
    if (!view) return 2;
    std::printf("mod random_%u {\n", static_cast<unsigned>(seed));
    print(btf::HeaderSelection::all(*view), {.co_re = seed % 2 != 0});
    std::printf("}\n");
  }
  return 0;
}

/// The file's BTF, or that of the types it writes out.
Result<std::vector<std::byte>> read(const std::string& path) {
  TRY(const MappedFile file, MappedFile::open(path));
  const Bytes bytes = file.bytes();
  if (bytes.empty() || bytes[0] != std::byte{'['}) {
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto types = btf::parse_raw(text, std::endian::little);
  if (!types) return fail(Errc::bad_format, types.error().message);
  return types->blob();
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  btf::RustHeaderOptions options;
  std::vector<std::string_view> names;
  for (const std::string_view argument : arguments) {
    if (argument == "--co-re") {
      options.co_re = true;
    } else if (argument == "--no-asserts") {
      options.asserts = false;
    } else {
      names.push_back(argument);
    }
  }
  if (names.empty()) return 2;
  if (names[0] == "--random" && names.size() == 2) {
    return print_random(std::strtoull(names[1].data(), nullptr, 10));
  }
  const auto bytes = read(std::string(names[0]));
  if (!bytes) return 2;
  const auto view = btf::View::open(*bytes);
  if (!view) return 2;
  if (names.size() == 1) return print(btf::HeaderSelection::all(*view), options);
  btf::HeaderSelection selection(*view);
  for (const std::string_view name : std::span(names).subspan(1)) {
    if (add(selection, name)) continue;
    std::fprintf(stderr, "there is no %s\n", std::string(name).c_str());
    return 1;
  }
  return print(selection, options);
}
