#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/kernel_parts.h"
#include "kernels/extract.h"

namespace btfreloc::tool {
namespace {

using kernels::Extracted;

/// A kernel with its modules, extracted.
struct SetKernel {
  std::shared_ptr<const SetFile> file;
  std::size_t column;
  Extracted::Ids ids;
  Extracted kernel;
  std::vector<Extracted> modules = {};

  Result<std::vector<core::Module>> open_modules() {
    const std::vector<std::size_t> numbers = file->set().modules_of(column);
    modules.reserve(numbers.size());
    std::size_t bytes = 0;
    for (const std::size_t number : numbers) {
      auto module = Extracted::from(file->set(), number, ids, &kernel);
      if (!module) return std::unexpected(file->in_file(std::move(module).error()));
      bytes += module->bytes().size();
      if (bytes > kMaxModuleBytes) return fail_many_modules(file->path());
      modules.push_back(*std::move(module));
    }
    std::vector<core::Module> found;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      found.push_back({.name = file->column(numbers[i]).module, .btf = &modules[i].btf()});
    }
    return found;
  }
};

}  // namespace

Result<KernelParts> kernel_of_set(const SetAddress& address, TypeIds ids) {
  TRY(SetKernels found, find_kernels(address));
  const SetFile& file = *found.file;
  if (found.columns.size() > 1) {
    std::vector<std::string> labels;
    for (const std::size_t number : found.columns) labels.push_back(file.column(number).label);
    return fail(Errc::unsupported, fmt::format("{} kernels, and one is needed", labels.size()),
                {.file = address.set}, name_one_of(labels));
  }
  const std::size_t number = found.columns[0];
  const kernels::Column& column = file.column(number);
  const bool keeps_ids = column.keeps_ids && ids == TypeIds::kept;
  const auto asked = keeps_ids ? Extracted::Ids::original : Extracted::Ids::any;
  auto kernel = Extracted::from(file.set(), number, asked);
  if (!kernel) return std::unexpected(file.in_file(std::move(kernel).error()));
  const auto opened = std::make_shared<SetKernel>(
      SetKernel{.file = found.file, .column = number, .ids = asked, .kernel = *std::move(kernel)});
  KernelParts parts{.label = column.label,
                    .release = column.release,
                    .arch = column.arch,
                    .keeps_ids = keeps_ids,
                    .btf = std::shared_ptr<const btf::View>(opened, &opened->kernel.btf())};
  if (!file.set().modules_of(number).empty()) {
    parts.modules = [opened] { return opened->open_modules(); };
  }
  return parts;
}

}  // namespace btfreloc::tool
