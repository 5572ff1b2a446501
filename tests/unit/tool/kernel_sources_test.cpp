#include "btfreloc/kernel_sources.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/archive_bytes.h"
#include "support/errors.h"
#include "support/files.h"
#include "support/kernel_bytes.h"
#include "support/packed.h"

namespace btfreloc::tool {
namespace {

using test::kernel_btf;
using test::module_btf;
using test::module_ko;
using test::must;
using test::packed;
using test::TarBytes;
using test::vmlinux;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr const char* kRelease = "6.1.0-56-amd64";

class KernelSources : public testing::Test {
 protected:
  Result<KernelSourceCounts> walk(const std::vector<std::string>& paths,
                                  const KernelSourceOptions& options = {}) {
    KernelSourceCalls calls{.found = [this](const KernelSource& source) -> Status {
                              addresses.push_back(kernels::address(source.column));
                              columns.push_back(source.column);
                              blobs.push_back(test::text_of(source.btf->blob()));
                              origins.push_back(source.origin);
                              longer.push_back(source.longer_label);
                              if (source.column.is_module()) {
                                bases.push_back(test::text_of(source.btf->base()->blob()));
                              }
                              return {};
                            },
                            .skipped =
                                [this](const SkippedSource& source) {
                                  skipped.push_back(source.origin + ": " + source.error.message);
                                },
                            .progress = {},
                            .kernel_of = kernel_of};
    return for_each_kernel(paths, options, calls);
  }

  std::string write(const std::string& name, const std::string& content) const {
    fs::create_directories(fs::path(folder.path(name)).parent_path());
    return folder.write(name, content);
  }

  /// Where it was, without the folder of the test.
  std::string inside(const std::string& origin) const {
    return origin.substr(folder.path("").size());
  }

  test::TempFolder folder;
  std::string kernel = kernel_btf();
  std::string veth = module_btf(kernel, "veth");
  std::string veth_ko = module_ko(veth, "veth", kRelease);

