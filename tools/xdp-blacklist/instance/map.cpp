#include "xdp-blacklist/instance/map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

/// Entries of one call.
constexpr std::uint32_t kBatch = 4096;

bool is_per_cpu(std::uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

bool has_batches(std::uint32_t type) {
  return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_ARRAY ||
         type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LPM_TRIE;
}

std::string hint_for(int error) {
  if (error == EPERM || error == EACCES) {
    return "run it as root, or as the owner that `load --owner` gave the rules to";
  }
  return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Map> Map::pinned(const std::string& path, Access access) {
  struct bpf_obj_get_opts options{};  // A function has that name, too.
  options.sz = sizeof options;
  if (access == Access::read) options.file_flags = BPF_F_RDONLY;
  Fd fd(bpf_obj_get_opts(path.c_str(), &options));
  if (!fd) {
    const int error = errno;
    return fail_errno(error, access == Access::read ? "cannot read" : "cannot open for writing",
                      {.file = path}, hint_for(error));
  }
  return of(std::move(fd));
}

Result<Map> Map::of(Fd fd) {
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) {
    return fail_errno(errno, "cannot ask what map this is");
  }
  Shape shape{.type = info.type,
              .key_size = info.key_size,
              .value_size = info.value_size,
              .max_entries = info.max_entries,
              .flags = info.map_flags,
              .name = info.name,
              .btf_key = info.btf_key_type_id,
              .btf_value = info.btf_value_type_id};
  return Map(std::move(fd), std::move(shape), info.id);
}

Result<Map> Map::create(const Shape& shape) {
  bpf_map_create_opts options{};
  options.sz = sizeof options;
  options.map_flags = shape.flags;
  if (shape.btf_fd != 0 && shape.btf_value != 0) {
    options.btf_fd = shape.btf_fd;
    options.btf_key_type_id = shape.btf_key;
    options.btf_value_type_id = shape.btf_value;
  }
  const std::string name = shape.name.substr(0, BPF_OBJ_NAME_LEN - 1);
  Fd fd(bpf_map_create(static_cast<bpf_map_type>(shape.type), name.c_str(), shape.key_size,
                       shape.value_size, shape.max_entries, &options));
  if (!fd) {
    const int error = errno;
    return fail_errno(
        error, fmt::format("cannot create a map `{}` of {} entries", shape.name, shape.max_entries),
        {}, error == EPERM ? "creating maps takes root or CAP_BPF" : "");
  }
  return of(std::move(fd));
}

Status Map::pin(const std::string& path) const {
  if (bpf_obj_pin(fd(), path.c_str()) == 0) return {};
  return fail_errno(errno, "cannot pin", {.file = path});
}

Status Map::freeze() const {
  if (bpf_map_freeze(fd()) == 0) return {};
  return fail_errno(errno, fmt::format("cannot freeze the map `{}`", shape_.name));
}

std::size_t Map::lookup_size() const {
  if (!is_per_cpu(shape_.type)) return shape_.value_size;
  return (shape_.value_size + 7) / 8 * 8 * possible_cpus();
}

Status Map::check_sizes(std::size_t key, std::size_t value) const {
  if (key == shape_.key_size && value == shape_.value_size) return {};
  return fail(Errc::unsupported,
              fmt::format("the map `{}` has keys of {} and values of {} bytes, not {} and {}",
                          shape_.name, shape_.key_size, shape_.value_size, key, value),
              {},
              "another version of xdp-blacklist loaded it; `xdp-blacklist reload` brings it up "
              "to this one");
}

Status Map::check_not_per_cpu() const {
  if (!is_per_cpu(shape_.type)) return {};
  return fail(Errc::bad_format, fmt::format("the map `{}` has a value for each CPU", shape_.name));
}

Result<bool> Map::lookup(Bytes key, std::span<std::byte> value) const {
  if (bpf_map_lookup_elem(fd(), key.data(), value.data()) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(errno, fmt::format("cannot read the map `{}`", shape_.name), {},
                    hint_for(errno));
}

Status Map::update(Bytes key, Bytes value) const {
  if (bpf_map_update_elem(fd(), key.data(), value.data(), BPF_ANY) == 0) return {};
  const int error = errno;
  if (error == E2BIG || error == ENOSPC) {
    return fail_errno(
        error,
        fmt::format("the list `{}` is full: it takes {} entries", shape_.name, shape_.max_entries),
        {}, "as root, `xdp-blacklist import` and `apply` make it larger");
  }
  return fail_errno(error, fmt::format("cannot change the map `{}`", shape_.name), {},
                    hint_for(error));
}

Result<bool> Map::erase(Bytes key) const {
  if (bpf_map_delete_elem(fd(), key.data()) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(errno, fmt::format("cannot change the map `{}`", shape_.name), {},
                    hint_for(errno));
}

Status Map::for_each_batch(const std::function<bool(Bytes key, Bytes value)>& f) const {
  const std::size_t value_size = lookup_size();
  std::vector<std::byte> keys(std::size_t{kBatch} * shape_.key_size);
  std::vector<std::byte> values(std::size_t{kBatch} * value_size);
  // The kernel writes its position here; that of hashes is 4 bytes, whatever their keys.
  std::vector<std::byte> position(std::max<std::size_t>(shape_.key_size, 8));
  bool first = true;
  while (true) {
    std::uint32_t count = kBatch;
    bpf_map_batch_opts options{};
    options.sz = sizeof options;
    const int result =
        bpf_map_lookup_batch(fd(), first ? nullptr : position.data(), position.data(), keys.data(),
                             values.data(), &count, &options);
    const int error = result == 0 ? 0 : errno;
    // ENOSPC: a bucket of a hash with more entries than that, which takes a hostile hash.
    if (error != 0 && error != ENOENT) {
      return fail_errno(error, fmt::format("cannot list the map `{}`", shape_.name), {},
                        hint_for(error));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!f(Bytes(keys).subspan(i * shape_.key_size, shape_.key_size),
             Bytes(values).subspan(i * value_size, value_size))) {
        return {};
      }
    }
    if (error == ENOENT) return {};
    first = false;
  }
}

Status Map::for_each(const std::function<bool(Bytes key, Bytes value)>& f) const {
  if (has_batches(shape_.type)) return for_each_batch(f);
  std::vector<std::byte> key(shape_.key_size);
  std::vector<std::byte> next(shape_.key_size);
  std::vector<std::byte> value(lookup_size());
  const void* after = nullptr;
  while (bpf_map_get_next_key(fd(), after, next.data()) == 0) {
    key = next;
    after = key.data();
    TRY(const bool found, lookup(key, value));
    if (found && !f(key, value)) return {};
  }
  if (errno == ENOENT) return {};
  return fail_errno(errno, fmt::format("cannot list the map `{}`", shape_.name), {},
                    hint_for(errno));
}

Status Map::update_all(std::span<const std::byte> keys, std::span<const std::byte> values) const {
  const std::size_t all = keys.size() / shape_.key_size;
  for (std::size_t done = 0; done < all;) {
    auto count = static_cast<std::uint32_t>(std::min<std::size_t>(kBatch, all - done));
    bpf_map_batch_opts options{};
    options.sz = sizeof options;
    const std::byte* key = keys.data() + done * shape_.key_size;
    const std::byte* value = values.data() + done * shape_.value_size;
    if (bpf_map_update_batch(fd(), key, value, &count, &options) != 0) {
      // Kernels whose map has no batches, and the entry that did not go in: it has the reason.
      if (count > all - done) count = 0;
      for (std::size_t i = 0; i < kBatch && done + i < all; ++i) {
        TRY_OK(update(Bytes(key + i * shape_.key_size, shape_.key_size),
                      Bytes(value + i * shape_.value_size, shape_.value_size)));
      }
      count = static_cast<std::uint32_t>(std::min<std::size_t>(kBatch, all - done));
    }
    done += count;
  }
  return {};
}

std::size_t possible_cpus() {
  const int count = libbpf_num_possible_cpus();
  return count < 1 ? 1 : static_cast<std::size_t>(count);
}

}  // namespace xdp_blacklist
