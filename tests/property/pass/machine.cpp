#include "machine.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace btfreloc::test {
namespace {

constexpr std::size_t kStackBytes = 512;
constexpr std::size_t kMostFrames = 8;
constexpr std::uint64_t kMostSteps = 1'000'000;
constexpr std::int32_t kProbeReadKernel = 113;

struct Frame {
  std::size_t back;
  std::array<std::uint64_t, 4> saved;  ///< r6 to r9.
};

class Machine {
 public:
  Machine(std::span<const bpf_insn> program, std::span<std::byte> image)
      : program_(program), image_(image), stack_(kStackBytes * kMostFrames) {
    r_[10] = address(stack_.data()) + kStackBytes;
  }

  std::string run() {
    for (std::uint64_t step = 0; step < kMostSteps; ++step) {
      if (pc_ >= program_.size()) return "ran out of the program";
      const bpf_insn& insn = program_[pc_++];
      if (insn.code == (BPF_JMP | BPF_EXIT)) {
        if (frames_.empty()) return "";
        leave();
        continue;
      }
      execute(insn);
      if (!fault_.empty()) return fault_ + " in instruction " + std::to_string(pc_ - 1);
    }
    return "does not end";
  }

 private:
  static std::uint64_t address(const void* p) { return reinterpret_cast<std::uint64_t>(p); }

  void fault(const std::string& what) { fault_ = what; }