  std::vector<std::string> addresses;
  std::vector<kernels::Column> columns;
  std::vector<std::string> blobs;
  std::vector<std::string> bases;
  std::vector<std::string> origins;
  std::vector<std::string> longer;
  std::vector<std::string> skipped;
  std::function<Result<const btf::View*>(kernels::Column&)> kernel_of;
};

TEST_F(KernelSources, RawBtfIsCalledAfterItsFile) {
  must(walk({write("amd64/6.12.117+deb13-cloud-amd64.btf.xz", packed(Packing::xz, kernel)),
             write("mine.btf", kernel_btf(std::endian::big, 1))}));
  EXPECT_THAT(addresses, ElementsAre("6.12.117+deb13-cloud-amd64", "mine"));
  EXPECT_EQ(blobs[0], kernel);
  EXPECT_EQ(columns[0].release, "6.12.117+deb13-cloud-amd64");
  EXPECT_EQ(columns[0].version, "6.12.117");
  EXPECT_EQ(columns[0].arch, "x86_64");
  EXPECT_EQ(columns[0].flavour, "cloud");
  EXPECT_EQ(columns[0].order, std::endian::little);
  EXPECT_EQ(columns[0].pointer_size, 8);
  EXPECT_EQ(columns[1].release, "");
  EXPECT_EQ(columns[1].order, std::endian::big);
}

TEST_F(KernelSources, FoldersOfBtfhubTellWhatReleasesDoNot) {
  const auto hub = [&](const std::string& path, int seed) {
    write(
        "hub/" + path + "/5.4.0-42-generic.btf.tar.xz",
        packed(
            Packing::xz,
            TarBytes().add("5.4.0-42-generic.btf", kernel_btf(std::endian::little, seed)).bytes()));
  };
  hub("ubuntu/18.04/x86_64", 1);
  hub("ubuntu/20.04/arm64", 2);
  must(walk({folder.path("hub")}));
  EXPECT_THAT(addresses, ElementsAre("5.4.0-42-generic", "5.4.0-42-generic"));
  EXPECT_THAT(longer, ElementsAre("5.4.0-42-generic.ubuntu-18.04.x86_64",
                                  "5.4.0-42-generic.ubuntu-20.04.aarch64"));
  EXPECT_EQ(columns[1].arch, "aarch64");
  EXPECT_EQ(columns[1].distribution, "ubuntu");
}

TEST_F(KernelSources, PackagesHaveAKernelAndItsModules) {
  // Modules before and after their kernel.
  const std::string files =
      TarBytes()
          .add("./boot/System.map-6.1.0-56-amd64", "map")
          .add("./lib/modules/6.1.0-56-amd64/kernel/a.ko.xz",
               packed(Packing::xz, module_ko(module_btf(kernel, "a"), "a", kRelease)))
          .add("./boot/vmlinuz-6.1.0-56-amd64", "loader" + packed(Packing::lz4, vmlinux(kernel)))
          .add("./lib/modules/6.1.0-56-amd64/kernel/veth.ko", veth_ko)
          .add("./lib/modules/6.1.0-56-amd64/kernel/plain.ko", module_ko("", "plain", kRelease))
          .bytes();
  const auto counts = must(
      walk({write("linux.deb", test::deb_bytes("data.tar.zst", packed(Packing::zstd, files)))}));
  EXPECT_THAT(addresses, ElementsAre("6.1.0-56-amd64", "6.1.0-56-amd64/veth", "6.1.0-56-amd64/a"));
  EXPECT_EQ(inside(origins[0]), "linux.deb: boot/vmlinuz-6.1.0-56-amd64");
  EXPECT_THAT(bases, ElementsAre(kernel, kernel));
  EXPECT_EQ(blobs[1], veth);
  EXPECT_EQ(columns[0].version, "6.1.192");
  EXPECT_EQ(columns[1].version, "6.1.192");
  EXPECT_EQ(columns[0].build_id, "0102030405060708");
  EXPECT_EQ(columns[1].build_id, "");
  EXPECT_EQ(counts.kernels, 1U);
  EXPECT_EQ(counts.modules, 2U);
  EXPECT_EQ(counts.modules_without_btf, 1U);
  EXPECT_EQ(counts.skipped, 0U);
  EXPECT_THAT(skipped, ElementsAre());
}

TEST_F(KernelSources, ModulesMayComeInAPackageOfTheirOwn) {
  const std::string modules =
      write("modules.tar", TarBytes().add("lib/modules/6.1.0-56-amd64/veth.ko", veth_ko).bytes());
  const std::string image = write("vmlinuz-6.1.0-56-amd64", vmlinux(kernel));
  must(walk({modules, image}));
  EXPECT_THAT(addresses, ElementsAre("6.1.0-56-amd64", "6.1.0-56-amd64/veth"));
  EXPECT_THAT(bases, ElementsAre(kernel));
}

/// Among more kernels than are kept: the one that modules are for is read again.
TEST_F(KernelSources, KernelsAreReadAgainForModulesThatComeLate) {
  std::vector<std::string> paths;
  const std::string padding(20 << 20, '\0');
  for (int i = 0; i < 5; ++i) {
    paths.push_back(
        write("6.1." + std::to_string(i) + ".btf", kernel_btf(std::endian::little, i) + padding));
  }
  const std::string first = kernel_btf(std::endian::little, 0) + padding;
  paths.push_back(write("late/veth.ko", module_ko(module_btf(first, "veth"), "veth", "6.1.0")));
  must(walk(paths));
  EXPECT_EQ(addresses.back(), "6.1.0/veth");
  EXPECT_TRUE(bases.at(0) == first);
}

TEST_F(KernelSources, CallersMayHaveTheKernelOfModules) {
  const btf::View mine = must(btf::View::open(as_bytes(kernel)));
  const std::string module = write("veth.ko", veth_ko);
  const auto none = walk({module});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "the kernel 6.1.0-56-amd64 of this module did not come with it");
  kernel_of = [&](kernels::Column& column) -> Result<const btf::View*> {
    EXPECT_EQ(column.release, kRelease);
    column.label = "mine";
    return &mine;
  };
  must(walk({module}));
  EXPECT_THAT(addresses, ElementsAre("mine/veth"));
}

TEST_F(KernelSources, ADirectoryOfACorpusHasModulesBesideKernels) {
  write("arm64/6.12.1+deb13-arm64.btf.xz", packed(Packing::xz, kernel));
  write("arm64/6.12.1+deb13-arm64.modules/veth.btf.xz", packed(Packing::xz, veth));
  write("amd64/6.12.1+deb13-amd64.btf", kernel_btf(std::endian::little, 7));
  write("INDEX.tsv", "no kernel");
  must(walk({folder.path("")}));
  EXPECT_THAT(addresses,
              ElementsAre("6.12.1+deb13-amd64", "6.12.1+deb13-arm64", "6.12.1+deb13-arm64/veth"));
  EXPECT_EQ(columns[2].arch, "aarch64");
  EXPECT_THAT(skipped, ElementsAre());
}

TEST_F(KernelSources, ADirectoryWithAVmlinuxIsOneKernel) {
  write("mine/vmlinux", kernel);
  write("mine/veth", veth);
  write("mine/net/bridge.btf.gz", packed(Packing::gzip, module_btf(kernel, "bridge")));
  write("mine/Makefile", "all:");
  must(walk({folder.path("mine") + "/"}));
  EXPECT_THAT(addresses, ElementsAre("mine", "mine/bridge", "mine/veth"));
}

TEST_F(KernelSources, ADirectoryOfModulesFindsItsKernelInBoot) {
  write("boot/vmlinuz-6.1.0-56-amd64", vmlinux(kernel));
  write("lib/modules/6.1.0-56-amd64/kernel/net/veth.ko", veth_ko);
  must(walk({folder.path("lib/modules/6.1.0-56-amd64")}));
  EXPECT_THAT(addresses, ElementsAre("6.1.0-56-amd64", "6.1.0-56-amd64/veth"));
}

TEST_F(KernelSources, ModulesOfAnotherKernelAreSkipped) {
  write("mine/vmlinux", kernel);
  write("mine/veth.btf", module_btf(kernel_btf(std::endian::little, 12345), "veth"));
  write("mine/cut.btf", veth.substr(0, 30));
  const auto counts = must(walk({folder.path("mine")}));
  EXPECT_THAT(addresses, ElementsAre("mine"));
  EXPECT_EQ(counts.skipped, 2U);
  EXPECT_THAT(skipped,
              ElementsAre(HasSubstr("cut.btf: "),
                          HasSubstr("veth.btf: the module's BTF is damaged, or belongs to another "
                                    "kernel: ")));
}

TEST_F(KernelSources, ModulesWithABaseOfTheirOwnAreSkipped) {
  write("mine/vmlinux", kernel);
  const std::string info = std::string("name=veth\0vermagic=6.1 \0", 24);
  write("mine/veth.ko",
        test::elf_file(ET_REL, EM_X86_64,
                       {{".modinfo", info}, {".BTF", veth}, {".BTF.base", kernel}}));
  EXPECT_EQ(must(walk({folder.path("mine")})).skipped, 1U);
  EXPECT_THAT(skipped, ElementsAre(HasSubstr("brings a base of its own (.BTF.base)")));
}

TEST_F(KernelSources, TheSameKernelIsGivenOnce) {
  const std::string image = vmlinux(kernel);
  const auto counts =
      must(walk({write("fedora.tar", TarBytes()
                                         .add("boot/vmlinuz-6.1.0-56-amd64", image)
                                         .add("lib/modules/6.1.0-56-amd64/vmlinuz", image)
                                         .bytes())}));
  EXPECT_EQ(counts.kernels, 1U);
  EXPECT_EQ(counts.skipped, 0U);
}

TEST_F(KernelSources, ALabelIsForOneKernel) {
  const std::string one = write("one.btf", kernel);
  const std::string two = write("two.btf", kernel_btf(std::endian::little, 2));
  must(walk({one}, {.with_modules = true, .label = "mine"}));
  EXPECT_THAT(addresses, ElementsAre("mine"));
  const auto both = walk({one, two}, {.with_modules = true, .label = "mine"});
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().message, "a second kernel, and both would be called `mine`");
}

