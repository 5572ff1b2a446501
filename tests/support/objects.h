#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "object/object.h"
#include "support/errors.h"

namespace btfreloc::test {

/// An object file and what was read from it.
struct OpenObject {
  MappedFile file;
  object::Object object;
};

inline OpenObject open_object(const std::string& path) {
  auto file = must(MappedFile::open(path));
  auto object = must(object::Object::open(file.bytes()));
  return {std::move(file), std::move(object)};
}

inline std::string object_path(const std::string& name) {
  return BTFRELOC_TESTDATA "/objects/" + name;
}

/// One of testdata/objects, like "maps.bpfel.o".
inline OpenObject test_object(const std::string& name) { return open_object(object_path(name)); }

/// Files of a folder with this ending, by name; none when there is no such folder.
inline std::vector<std::string> files_in(const std::filesystem::path& folder,
                                         const std::string& ending) {
  std::vector<std::string> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().string().ends_with(ending)) paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

/// The objects that ship with the repository, those for benchmarks left out.
inline std::vector<std::string> test_objects(const std::string& ending = ".o") {
  return files_in(BTFRELOC_TESTDATA "/objects", ending);
}

/// A folder of the corpus; one that does not exist without BTFRELOC_CORPUS.
inline std::filesystem::path corpus(const std::string& folder) {
  const char* root = std::getenv("BTFRELOC_CORPUS");
  return root == nullptr ? "/nonexistent" : std::filesystem::path(root) / folder;
}

/// Objects of other projects; none without BTFRELOC_CORPUS.
inline std::vector<std::string> corpus_objects() {
  return files_in(corpus("objects/libbpf-tools"), ".o");
}

/// The BTF of a few kernels, compressed: 64-bit, 32-bit and big-endian ones.
inline std::vector<std::string> corpus_kernels() {
  std::vector<std::string> paths;
  for (const char* machine : {"amd64", "i386", "s390x"}) {
    const auto kernels = files_in(corpus("kernels") / machine, ".btf.xz");
    if (!kernels.empty()) paths.push_back(kernels.back());
  }
  return paths;
}

}  // namespace btfreloc::test
