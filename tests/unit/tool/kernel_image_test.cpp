#include "btfreloc/kernel_image.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <random>
#include <string>

#include "btfreloc/unpack_stream.h"
#include "support/errors.h"
#include "support/kernel_bytes.h"
#include "support/packed.h"

namespace btfreloc::tool {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::FailsWith;
using test::kernel_btf;
using test::must;
using test::packed;
using test::vmlinux;

Result<KernelImage> read(const std::string& bytes) { return read_kernel_image(as_bytes(bytes)); }
std::string btf_of(const std::string& bytes) { return test::text_of(must(read(bytes)).btf); }

/// Bytes without any order, in which short magic numbers are by chance.
std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string bytes;
  bytes.reserve(size + 4);
  while (bytes.size() < size) {
    const auto number = static_cast<std::uint32_t>(random());
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  bytes.resize(size);
  return bytes;
}

/// A kernel in memory, as it is unpacked but on x86: code, texts, BTF at no round place, more.
std::string memory_image(const std::string& btf) {
  return noise(300'001, 2) + std::string(test::kBanner) + noise(77, 3) + btf + noise(50'000, 4);
}

class PackedImage : public testing::TestWithParam<Packing> {};

TEST_P(PackedImage, HasTheBtfOfItsVmlinux) {
  const std::string btf = kernel_btf();
  const std::string image =
      noise(30'000) + packed(GetParam(), vmlinux(btf) + noise(1 << 20)) + noise(20'000, 5);
  const KernelImage kernel = must(read(image));
  EXPECT_EQ(test::text_of(kernel.btf), btf);
  EXPECT_EQ(kernel.column.release, "6.1.0-56-amd64");
  EXPECT_EQ(kernel.column.version, "6.1.192");
  EXPECT_EQ(kernel.column.arch, "x86_64");
  EXPECT_EQ(kernel.column.distribution, "debian");
}

TEST_P(PackedImage, HasTheBtfAmongOtherBytes) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const std::string btf = kernel_btf(order);
    EXPECT_EQ(btf_of(noise(30'000) + packed(GetParam(), memory_image(btf)) + noise(20'000, 5)),
              btf);
  }
}