TEST_F(KernelSources, ModulesAreLeftOutWhenAsked) {
  write("mine/vmlinux", kernel);
  write("mine/veth.btf", veth);
  must(walk({folder.path("mine")}, {.with_modules = false, .label = {}}));
  EXPECT_THAT(addresses, ElementsAre("mine"));
}

TEST_F(KernelSources, WhatHasNoKernelIsAnError) {
  const auto error_of = [&](const std::string& path) {
    const auto result = walk({path});
    return result ? "none" : result.error().message + " --> " + result.error().where.file;
  };
  fs::create_directories(folder.path("empty"));
  EXPECT_THAT(error_of(folder.path("empty")), HasSubstr("no kernel, and no module with BTF"));
  EXPECT_THAT(error_of(folder.path("missing")), HasSubstr("cannot open"));
  EXPECT_THAT(error_of(write("text", "hello")), HasSubstr("no kernel is in the file"));
  const std::string package =
      write("linux.deb",
            test::deb_bytes("data.tar",
                            TarBytes().add("boot/vmlinux-6.1.0-56-amd64", vmlinux("")).bytes()));
  EXPECT_THAT(error_of(package), HasSubstr("kernel 6.1.0-56-amd64 (x86_64) has no BTF"));
  EXPECT_THAT(error_of(package), HasSubstr("linux.deb: boot/vmlinux-6.1.0-56-amd64"));
  EXPECT_THAT(skipped, ElementsAre());
}