  void execute(const bpf_insn& insn) {
    switch (BPF_CLASS(insn.code)) {
      case BPF_ALU: return arithmetic<std::uint32_t>(insn);
      case BPF_ALU64: return arithmetic<std::uint64_t>(insn);
      case BPF_JMP:
        return insn.code == (BPF_JMP | BPF_CALL) ? call(insn) : jump<std::uint64_t>(insn);
      case BPF_JMP32: return jump<std::uint32_t>(insn);
      case BPF_LD: return load_immediate(insn);
      case BPF_LDX: return load(insn);
      case BPF_ST:
        return store(insn, static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm)));
      default: return BPF_MODE(insn.code) == BPF_MEM ? store(insn, r_[insn.src_reg]) : atomic(insn);
    }
  }

  template <class U>
  void arithmetic(const bpf_insn& insn) {
    using S = std::make_signed_t<U>;
    constexpr U kShifts = sizeof(U) * 8 - 1;
    const bool immediate = BPF_SRC(insn.code) == BPF_K;
    const U right = immediate ? static_cast<U>(static_cast<std::int64_t>(insn.imm))
                              : static_cast<U>(r_[insn.src_reg]);
    const U left = static_cast<U>(r_[insn.dst_reg]);
    U result = 0;
    switch (BPF_OP(insn.code)) {
      case BPF_ADD: result = left + right; break;
      case BPF_SUB: result = left - right; break;
      case BPF_MUL: result = left * right; break;
      case BPF_DIV: result = right == 0 ? 0 : left / right; break;
      case BPF_MOD: result = right == 0 ? left : left % right; break;
      case BPF_OR: result = left | right; break;
      case BPF_AND: result = left & right; break;
      case BPF_XOR: result = left ^ right; break;
      case BPF_LSH: result = left << (right & kShifts); break;
      case BPF_RSH: result = left >> (right & kShifts); break;
      case BPF_ARSH: result = static_cast<U>(static_cast<S>(left) >> (right & kShifts)); break;
      case BPF_NEG: result = U{0} - left; break;
      case BPF_MOV:
        result = right;
        if (insn.off != 0) return fault("instruction newer than v3");
        break;
      default: return fault("unknown arithmetic");
    }
    r_[insn.dst_reg] = result;
  }

  template <class U>
  void jump(const bpf_insn& insn) {
    using S = std::make_signed_t<U>;
    const U left = static_cast<U>(r_[insn.dst_reg]);
    const U right = BPF_SRC(insn.code) == BPF_K
                        ? static_cast<U>(static_cast<std::int64_t>(insn.imm))
                        : static_cast<U>(r_[insn.src_reg]);
    const S a = static_cast<S>(left), b = static_cast<S>(right);
    bool taken = false;
    switch (BPF_OP(insn.code)) {
      case BPF_JA: taken = true; break;
      case BPF_JEQ: taken = left == right; break;
      case BPF_JNE: taken = left != right; break;
      case BPF_JGT: taken = left > right; break;
      case BPF_JGE: taken = left >= right; break;
      case BPF_JLT: taken = left < right; break;
      case BPF_JLE: taken = left <= right; break;
      case BPF_JSGT: taken = a > b; break;
      case BPF_JSGE: taken = a >= b; break;
      case BPF_JSLT: taken = a < b; break;
      case BPF_JSLE: taken = a <= b; break;
      case BPF_JSET: taken = (left & right) != 0; break;
      default: return fault("unknown jump");
    }
    if (taken) pc_ += static_cast<std::size_t>(static_cast<std::int64_t>(insn.off));
  }

  void call(const bpf_insn& insn) {
    if (insn.src_reg != BPF_PSEUDO_CALL) {
      if (insn.imm != kProbeReadKernel) return fault("a call of " + std::to_string(insn.imm));
      if (!reachable(r_[1], r_[2]) || !reachable(r_[3], r_[2])) return fault("a wild address");
      std::memmove(pointer(r_[1]), pointer(r_[3]), r_[2]);
      r_[0] = 0;
      return;
    }
    if (frames_.size() + 1 == kMostFrames) return fault("too many calls");
    frames_.push_back({pc_, {r_[6], r_[7], r_[8], r_[9]}});
    r_[10] += kStackBytes;
    pc_ += static_cast<std::size_t>(static_cast<std::int64_t>(insn.imm));
  }

  void leave() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    for (std::size_t i = 0; i < frame.saved.size(); ++i) r_[6 + i] = frame.saved[i];
    r_[10] -= kStackBytes;
    pc_ = frame.back;
  }

  void load_immediate(const bpf_insn& insn) {
    if (insn.code != (BPF_LD | BPF_IMM | BPF_DW)) return fault("unknown load");
    const bpf_insn& high = program_[pc_++];
    if (insn.src_reg == BPF_PSEUDO_MAP_VALUE) {
      r_[insn.dst_reg] = address(image_.data()) + static_cast<std::uint32_t>(high.imm);
    } else {
      r_[insn.dst_reg] = static_cast<std::uint32_t>(insn.imm) |
                         static_cast<std::uint64_t>(static_cast<std::uint32_t>(high.imm)) << 32;
    }
  }

  static std::size_t width(const bpf_insn& insn) {
    switch (BPF_SIZE(insn.code)) {
      case BPF_B: return 1;
      case BPF_H: return 2;
      case BPF_W: return 4;
      default: return 8;
    }
  }

  bool reachable(std::uint64_t place, std::uint64_t size) const {
    const auto within = [&](std::uint64_t start, std::uint64_t bytes) {
      return size <= bytes && place >= start && place - start <= bytes - size;
    };
    return within(address(image_.data()), image_.size()) ||
           within(address(stack_.data()), stack_.size());
  }

  static std::byte* pointer(std::uint64_t place) { return reinterpret_cast<std::byte*>(place); }

  void load(const bpf_insn& insn) {
    if (BPF_MODE(insn.code) != BPF_MEM) return fault("instruction newer than v3");
    const std::uint64_t place =
        r_[insn.src_reg] + static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.off));
    if (!reachable(place, width(insn))) return fault("a wild address");
    std::uint64_t value = 0;
    std::memcpy(&value, pointer(place), width(insn));
    r_[insn.dst_reg] = value;
  }

  void store(const bpf_insn& insn, std::uint64_t value) {
    const std::uint64_t place =
        r_[insn.dst_reg] + static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.off));
    if (!reachable(place, width(insn))) return fault("a wild address");
    std::memcpy(pointer(place), &value, width(insn));
  }

  template <class U>
  void atomic(const bpf_insn& insn, std::byte* place) {
    U old;
    std::memcpy(&old, place, sizeof old);
    U changed = static_cast<U>(r_[insn.src_reg]);
    switch (insn.imm & ~BPF_FETCH) {
      case BPF_ADD: changed = old + changed; break;
      case BPF_OR: changed = old | changed; break;
      case BPF_AND: changed = old & changed; break;
      case BPF_XOR: changed = old ^ changed; break;
      default: return fault("unknown atomic operation");
    }
    std::memcpy(place, &changed, sizeof changed);
    if ((insn.imm & BPF_FETCH) != 0) r_[insn.src_reg] = old;
  }

  void atomic(const bpf_insn& insn) {
    const std::uint64_t place =
        r_[insn.dst_reg] + static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.off));
    if (!reachable(place, width(insn))) return fault("a wild address");
    if (width(insn) == 4) return atomic<std::uint32_t>(insn, pointer(place));
    return atomic<std::uint64_t>(insn, pointer(place));
  }

  std::span<const bpf_insn> program_;
  std::span<std::byte> image_;
  std::vector<std::byte> stack_;
  std::vector<Frame> frames_;
  std::array<std::uint64_t, 11> r_ = {};
  std::size_t pc_ = 0;
  std::string fault_;
};

}  // namespace

std::string run_in_process(std::span<const bpf_insn> program, std::span<std::byte> image) {
  return Machine(program, image).run();
}

}  // namespace btfreloc::test
