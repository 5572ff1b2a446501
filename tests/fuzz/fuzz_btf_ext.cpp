#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "btf/ext.h"
#include "btf/view.h"

// A BTF blob with the .BTF.ext that goes with it right behind.

namespace btfreloc {
namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

void look_at(const btf::Ext& ext, const btf::View& btf, std::size_t size) {
  expect(ext.end <= size);
  std::size_t records = 0;
  for (const auto& section : ext.func_info) records += section.records.size();
  for (const auto& section : ext.line_info) {
    records += section.records.size();
    for (const btf::LineInfo& line : section.records) {
      expect(btf.has_string(line.file) && btf.has_string(line.text));
    }
  }
  for (const auto& section : ext.core_relo) {
    records += section.records.size();
    for (const btf::CoreRelo& relo : section.records) expect(relo.file_offset < size);
  }
  // The shortest has 8 bytes, and each byte can be in all three parts.
  expect(records <= size / 8 * 3);
}

}  // namespace
}  // namespace btfreloc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfreloc;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto view = btf::View::open(bytes);
  if (!view) return 0;
  const Bytes rest = bytes.subspan(std::min<std::size_t>(view->header().end(), size));
  const auto ext = btf::Ext::open(rest, *view);
  if (ext) {
    look_at(*ext, *view, rest.size());
  } else {
    expect(!ext.error().message.empty() && ext.error().where.offset.has_value());
  }
  return 0;
}
