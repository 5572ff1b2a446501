#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// Structs with locks, lists, trees and kptrs, which the kernel keeps a record of.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

/// The structs that mean something to the kernel, by their names and sizes alone.
struct Special {
  explicit Special(BtfBytes& btf) {
    const auto of = [&](const char* name, std::uint32_t size) {
      return btf.add(Kind::kStruct, name, size);
    };
    lock = of("bpf_spin_lock", 4);
    head = of("bpf_list_head", 16);
    node = of("bpf_list_node", 24);
    root = of("bpf_rb_root", 16);
    leaf = of("bpf_rb_node", 32);
    refcount = of("bpf_refcount", 4);
    res_lock = of("bpf_res_spin_lock", 4);
  }
  TypeId lock, head, node, root, leaf, refcount, res_lock;
};

using Make = std::function<void(BtfBytes&, const Special&)>;

Cases::Make with_special(const Make& make) {
  return [=](BtfBytes& btf) { make(btf, Special(btf)); };
}

/// A struct that lists and trees can hold.
TypeId add_held(BtfBytes& btf, TypeId node, std::uint32_t size) {
  return btf.add(Kind::kStruct, "held", size, {"node", node, 0});
}

void add_list_cases(Cases& cases) {
  const auto list = [](const char* tag, bool has_lock, std::uint32_t lock_bit = 128) {
    return with_special([=](BtfBytes& b, const Special& is) {
      add_held(b, is.node, 24);
      std::vector<Word> members = {"head", is.head, 0};
      if (has_lock) members.insert(members.end(), {Word("lock"), Word(is.lock), Word(lock_bit)});
      const TypeId owner = b.add(Kind::kStruct, "owner", 24, members);
      if (tag != nullptr) b.add(Kind::kDeclTag, tag, owner, {0});
    });
  };
  cases.good("a list", list("contains:held:node", true));
  cases.bad(Rule::special_field, "a list without a lock", list("contains:held:node", false));
  cases.bad(Rule::special_field, "a list without a tag", list(nullptr, true));
  cases.bad(Rule::special_field, "a list of no struct", list("contains:other:node", true));
  cases.bad(Rule::special_field, "a list by no member", list("contains:held:other", true));
  cases.bad(Rule::special_field, "a list by no name", list("contains:held:", true));
  cases.bad(Rule::special_field, "a list of nothing", list("contains:held", true));
  cases.bad(Rule::special_field, "a list of structs without nodes",
            list("contains:owner:lock", true));
  cases.bad(Rule::special_field, "a list with two tags",
            with_special([](BtfBytes& b, const Special& is) {
              add_held(b, is.node, 24);
              const TypeId owner =
                  b.add(Kind::kStruct, "owner", 24, {"head", is.head, 0, "lock", is.lock, 128});
              b.add(Kind::kDeclTag, "contains:held:node", owner, {0});
              b.add(Kind::kDeclTag, "contains:held:node", owner, {0});
            }));
  cases.good("a tree", with_special([](BtfBytes& b, const Special& is) {
               add_held(b, is.leaf, 32);
               const TypeId owner = b.add(Kind::kStruct, "owner", 24,
                                          {"root", is.root, 0, "lock", is.res_lock, 128});
               b.add(Kind::kDeclTag, "contains:held:node", owner, {0});
             }));
  cases.good("an array of lists", with_special([](BtfBytes& b, const Special& is) {
               add_held(b, is.node, 24);
               const TypeId heads = b.array(is.head, kInt, 3);
               const TypeId owner =
                   b.add(Kind::kStruct, "owner", 72, {"heads", heads, 0, "lock", is.lock, 384});
               b.add(Kind::kDeclTag, "contains:held:node", owner, {0});
             }));
  cases.bad(Rule::special_field, "an array of too many lists",
            with_special([](BtfBytes& b, const Special& is) {
              add_held(b, is.node, 24);
              const TypeId heads = b.array(is.head, kInt, 11);
              const TypeId owner =
                  b.add(Kind::kStruct, "owner", 200, {"heads", heads, 0, "lock", is.lock, 1408});
              b.add(Kind::kDeclTag, "contains:held:node", owner, {0});
            }));
  const auto owned = [](bool held_is_root) {
    return with_special([=](BtfBytes& b, const Special& is) {
      const TypeId held =
          held_is_root ? b.add(Kind::kStruct, "held", 48,
                               {"node", is.node, 0, "head", is.head, 192, "lock", is.lock, 320})
                       : add_held(b, is.node, 24);
      const TypeId owner = b.add(Kind::kStruct, "owner", 48,
                                 {"node", is.node, 0, "head", is.head, 192, "lock", is.lock, 320});
      b.add(Kind::kDeclTag, "contains:held:node", owner, {1});
      if (held_is_root) b.add(Kind::kDeclTag, "contains:owner:node", held, {1});
    });
  };
  cases.good("a list of lists", owned(false));
  cases.bad(Rule::special_field, "lists in a circle", owned(true));
}

