/// Runs every program of a relocated object, in the kernel where its verifier can follow it and in
/// this process always, and the function of the library that was compiled with the target's
/// layouts from the same source. Both get the same memory, random but for pointers and booleans;
/// the values returned and all of the memory must then agree.
///
/// run_layouts OBJECT LIBRARY SEED [--no-kernel] prints a line for each program that
/// did something else, and at the end how many were run.

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <random>
#include <stdexcept>

#include "layouts_abi.h"
#include "linked_program.h"
#include "machine.h"

namespace btfreloc::test {
namespace {

constexpr int kRuns = 3;
constexpr int kNotPermitted = 77;

using Memory = std::array<unsigned char, kMemoryBytes>;

struct Outcome {
  std::string fault;
  std::uint64_t result = 0;
  Memory memory;
};

struct Library {
  const layout_functions* layouts;
  std::span<const access_function> functions;
};

Library open_library(const char* path) {
  void* library = ::dlopen(path, RTLD_NOW);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto* count = static_cast<const unsigned*>(::dlsym(library, "function_count"));
  const auto* functions = static_cast<const access_function*>(::dlsym(library, "functions"));
  const auto* layouts = static_cast<const layout_functions*>(::dlsym(library, "layouts"));
  if (count == nullptr || functions == nullptr || layouts == nullptr) {
    throw std::runtime_error("not a library of layouts");
  }
  return {layouts, {functions, *count}};
}

/// The data of the object, in a map of the kernel when there is one.
class Image {
 public:
  Image(const LinkedObject& object, bool kernel)
      : size_(object.image().size()),
        memory_(object.variable("memory")),
        result_(object.variable("result")),
        index_(object.variable("argument")) {
    if (kernel) create_map();
    const int flags = kernel ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    bytes_ =
        static_cast<std::byte*>(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, flags, map_, 0));
    if (bytes_ == MAP_FAILED) throw std::runtime_error("mmap");
    std::memcpy(bytes_, object.image().data(), size_);
    if (kernel) find_kernel_address();
  }

  int map() const { return map_; }
  std::span<std::byte> bytes() const { return {bytes_, size_}; }
  unsigned char* memory() const { return reinterpret_cast<unsigned char*>(bytes_) + memory_; }
  unsigned long address() const { return reinterpret_cast<unsigned long>(memory()); }
  unsigned long kernel_address() const { return kernel_ + memory_; }

  void prepare(const Memory& memory, std::uint64_t index) {
    std::memcpy(this->memory(), memory.data(), memory.size());
    set(index_, index);
    set(result_, 0xdeadbeef);
  }

  void read(Outcome* outcome) const {
    std::memcpy(outcome->memory.data(), memory(), outcome->memory.size());
    std::memcpy(&outcome->result, bytes_ + result_, sizeof outcome->result);
  }

 private:
  void set(std::size_t offset, std::uint64_t value) {
    std::memcpy(bytes_ + offset, &value, sizeof value);
  }

  void create_map() {
    ::bpf_map_create_opts options = {};
    options.sz = sizeof options;
    options.map_flags = BPF_F_MMAPABLE;
    map_ = ::bpf_map_create(BPF_MAP_TYPE_ARRAY, "layouts", sizeof(std::uint32_t),
                            static_cast<std::uint32_t>(size_), 1, &options);
    if (map_ >= 0) return;
    if (errno != EPERM && errno != ENOSYS) throw std::runtime_error("bpf_map_create");
    std::printf("skipped: bpf(): %s\n", std::strerror(errno));
    std::exit(kNotPermitted);
  }

  void find_kernel_address();