TEST_F(KernelSources, NamesAreMadePrintable) {
  const std::string archive = write("x.tar", TarBytes()
                                                 .add("6.1.0\x1b[2J.btf", kernel)
                                                 .add("boot/\x1b]0;x\x07/vmlinuz-6", "hello")
                                                 .bytes());
  must(walk({archive}));
  EXPECT_THAT(addresses, ElementsAre("6.1.0_[2J"));
  EXPECT_EQ(inside(origins[0]), "x.tar: 6.1.0?[2J.btf");
  EXPECT_THAT(skipped, ElementsAre(HasSubstr("boot/?]0;x?/vmlinuz-6: ")));
}

TEST_F(KernelSources, AnErrorOfTheCallerEndsTheWalk) {
  const KernelSourceCalls calls{
      .found = [](const KernelSource&) { return Status(fail(Errc::io, "the disk is full")); }};
  const std::vector<std::string> paths = {
      write("x.tar", TarBytes().add("6.1.btf", kernel).bytes())};
  const auto result = for_each_kernel(paths, {}, calls);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "the disk is full");
}

TEST_F(KernelSources, ProgressCountsBytesOfFiles) {
  const std::vector<std::string> paths = {write("a.btf", kernel),
                                          write("b.btf", kernel_btf(std::endian::big, 3))};
  std::uint64_t total = 0;
  std::vector<std::uint64_t> done;
  const KernelSourceCalls calls{.found = [](const KernelSource&) -> Status { return {}; },
                                .skipped = {},
                                .progress =
                                    [&](const SourceProgress& progress) {
                                      total = progress.total;
                                      done.push_back(progress.done);
                                    },
                                .kernel_of = {}};
  must(for_each_kernel(paths, {}, calls));
  EXPECT_EQ(total, fs::file_size(paths[0]) + fs::file_size(paths[1]));
  EXPECT_THAT(done, ElementsAre(0, fs::file_size(paths[0])));
}

TEST_F(KernelSources, AMachineTellsItsKernels) {
  write("boot/vmlinuz-6.1.0-56-amd64", vmlinux(kernel));
  write("boot/vmlinuz-5.10.0-46-amd64", "hello");
  write("boot/config-6.1.0-56-amd64", "CONFIG_DEBUG_INFO_BTF=y");
  write("lib/modules/6.1.0-56-amd64/kernel/veth.ko", veth_ko);
  write("lib/modules/6.1.0-56-amd64/modules.dep", "");
  const std::vector<KernelOnDisk> found = kernels_of_machine(folder.path(""));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(inside(found[0].path), "boot/vmlinuz-5.10.0-46-amd64");
  EXPECT_EQ(found[0].release, "5.10.0-46-amd64");
  EXPECT_FALSE(found[0].has_btf);
  EXPECT_THAT(found[0].why_not, HasSubstr("no kernel is in the file"));
  EXPECT_EQ(found[1].release, kRelease);
  EXPECT_EQ(found[1].arch, "x86_64");
  EXPECT_TRUE(found[1].has_btf);
  EXPECT_EQ(found[1].modules, 1U);
}

}  // namespace
}  // namespace btfreloc::tool