TEST_P(PackedImage, IsFoundBehindStreamsOfOtherThings) {
  const std::string btf = kernel_btf();
  const std::string image = packed(Packing::gzip, noise(200'000)) + packed(Packing::xz, "small") +
                            packed(GetParam(), memory_image(btf));
  EXPECT_EQ(btf_of("loader" + image), btf);
}

/// The whole file is packed, as Image.gz is; something may follow.
TEST_P(PackedImage, MayBeTheWholeFile) {
  const std::string btf = kernel_btf();
  EXPECT_EQ(btf_of(packed(GetParam(), memory_image(btf))), btf);
  EXPECT_EQ(btf_of(packed(GetParam(), memory_image(btf)) + "a device tree"), btf);
  EXPECT_EQ(btf_of(packed(GetParam(), btf)), btf);
}

TEST_P(PackedImage, IsRefusedWhenCutShort) {
  // Nothing is known of a block of lz4 before its end.
  const std::size_t more = GetParam() == Packing::lz4 ? 9 << 20 : 3 << 19;
  const std::string whole =
      noise(3000) + packed(GetParam(), memory_image(kernel_btf()) + noise(more));
  const auto image = read(whole.substr(0, whole.size() - 100'000));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::bad_format);
  EXPECT_EQ(image.error().hint, "the file may be cut short");
}

TEST_P(PackedImage, WithoutBtfSaysWhoseItIs) {
  const auto image = read(noise(3000) + packed(GetParam(), vmlinux("") + noise(1 << 20)));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::not_found);
  EXPECT_EQ(image.error().message.substr(0, 44), "kernel 6.1.0-56-amd64 (x86_64) has no BTF: i");
  EXPECT_NE(image.error().hint.find("CONFIG_DEBUG_INFO_BTF=y"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Packings, PackedImage,
                         testing::Values(Packing::gzip, Packing::xz, Packing::zstd, Packing::lz4,
                                         Packing::lzma, Packing::bzip2),
                         [](const auto& info) { return std::string(name(info.param)); });

TEST(KernelImage, MayBeUnpacked) {
  const std::string btf = kernel_btf();
  EXPECT_EQ(btf_of(memory_image(btf)), btf);
  EXPECT_EQ(btf_of(btf), btf);
}

TEST(KernelImage, VmlinuxTellsItsBuildId) {
  const KernelImage kernel = must(read(vmlinux(kernel_btf())));
  EXPECT_EQ(kernel.column.build_id, "0102030405060708");
  EXPECT_FALSE(kernel.column.is_module());
}

TEST(KernelImage, UbuntuTellsItsVersionElsewhere) {
  const std::string texts =
      "Linux version 5.15.0-91-generic (builder@lcy02-amd64-045) (gcc) #101-Ubuntu SMP Tue\n"
      "Ubuntu 5.15.0-91\0Ubuntu 5.15.0-91.101-generic 5.15.131\n"s;
  const KernelImage kernel = must(read(vmlinux(kernel_btf(), texts)));
  EXPECT_EQ(kernel.column.release, "5.15.0-91-generic");
  EXPECT_EQ(kernel.column.version, "5.15.131");
}

TEST(KernelImage, ModulesTellTheirKernel) {
  const std::string btf = test::module_btf(kernel_btf(), "veth");
  const KernelImage module = must(read(test::module_ko(btf, "veth", "6.1.0-56-amd64")));
  EXPECT_EQ(module.column.module, "veth");
  EXPECT_EQ(module.column.release, "6.1.0-56-amd64");
  EXPECT_EQ(test::text_of(module.btf), btf);
  EXPECT_FALSE(module.has_own_base);
  EXPECT_TRUE(must(read(test::module_ko("", "veth", "6.1"))).btf.empty());
}

TEST(KernelImage, LegacyLz4MayHaveManyBlocks) {
  const std::string content = noise(9 << 20) + noise(8 << 20, 2);
  const std::string stream = packed(Packing::lz4, content);
  const UnpackedStream unpacked =
      unpack_stream(Packing::lz4, as_bytes(stream + "\0\0\x10\x01"), 64 << 20);
  EXPECT_TRUE(unpacked.is_whole);
  EXPECT_TRUE(as_chars(unpacked.bytes) == content);
}

TEST(KernelImage, NothingIsUnpackedBeyondTheLimit) {
  for (const Packing packing :
       {Packing::gzip, Packing::xz, Packing::zstd, Packing::lz4, Packing::lzma, Packing::bzip2}) {
    const std::string stream = packed(packing, std::string(20 << 20, '\0'));
    const UnpackedStream unpacked = unpack_stream(packing, as_bytes(stream), 1 << 20);
    EXPECT_FALSE(unpacked.is_whole) << name(packing);
    EXPECT_LE(unpacked.bytes.size(), std::size_t{1} << 20) << name(packing);
  }
}

/// What a loader says of the architecture is said when nothing else is known.
TEST(KernelImage, LoadersAreNamed) {
  std::string x86(0x1000, '\0');
  x86.replace(0x202, 4, "HdrS");
  x86[0x236] = 1;
  x86.replace(0x20e, 2, "\x00\x04"sv);
  x86.replace(0x600, 28, "6.1.0-50-686-pae (somebody)\n");
  const auto unknown = read(x86);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(
      unknown.error().message,
      "only the loader of kernel 6.1.0-50-686-pae (x86_64) is in the image, or it is packed in "
      "a way that is unknown");
  const auto lzo = read(x86 + "\x89LZO\0\x0d\x0a\x1a\x0a"s);
  ASSERT_FALSE(lzo);
  EXPECT_EQ(lzo.error().message, "kernel 6.1.0-50-686-pae (x86_64) is packed with lzo");
  EXPECT_EQ(lzo.error().code, Errc::unsupported);
}

TEST(KernelImage, WhatIsNoKernelIsRefused) {
  EXPECT_THAT(read(""), FailsWith(Errc::bad_format, std::nullopt, "empty"));
  EXPECT_THAT(read("hello"), FailsWith(Errc::not_found, std::nullopt, "no kernel is in the file"));
  EXPECT_FALSE(read(noise(1 << 20)));
  EXPECT_FALSE(read(kernel_btf().substr(0, 100'000)));
  const auto bpf = read(test::elf_file(ET_REL, EM_BPF, {{".BTF", kernel_btf()}}));
  EXPECT_THAT(bpf, FailsWith(Errc::unsupported, std::nullopt, "a BPF object"));
}

/// Magic numbers everywhere, and bombs behind some of them.
TEST(KernelImage, TriesAreBounded) {
  std::string image;
  for (int i = 0; i < 20'000; ++i) {
    image += "\x1f\x8b\x08\0"sv;
    image +=
        "\xfd"
        "7zXZ\0\0\4"sv;
    image += "\x28\xb5\x2f\xfd"sv;
    image += "\x9f\xeb\1\0\x18\0\0\0"sv;
  }
  const std::string bomb = packed(Packing::gzip, std::string(200 << 20, '\0'));
  for (int i = 0; i < 20; ++i) image += bomb;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(read("x" + image));
  std::string bombs = "x";
  for (int i = 0; i < 20; ++i) bombs += bomb;
  EXPECT_FALSE(read(bombs));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(KernelImage, HeadersThatLieAreNotBelieved) {
  const std::string btf = kernel_btf();
  std::string fake = btf;
  fake[24] = '\x7f';  // the first type has a name that is not there
  fake[27] = '\x7f';
  EXPECT_EQ(btf_of("x" + fake + noise(1000) + btf + "x"), btf);
}

TEST(BuildId, IsFoundAmongNotes) {
  const std::string other = "\x04\0\0\0\x05\0\0\0\x07\0\0\0GNU\0abcde\0\0\0"s;
  EXPECT_EQ(build_id_of_notes(as_bytes(other + test::build_id_note()), std::endian::little),
            "0102030405060708");
  EXPECT_EQ(build_id_of_notes(as_bytes(other), std::endian::little), "");
  EXPECT_EQ(build_id_of_notes({}, std::endian::little), "");
  const std::string note = test::build_id_note();
  for (std::size_t size = 0; size < note.size(); ++size) {
    EXPECT_EQ(build_id_of_notes(as_bytes(note).first(size), std::endian::little), "") << size;
  }
}

}  // namespace
}  // namespace btfreloc::tool
