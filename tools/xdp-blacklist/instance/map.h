#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace xdp_blacklist {

using btfreloc::Bytes;
using btfreloc::Result;
using btfreloc::Status;

/// A file descriptor, closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What is asked of a pin. The kernel checks it against the mode of the file.
enum class Access : std::uint8_t { read, write };

/// A BPF map. Keys and values are bytes of the sizes that the kernel says it has; functions for
/// types check that theirs are of the same.
class Map {
 public:
  /// What a map is created like. `name` is cut to 15 bytes by the kernel's limit.
  struct Shape {
    std::uint32_t type;  ///< enum bpf_map_type
    std::uint32_t key_size;
    std::uint32_t value_size;
    std::uint32_t max_entries;
    std::uint32_t flags;
    std::string name;
    std::uint32_t btf_fd = 0;  ///< With types of key and value; 0: none.
    std::uint32_t btf_key = 0;
    std::uint32_t btf_value = 0;
  };

  static Result<Map> pinned(const std::string& path, Access access);
  static Result<Map> create(const Shape& shape);
  /// Takes a descriptor of a map.
  static Result<Map> of(Fd fd);

  int fd() const { return fd_.get(); }
  const Shape& shape() const { return shape_; }
  std::uint32_t id() const { return id_; }
  Status pin(const std::string& path) const;
  /// No more writes by system calls.
  Status freeze() const;

  /// False when the key is not there. Per-CPU maps fill one value per possible CPU, each rounded up
  /// to 8 bytes.
  Result<bool> lookup(Bytes key, std::span<std::byte> value) const;
  Status update(Bytes key, Bytes value) const;
  /// False when it was not there.
  Result<bool> erase(Bytes key) const;
  /// Calls f(key, value) for each entry until it returns false. Entries that come or go meanwhile
  /// may be missed or seen twice.
  Status for_each(const std::function<bool(Bytes key, Bytes value)>& f) const;
  /// Writes entries that lie one behind the other, in one call for many where the kernel can.
  Status update_all(std::span<const std::byte> keys, std::span<const std::byte> values) const;

  /// Bytes that a lookup fills.
  std::size_t lookup_size() const;

  template <class Key, class Value>
  Result<bool> get(const Key& key, Value& value) const {
    static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);
    TRY_OK(check_sizes(sizeof key, sizeof value));
    TRY_OK(check_not_per_cpu());
    return lookup(std::as_bytes(std::span(&key, 1)), std::as_writable_bytes(std::span(&value, 1)));
  }
  template <class Key, class Value>
  Status put(const Key& key, const Value& value) const {
    static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);
    TRY_OK(check_sizes(sizeof key, sizeof value));
    return update(std::as_bytes(std::span(&key, 1)), std::as_bytes(std::span(&value, 1)));
  }
  template <class Key>
  Result<bool> remove(const Key& key) const {
    TRY_OK(check_sizes(sizeof key, shape_.value_size));
    return erase(std::as_bytes(std::span(&key, 1)));
  }

 private:
  Map(Fd fd, Shape shape, std::uint32_t id)
      : fd_(std::move(fd)), shape_(std::move(shape)), id_(id) {}
  Status check_sizes(std::size_t key, std::size_t value) const;
  Status check_not_per_cpu() const;
  Status for_each_batch(const std::function<bool(Bytes key, Bytes value)>& f) const;

  Fd fd_;
  Shape shape_;
  std::uint32_t id_ = 0;
};

/// The bytes as a T. They must be as many.
template <class T>
T as(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// CPUs that this kernel may ever have: how many values a per-CPU map gives.
std::size_t possible_cpus();

}  // namespace xdp_blacklist