void add_field_cases(Cases& cases) {
  const auto of = [](std::uint32_t size, std::function<std::vector<Word>(const Special&)> members) {
    return with_special(
        [=](BtfBytes& b, const Special& is) { b.add(Kind::kStruct, "s", size, members(is)); });
  };
  using Words = std::vector<Word>;
  cases.good("a lock", of(4, [](const Special& is) { return Words{"l", is.lock, 0}; }));
  cases.good("a lock behind an int",
             of(8, [](const Special& is) { return Words{"a", kInt, 0, "l", is.lock, 32}; }));
  cases.bad(Rule::special_field, "a lock at byte 2",
            of(8, [](const Special& is) { return Words{"l", is.lock, 16}; }));
  cases.bad(Rule::special_field, "two locks",
            of(8, [](const Special& is) { return Words{"l", is.lock, 0, "m", is.lock, 32}; }));
  cases.bad(Rule::special_field, "locks of both kinds",
            of(8, [](const Special& is) { return Words{"l", is.lock, 0, "m", is.res_lock, 32}; }));
  cases.good("only the other lock",
             of(8, [](const Special& is) { return Words{"m", is.res_lock, 32}; }));
  cases.bad(Rule::special_field, "a lock and an int at bit 3",
            of(12, [](const Special& is) { return Words{"l", is.lock, 0, "a", kInt, 35}; }));
  cases.bad(Rule::special_field, "a node of a list and one of a tree",
            of(56, [](const Special& is) { return Words{"n", is.node, 0, "l", is.leaf, 192}; }));
  cases.good("nodes and a refcount", of(64, [](const Special& is) {
               return Words{"n", is.node, 0, "l", is.leaf, 192, "r", is.refcount, 448};
             }));
  cases.bad(Rule::special_field, "a lock and a node at one place",
            of(24, [](const Special& is) { return Words{"l", is.lock, 0, "n", is.node, 0}; }));
  cases.bad(Rule::special_field, "a lock of a wrong size", [](BtfBytes& b) {
    const TypeId lock = b.add(Kind::kStruct, "bpf_spin_lock", 8);
    b.add(Kind::kStruct, "s", 8, {"l", lock, 0});
  });
  cases.good("an array of locks in another struct",
             with_special([](BtfBytes& b, const Special& is) {
               b.add(Kind::kStruct, "s", 8, {"l", b.array(is.lock, kInt, 2), 0});
             }));
  cases.bad(Rule::special_field, "an array of locks beside a lock",
            with_special([](BtfBytes& b, const Special& is) {
              b.add(Kind::kStruct, "s", 12,
                    {"l", b.array(is.refcount, kInt, 2), 0, "r", is.refcount, 64});
            }));
  cases.good("a lock in a struct beside a node", with_special([](BtfBytes& b, const Special& is) {
               const TypeId inner = b.add(Kind::kStruct, "inner", 4, {"l", is.lock, 0});
               b.add(Kind::kStruct, "s", 32, {"n", is.node, 0, "i", inner, 192});
             }));
  cases.bad(Rule::special_field, "an array of structs with locks beside a node",
            with_special([](BtfBytes& b, const Special& is) {
              const TypeId inner = b.add(Kind::kStruct, "inner", 4, {"l", is.lock, 0});
              b.add(Kind::kStruct, "s", 32, {"n", is.node, 0, "i", b.array(inner, kInt, 2), 192});
            }));
  cases.good("a union of locks", with_special([](BtfBytes& b, const Special& is) {
               b.add(Kind::kUnion, "u", 4, {"l", is.lock, 0, "m", is.lock, 0});
             }));
}

void add_kptr_cases(Cases& cases) {
  const auto kptr = [](const char* tag, bool to_struct, bool is_volatile = false) {
    return [=](BtfBytes& b) {
      const TypeId to = to_struct ? b.add(Kind::kStruct, "of_program", 8, {"a", kInt, 0}) : kInt;
      TypeId pointer = b.pointer(b.add(Kind::kTypeTag, tag, to));
      if (is_volatile) pointer = b.add(Kind::kVolatile, 0, pointer);
      b.add(Kind::kStruct, "s", 16, {"p", pointer, 0, "a", kInt, 64});
    };
  };
  for (const char* tag : {"kptr", "kptr_untrusted", "percpu_kptr", "uptr", "user"}) {
    cases.good(fmt::format("{} to a struct", tag), kptr(tag, true));
    cases.good(fmt::format("volatile {} to a struct", tag), kptr(tag, true, true));
    cases.good(fmt::format("{} to an int", tag), kptr(tag, false));
  }
  const auto beside_lock = [](const char* tag, bool to_struct, bool twice = false) {
    return with_special([=](BtfBytes& b, const Special& is) {
      const TypeId to = to_struct ? b.add(Kind::kStruct, "of_program", 8, {"a", kInt, 0}) : kInt;
      TypeId tagged = b.add(Kind::kTypeTag, tag, to);
      if (twice) tagged = b.add(Kind::kTypeTag, tag, tagged);
      b.add(Kind::kStruct, "s", 16, {"p", b.pointer(tagged), 0, "l", is.lock, 64});
    });
  };
  cases.good("kptr beside a lock", beside_lock("kptr", true));
  cases.good("uptr beside a lock", beside_lock("uptr", true));
  cases.bad(Rule::special_field, "kptr to an int beside a lock", beside_lock("kptr", false));
  cases.bad(Rule::special_field, "two tags beside a lock", beside_lock("kptr", true, true));
  cases.bad(Rule::special_field, "another tag beside a lock", beside_lock("user", true));
  for (const std::uint32_t count : {11U, 12U}) {
    const auto make = [=](BtfBytes& b) {
      const TypeId to = b.add(Kind::kStruct, "of_program", 8, {"a", kInt, 0});
      const TypeId pointer = b.pointer(b.add(Kind::kTypeTag, "kptr", to));
      std::vector<Word> members;
      for (std::uint32_t i = 0; i < count; ++i) {
        members.insert(members.end(), {Word(fmt::format("p{}", i)), Word(pointer), Word(i * 64)});
      }
      b.add(Kind::kStruct, "s", count * 8, members);
    };
    const std::string name = fmt::format("{} kptrs", count);
    if (count <= 11)
      cases.good(name, make);
    else
      cases.bad(Rule::special_field, name, make);
  }
}

}  // namespace

void add_special_cases(Cases& cases) {
  add_list_cases(cases);
  add_field_cases(cases);
  add_kptr_cases(cases);
}

}  // namespace btfreloc::test
