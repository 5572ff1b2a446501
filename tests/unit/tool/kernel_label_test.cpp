#include "btfreloc/kernel_label.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string_view>

namespace btfreloc::tool {
namespace {

struct ReleaseCase {
  std::string_view release, version, arch, distribution, flavour;
  friend void PrintTo(const ReleaseCase& c, std::ostream* out) { *out << c.release; }
};

class OfRelease : public testing::TestWithParam<ReleaseCase> {};

TEST_P(OfRelease, TellsWhatItSays) {
  kernels::Column column;
  column.release = GetParam().release;
  add_facts_of_release(column);
  EXPECT_EQ(column.version, GetParam().version);
  EXPECT_EQ(column.arch, GetParam().arch);
  EXPECT_EQ(column.distribution, GetParam().distribution);
  EXPECT_EQ(column.flavour, GetParam().flavour);
}

INSTANTIATE_TEST_SUITE_P(
    Releases, OfRelease,
    testing::ValuesIn<ReleaseCase>({
        // Debian: the third part is 0 until 6.12, whatever was built.
        {"5.10.0-46-cloud-amd64", "", "x86_64", "debian", "cloud"},
        {"6.1.0-56-amd64", "", "x86_64", "debian", ""},
        {"6.1.0-56-rt-amd64", "", "x86_64", "debian", "rt"},
        {"6.1.0-50-686-pae", "", "i686", "debian", "686-pae"},
        {"6.1.0-50-rt-686-pae", "", "i686", "debian", "rt-686-pae"},
        {"6.1.0-50-686", "", "i686", "debian", "686"},
        {"6.1.0-50-armmp-lpae", "", "armv7l", "debian", "armmp-lpae"},
        {"6.1.0-50-powerpc64le", "", "ppc64le", "debian", ""},
        {"6.1.0-0.deb11.7-amd64", "", "x86_64", "debian", ""},
        {"6.12.107+deb13-s390x", "6.12.107", "s390x", "debian", ""},
        {"6.12.107+deb13-cloud-arm64", "6.12.107", "aarch64", "debian", "cloud"},
        {"7.2.13+deb14-riscv64", "7.2.13", "riscv64", "debian", ""},
        {"6.12.43+bpo-amd64", "6.12.43", "x86_64", "debian", ""},
        // Ubuntu: neither the version nor the architecture.
        {"5.4.0-1009-aws", "", "", "ubuntu", "aws"},
        {"5.15.0-91-generic", "", "", "ubuntu", ""},
        {"6.8.0-31-lowlatency", "", "", "ubuntu", "lowlatency"},
        // rpm
        {"6.5.6-300.fc39.x86_64", "6.5.6", "x86_64", "fedora", ""},
        {"6.5.0-1.fc39.aarch64", "6.5.0", "aarch64", "fedora", ""},
        {"6.5.6-300.fc39.x86_64+debug", "6.5.6", "x86_64", "fedora", "debug"},
        {"5.14.0-362.8.1.el9_3.x86_64", "5.14.0", "x86_64", "rhel", ""},
        {"4.18.0-305.rt7.72.el8.x86_64", "4.18.0", "x86_64", "rhel", "rt"},
        {"3.10.0-1160.el7.x86_64", "3.10.0", "x86_64", "rhel", ""},
        {"5.15.0-200.131.27.el9uek.x86_64", "5.15.0", "x86_64", "oracle", "uek"},
        {"5.10.184-175.731.amzn2.x86_64", "5.10.184", "x86_64", "amazon", ""},
        {"5.14.21-150500.55.39-default", "5.14.21", "", "suse", ""},
        {"5.15.112.1-2.cm2", "5.15.112", "", "mariner", ""},
        {"5.10.0-153.12.0.92.oe2203sp2.aarch64", "5.10.0", "aarch64", "openeuler", ""},
        // Others
        {"6.6.8-arch1-1", "6.6.8", "", "arch", ""},
        {"6.6.8-zen1-1-zen", "6.6.8", "", "arch", "zen"},
        {"6.1.69-1-lts", "6.1.69", "", "arch", "lts"},
        {"6.6.7-0-lts", "6.6.7", "", "alpine", "lts"},
        {"6.6.7-0-virt", "6.6.7", "", "alpine", "virt"},
        {"6.5.11-7-pve", "6.5.11", "", "proxmox", ""},
        {"5.15.133.1-microsoft-standard-WSL2", "5.15.133", "", "wsl", ""},
        // Nobody's
        {"6.12.0", "6.12.0", "", "", ""},
        {"6.12.0-rc3", "6.12.0", "", "", ""},
        {"6.12.0-1", "", "", "", ""},
        {"6.18.44-fc-v595", "6.18.44", "", "", ""},
        {"6.12", "", "", "", ""},
        {"vmlinux", "", "", "", ""},
        {"", "", "", "", ""},
    }));

struct BannerCase {
  std::string_view banner, release, version, distribution, flavour;
  friend void PrintTo(const BannerCase& c, std::ostream* out) { *out << c.banner; }
};

class OfBanner : public testing::TestWithParam<BannerCase> {};

TEST_P(OfBanner, TellsWhatItSays) {
  kernels::Column column;
  add_facts_of_banner(GetParam().banner, column);
  EXPECT_EQ(column.release, GetParam().release);
  EXPECT_EQ(column.version, GetParam().version);
  EXPECT_EQ(column.distribution, GetParam().distribution);
  EXPECT_EQ(column.flavour, GetParam().flavour);
}

// Those of Debian are of packages; the others have the form that their distribution gives them.
INSTANTIATE_TEST_SUITE_P(
    Banners, OfBanner,
    testing::ValuesIn<BannerCase>({
        {"Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists) (gcc-12 (Debian "
         "12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC "
         "Debian 6.1.192-2 (2026-11-16)",
         "6.1.0-56-cloud-amd64", "6.1.192", "debian", "cloud"},
        {"Linux version 6.12.107+deb13-s390x (debian-kernel@lists) "
         "(s390x-linux-gnu-gcc-14 "
         "(Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) #1 SMP Debian "
         "6.12.107-1 "
         "(2026-08-29)",
         "6.12.107+deb13-s390x", "6.12.107", "debian", ""},
        {"Linux version 6.12.43+deb12-amd64 (debian-kernel@lists) "
         "(x86_64-linux-gnu-gcc-12 "
         "(Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1~bpo12+1 (2025-09-06)",
         "6.12.43+deb12-amd64", "6.12.43", "debian", ""},
        {"Linux version 5.15.0-91-generic (builder@lcy02-amd64-045) (gcc (Ubuntu "
         "11.4.0-1ubuntu1~22.04) 11.4.0) #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
         "5.15.0-91-generic", "", "ubuntu", ""},
        {"Linux version 6.5.6-300.fc39.x86_64 (mockbuild@e4ab5d1f6ad14a9b81a4ed7b4ba2a5a6) (gcc "
         "(GCC) "
         "13.2.1 20230918 (Red Hat 13.2.1-3)) #1 SMP PREEMPT_DYNAMIC Fri Oct 6 19:57:21 UTC 2023",
         "6.5.6-300.fc39.x86_64", "6.5.6", "fedora", ""},
        {"Linux version 6.6.8-arch1-1 (linux@archlinux) (gcc (GCC) 13.2.1 20230801) #1 SMP "
         "PREEMPT_DYNAMIC Thu, 21 Dec 2023 19:01:01 +0000",
         "6.6.8-arch1-1", "6.6.8", "arch", ""},
        {"Linux version 6.1.69-1-lts (linux-lts@archlinux) (gcc (GCC) 13.2.1 20230801) #1 SMP",
         "6.1.69-1-lts", "6.1.69", "arch", "lts"},
        {"Linux version 6.6.7-1-lts (buildozer@build-3-19-x86_64) (gcc (Alpine 13.2.1_git20231014) "
         "13.2.1 20231014) #1-Alpine SMP PREEMPT_DYNAMIC",
         "6.6.7-1-lts", "6.6.7", "alpine", "lts"},
        // Built on Debian, by somebody else.
        {"Linux version 6.18.44 (root@build) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld) #1 SMP",
         "6.18.44", "6.18.44", "", ""},
        {"Linux version 6.18.44-fc-v595 (root@0) (clang version 19) #1 SMP @0", "6.18.44-fc-v595",
         "6.18.44", "", ""},
        {"Linux version of something else", "", "", "", ""},
        {"", "", "", "", ""},
    }));

TEST(KernelLabel, WhatIsKnownIsNotChanged) {
  kernels::Column column;
  column.release = "6.1.0-56-amd64";
  column.arch = "aarch64";
  column.version = "6.1.192";
  column.distribution = "mine";
  add_facts_of_release(column);
  EXPECT_EQ(column.arch, "aarch64");
  EXPECT_EQ(column.version, "6.1.192");
  EXPECT_EQ(column.distribution, "mine");
}

TEST(KernelLabel, FilesTellReleases) {
  EXPECT_EQ(release_of_file("boot/vmlinuz-6.1.0-56-amd64"), "6.1.0-56-amd64");
  EXPECT_EQ(release_of_file("5.4.0-1009-aws.btf.tar.xz"), "5.4.0-1009-aws");
  EXPECT_EQ(release_of_file("6.12.117+deb13-cloud-amd64.btf.xz"), "6.12.117+deb13-cloud-amd64");
  EXPECT_EQ(release_of_file("usr/lib/debug/boot/vmlinux-6.1.0-56-amd64"), "6.1.0-56-amd64");
  EXPECT_EQ(release_of_file("lib/modules/6.5.6-300.fc39.x86_64/vmlinuz"), "6.5.6-300.fc39.x86_64");
  EXPECT_EQ(release_of_file("build/vmlinux"), "");
  EXPECT_EQ(release_of_file("mine.btf"), "");
}

TEST(KernelLabel, ModulesHaveTheNameThatTheKernelGivesThem) {
  EXPECT_EQ(module_of_file("lib/modules/6.1/kernel/net/nf-conntrack.ko.xz"), "nf_conntrack");
  EXPECT_EQ(module_of_file("6.1.modules/veth.btf.xz"), "veth");
  EXPECT_EQ(module_of_file("/sys/kernel/btf/kvm_intel"), "kvm_intel");
}

TEST(KernelLabel, FoldersOfBtfhubTell) {
  kernels::Column column;
  add_facts_of_path("hub/ubuntu/20.04/arm64/5.4.0-1009-aws.btf.tar.xz", column);
  EXPECT_EQ(column.arch, "aarch64");
  EXPECT_EQ(column.distribution, "ubuntu");
  EXPECT_EQ(distribution_release_of_path("hub/ubuntu/20.04/arm64/x.btf"), "20.04");
  kernels::Column other;
  add_facts_of_path("/home/ubuntu/kernels/x.btf", other);
  EXPECT_EQ(other.arch, "");
  EXPECT_EQ(other.distribution, "");
  EXPECT_EQ(distribution_release_of_path("/home/ubuntu/kernels/x.btf"), "");
}

TEST(KernelLabel, LabelsAreShortAndHarmless) {
  EXPECT_EQ(label_of("6.1/\x1b[31m b"), "6.1__[31m_b");
  EXPECT_EQ(label_of(std::string(1000, 'x')).size(), 128U);
}

}  // namespace
}  // namespace btfreloc::tool
