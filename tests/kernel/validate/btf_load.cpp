#include "kernel/validate/btf_load.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "support/btf_bytes.h"

namespace btfreloc::test {

LoadAnswer load_btf(Bytes blob, bool with_log) {
  std::vector<char> log(with_log ? std::size_t{8} << 20 : 0);
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.btf = reinterpret_cast<std::uint64_t>(blob.data());
  attributes.btf_size = static_cast<std::uint32_t>(blob.size());
  if (with_log) {
    attributes.btf_log_buf = reinterpret_cast<std::uint64_t>(log.data());
    attributes.btf_log_size = static_cast<std::uint32_t>(log.size());
    attributes.btf_log_level = 1;
  }
  const long fd = ::syscall(SYS_bpf, BPF_BTF_LOAD, &attributes, sizeof attributes);
  const int error = fd < 0 ? errno : 0;
  if (fd >= 0) ::close(static_cast<int>(fd));
  return {error, with_log ? std::string(log.data()) : std::string()};
}

bool can_load_btf() {
  BtfBytes btf(std::endian::native);
  btf.integer("int", 4);
  return load_btf(btf.bytes()).error == 0;
}

}  // namespace btfreloc::test