  std::size_t size_, memory_, result_, index_;
  int map_ = -1;
  std::byte* bytes_ = nullptr;
  unsigned long kernel_ = 0;
};

/// A program in the kernel. Without one, `fault` says what the verifier said.
class KernelProgram {
 public:
  KernelProgram(std::vector<bpf_insn> insns, int map) {
    for (bpf_insn& insn : insns) {
      if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_MAP_VALUE) {
        insn.imm = map;
      }
    }
    program_ = load(insns, nullptr);
    if (program_ >= 0) return;
    std::vector<char> log(1 << 20);
    program_ = load(insns, &log);
    if (program_ < 0) fault_ = last_lines(log.data());
  }
  KernelProgram(const KernelProgram&) = delete;
  KernelProgram& operator=(const KernelProgram&) = delete;
  ~KernelProgram() {
    if (program_ >= 0) ::close(program_);
  }

  const std::string& fault() const { return fault_; }

  std::string run() const {
    ::bpf_test_run_opts options = {};
    options.sz = sizeof options;
    return ::bpf_prog_test_run_opts(program_, &options) == 0 ? "" : std::strerror(errno);
  }

 private:
  static int load(const std::vector<bpf_insn>& insns, std::vector<char>* log) {
    ::bpf_prog_load_opts options = {};
    options.sz = sizeof options;
    if (log != nullptr) {
      options.log_level = 1;
      options.log_buf = log->data();
      options.log_size = static_cast<std::uint32_t>(log->size());
    }
    return ::bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "layouts", "GPL", insns.data(),
                           insns.size(), &options);
  }

  static std::string last_lines(std::string log) {
    const auto end = log.rfind("\nprocessed ");
    if (end != std::string::npos) log.resize(end);
    std::string tail = log.size() > 200 ? log.substr(log.size() - 200) : log;
    for (char& c : tail) {
      if (c == '\n' || c == '\t') c = '|';
    }
    return tail.empty() ? std::strerror(errno) : tail;
  }

  int program_ = -1;
  std::string fault_;
};

