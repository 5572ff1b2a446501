#!/usr/bin/env bash
# Makes a Rust toolchain for BPF out of Debian packages, in a folder, without installing anything:
#
#   toolchain.sh VERSION FOLDER
#
# VERSION is 1.85 (LLVM 19; Debian 12) or 1.96 (LLVM 22; Debian 12 with security updates). Then
# FOLDER/bin has rustc and cargo, which know core for bpfel-unknown-none and bpfeb-unknown-none, and
# FOLDER/lib/bpfel and bpfeb have core.bc, for llvm-link. A folder that is complete is left alone.
# Exits with 77, which tests take for "skipped", where the packages are not to be had.
set -euo pipefail
export LC_ALL=C

usage() { echo "usage: toolchain.sh 1.85|1.96 FOLDER" >&2; exit 2; }
skip() { echo "toolchain.sh: no Rust $version: $1" >&2; exit 77; }

# As root, apt would change to a user who cannot write here.
download() {
  apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
    download "$@" >apt.log 2>&1
}

# Without libstd-rust-web-dev: it would double the size, and is needed for build scripts and
# procedural macros only, which run on the host.
download_rust() {
  local package release packages=()
  : >apt.log
  for package in rustc-web "libstd-rust-web-$version" rust-web-src cargo-web; do
    release=$(apt-cache madison "$package" |
      awk -F ' *[|] *' -v prefix="$version." 'index($2, prefix) == 1 && !found++ { print $2 }')
    [ -n "$release" ] || return 1
    packages+=("$package=$release")
  done
  download "${packages[@]}"
}

# Shared libraries that the packages depend on and this machine lacks, LLVM's among them. Simulated
# installation knows what those depend on in turn; "[" marks what is here in another version.
download_libraries() {
  local wanted missing
  mapfile -t wanted < <(for package in *.deb; do dpkg-deb -f "$package" Depends; done |
    tr ',' '\n' | awk '$1 ~ /^lib/ && $1 !~ /^libstd-rust/ { print $1 }' | sort -u)
  missing=$(apt-get -s --no-install-recommends install "${wanted[@]}" 2>apt.log |
    awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }') || return 1
  mapfile -t missing < <(printf '%s' "$missing")
  [ "${#missing[@]}" -eq 0 ] || download "${missing[@]}"
}

# Of the source, only the library's is unpacked: the compiler's is ten times that.
unpack() {
  local package
  for package in *.deb; do
    case "$package" in
      rust-web-src_*) dpkg-deb --fsys-tarfile "$package" | tar x --wildcards '*/src/*/library' ;;
      *) dpkg-deb -x "$package" . ;;
    esac
  done
  mv usr/src/*/library library
  find usr/bin -type f ! -name rustc ! -name cargo -delete
  rm -rf -- *.deb usr/src usr/share usr/libexec usr/lib/rustlib/src etc
}

# They find the folder themselves, so that it may be moved. rustc finds its sysroot by its library.
write_wrappers() {
  local tool libraries
  libraries=$(dirname usr/lib/*/librustc_driver-*.so)
  mkdir bin
  for tool in rustc cargo; do
    cat >"bin/$tool" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
export LD_LIBRARY_PATH="\$root/$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export RUSTC_BOOTSTRAP=1 RUSTC="\$root/bin/rustc"
exec "\$root/usr/bin/$tool" "\$@"
WRAPPER
  done
  chmod +x bin/*
}

# rustc links everything with a compiler_builtins; BPF has no use for what is in it.
build_core() {
  local target=$1-unknown-none output=$PWD/lib/$1 rustc=$PWD/bin/rustc edition sysroot flags
  sysroot=$PWD/usr/lib/rustlib/$target/lib
  edition=$(sed -n 's/^edition = "\(.*\)"/\1/p' library/core/Cargo.toml)
  flags=(--target "$target" --crate-type rlib --edition "$edition" --cap-lints allow -C opt-level=2
    -C debuginfo=0 -C panic=abort -C codegen-units=1 -Z force-unstable-if-unmarked
    --remap-path-prefix "$PWD=/rust")  # the same bytes wherever the folder lies
  mkdir -p "$sysroot" "$output"
  "$rustc" "${flags[@]}" --crate-name core library/core/src/lib.rs \
    --emit="link=$sysroot/libcore.rlib,llvm-bc=$output/core.bc"
  "$rustc" "${flags[@]}" --crate-name compiler_builtins --out-dir "$sysroot" - \
    <<<'#![feature(compiler_builtins)] #![compiler_builtins] #![no_std]'
}

make_toolchain() {
  local tool
  for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null || skip "this is not Debian ($tool is missing)"
  done
  # What apt knows may be older than what the archive still has.
  download_rust || { [ "$(id -u)" -eq 0 ] && apt-get update -q >apt.log 2>&1 && download_rust; } ||
    skip "$(grep -m 1 '^E:' apt.log || echo 'apt knows no such packages')"
  download_libraries || skip "$(grep -m 1 '^E:' apt.log)"
  unpack
  write_wrappers
  build_core bpfel
  build_core bpfeb
}

[ $# -eq 2 ] || usage
version=$1 folder=$2 stamp="$1 $(cksum <"${BASH_SOURCE[0]}")"
case "$version" in 1.85 | 1.96) ;; *) usage ;; esac
# Parts of it are removed below, so it must not be somebody else's.
if [ -n "$(ls -A -- "$folder" 2>/dev/null)" ] && [ ! -e "$folder/.lock" ]; then
  echo "toolchain.sh: $folder is not empty" >&2
  exit 1
fi
mkdir -p -- "$folder"
cd -- "$folder"
exec 9>.lock
flock 9
if [ "$(cat .stamp 2>/dev/null)" = "$stamp" ]; then exit 0; fi
work=$PWD/work
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir "$work"
cd "$work"
make_toolchain
rm -rf ../.stamp ../bin ../lib ../usr
mv bin lib usr ..
echo "$stamp" >../.stamp
