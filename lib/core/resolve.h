#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "core/decision.h"
#include "core/patch.h"
#include "core/target.h"

namespace btfreloc::core {

/// How several relocations of one root type, and several candidates, are decided.
enum class Rules : std::uint8_t {
  /// All relocations of a root type are decided together, so that layouts never mix. Let V be the
  /// candidates for which every relocation with a value (not those that ask whether something
  /// exists) resolves. When there are any, only they count. When there is none, the only one that
  /// resolves some counts; two or more that differ are an incoherent layout. Candidates that count
  /// must agree. Accesses that would then move another number do not change their size.
  coherent,
  /// What libbpf 1.8 does, in record order: each relocation narrows the candidates of its root type
  /// for those that follow; 32-bit enumerators are signed; lshift has the byte order of this
  /// machine; ALU immediates are truncated; every load and store may change its size.
  libbpf,
};

/// One relocation to decide.
struct Request {
  TypeId root;
  std::string_view access;
  std::uint32_t kind;
  Site site;
  std::uint64_t record = 0;  ///< Grows in record order, which libbpf goes by; all equal: as given.
};

/// Decides all relocations of an object against one kernel; decisions lie beside the requests. A
/// relocation that means nothing, or cannot be decided, is a fatal Decision; fails only when
/// modules cannot be read.
///
/// `local` is the object's BTF, `order` the byte order of its instructions.
Result<std::vector<Decision>> resolve(const btf::View& local, std::endian order,
                                      std::span<const Request> requests, const Target& target,
                                      Rules rules = Rules::coherent);

/// Requests that were read once, to be decided for many kernels.
class PreparedRequests {
 public:
  /// `local` must outlive this, and the texts that the requests refer to.
  PreparedRequests(const btf::View& local, std::endian order, std::vector<Request> requests,
                   Rules rules = Rules::coherent);
  PreparedRequests(PreparedRequests&&) noexcept;
  PreparedRequests& operator=(PreparedRequests&&) noexcept;
  ~PreparedRequests();

  /// As core::resolve().
  Result<std::vector<Decision>> resolve(const Target& target) const;
  /// True when all decisions are the same whatever the target: then they are decided().
  bool need_no_target() const;
  std::vector<Decision> decided() const;

 private:
  std::vector<Request> requests_;
  std::unique_ptr<class Resolver> resolver_;  ///< Before it has seen a target.
};

}  // namespace btfreloc::core