void Image::find_kernel_address() {
  constexpr std::uint8_t kLoadAddress = BPF_LD | BPF_IMM | BPF_DW;
  const std::vector<bpf_insn> insns = {
      {kLoadAddress, 1, BPF_PSEUDO_MAP_VALUE, 0, 0},
      {0, 0, 0, 0, 0},
      {kLoadAddress, 2, BPF_PSEUDO_MAP_VALUE, 0, 0},
      {0, 0, 0, 0, static_cast<std::int32_t>(result_)},
      {BPF_STX | BPF_MEM | BPF_DW, 2, 1, 0, 0},
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const KernelProgram program(insns, map_);
  if (!program.fault().empty() || !program.run().empty()) {
    throw std::runtime_error("cannot learn the address of the map: " + program.fault());
  }
  std::memcpy(&kernel_, bytes_ + result_, sizeof kernel_);
}

class Comparison {
 public:
  Comparison(const LinkedObject& object, Library library, Image* image, std::uint64_t seed)
      : object_(object), library_(library), image_(image), seed_(seed) {}

  void compare(const access_function& function) {
    const auto program = object_.link("p" + std::to_string(function.number));
    compare_in_process(function, program);
    if (image_->map() < 0 || function.kernel == 0) return;
    const KernelProgram loaded(program, image_->map());
    if (!loaded.fault().empty()) {
      ++refused_;
      std::printf("%u\tkernel\trefused\t%s\n", function.number, loaded.fault().c_str());
      return;
    }
    ++kernel_;
    for (int run = 0; run < kRuns; ++run) {
      const Memory start = random_memory(function, run, image_->kernel_address());
      Outcome got;
      image_->prepare(start, index(function, run));
      got.fault = loaded.run();
      image_->read(&got);
      move_pointers(function, &got.memory);
      if (!agree(function, run, "kernel", got)) return;
    }
  }

  void finish() const {
    std::printf("ran\t%zu\t%zu\t%zu\n", library_.functions.size(), kernel_, refused_);
  }

 private:
  void compare_in_process(const access_function& function, const std::vector<bpf_insn>& program) {
    for (int run = 0; run < kRuns; ++run) {
      Outcome got;
      image_->prepare(random_memory(function, run, image_->address()), index(function, run));
      got.fault = run_in_process(program, image_->bytes());
      image_->read(&got);
      if (!agree(function, run, "process", got)) return;
    }
  }

  std::uint64_t index(const access_function& function, int run) const {
    if (run == 0) return 0;
    return std::mt19937_64(seed_ + function.number * 8 + static_cast<unsigned>(run))();
  }

  Memory random_memory(const access_function& function, int run, unsigned long base) const {
    Memory memory;
    std::mt19937_64 random(seed_ + function.layout * 8 + static_cast<unsigned>(run));
    for (std::size_t i = 0; i < memory.size(); i += 8) {
      const std::uint64_t word = random();
      std::memcpy(memory.data() + i, &word, sizeof word);
    }
    // Not in `memory`: the records may ask for an alignment.
    image_->prepare(memory, 0);
    library_.layouts[function.layout].pointers(image_->memory(), base);
    library_.layouts[function.layout].bools(image_->memory());
    std::memcpy(memory.data(), image_->memory(), memory.size());
    return memory;
  }

  /// Pointers that are as they were before, into the kernel's memory, become pointers into ours.
  void move_pointers(const access_function& function, Memory* memory) const {
    const auto& pointers = library_.layouts[function.layout].pointers;
    std::memcpy(image_->memory(), memory->data(), memory->size());
    pointers(image_->memory(), image_->kernel_address());
    if (std::memcmp(image_->memory(), memory->data(), memory->size()) != 0) return;
    pointers(image_->memory(), image_->address());
    std::memcpy(memory->data(), image_->memory(), memory->size());
  }

  bool agree(const access_function& function, int run, const char* engine, const Outcome& got) {
    Outcome expected;
    image_->prepare(random_memory(function, run, image_->address()), 0);
    expected.result = function.run(image_->memory(), index(function, run));
    std::memcpy(expected.memory.data(), image_->memory(), expected.memory.size());
    if (!got.fault.empty()) {
      std::printf("%u\t%s\twrong\ti = %#llx: %s\n", function.number, engine,
                  static_cast<unsigned long long>(index(function, run)), got.fault.c_str());
      return false;
    }
    if (got.result == expected.result && got.memory == expected.memory) return true;
    std::string text;
    if (got.result != expected.result) {
      char values[128];
      std::snprintf(values, sizeof values, " expected %#llx, got %#llx;",
                    static_cast<unsigned long long>(expected.result),
                    static_cast<unsigned long long>(got.result));
      text += values;
    }
    int shown = 0;
    for (std::size_t i = 0; i < got.memory.size() && shown < 6; ++i) {
      if (got.memory[i] == expected.memory[i]) continue;
      char byte[64];
      std::snprintf(byte, sizeof byte, " byte %zu: expected %02x, got %02x;", i,
                    unsigned{expected.memory[i]}, unsigned{got.memory[i]});
      text += byte;
      ++shown;
    }
    std::printf("%u\t%s\twrong\ti = %#llx:%s\n", function.number, engine,
                static_cast<unsigned long long>(index(function, run)), text.c_str());
    return false;
  }

  const LinkedObject& object_;
  Library library_;
  Image* image_;
  std::uint64_t seed_;
  std::size_t kernel_ = 0, refused_ = 0;
};

int run(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("run_layouts OBJECT LIBRARY SEED [--no-kernel]");
  const ::rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
  const LinkedObject object(argv[1]);
  const Library library = open_library(argv[2]);
  Image image(object, argc == 4);
  Comparison comparison(object, library, &image, std::stoull(argv[3]));
  for (const access_function& function : library.functions) comparison.compare(function);
  comparison.finish();
  return 0;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) try {
  return btfreloc::test::run(argc, argv);
} catch (const std::exception& error) {
  std::fprintf(stderr, "run_layouts: %s\n", error.what());
  return 2;
}
