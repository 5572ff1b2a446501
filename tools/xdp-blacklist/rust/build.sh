#!/usr/bin/env bash
# Builds the program: rustc and clang leave bitcode, `btfreloc emit` adds the relocations and links.
#
#   build.sh OUT [BIN [RUST [MAJOR]]]
#
# BIN has our programs; build/bin by default. RUST is a toolchain that has LLVM MAJOR, see
# testdata/rust/toolchain.sh; build/rust/1.85 and 19 by default. The same tools make the same bytes,
# wherever the folder lies.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$here/../../../build
out=$(realpath -m -- "$1")
bin=$(realpath -- "${2:-$build/bin}")
toolchain=$(realpath -- "${3:-$build/rust/1.85}")
major=${4:-19}

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT

# In the folder of the source, so that BTF gets its names without a path and finds its lines.
cd "$here"
"$toolchain/bin/rustc" --target bpfel-unknown-none --edition 2021 --crate-type lib -g \
  -C opt-level=2 -C panic=abort -C codegen-units=1 -C no-prepopulate-passes -Z inline-mir=no \
  -D warnings --remap-path-prefix "$here=" --emit "llvm-bc=$work/blacklist.bc" blacklist.rs
clang-19 --target=bpfel -O2 -Xclang -disable-llvm-passes -gdwarf-4 -Wall -Werror \
  -ffile-prefix-map="$here=." -emit-llvm -c kfuncs.c -o "$work/kfuncs.bc"
"$bin/btfreloc-emit-$major" "$work/blacklist.bc" --lib "$work/kfuncs.bc" --strict \
  -o "$work/blacklist.o"
# Takes away DWARF, which nobody reads here, and leaves .BTF and .BTF.ext.
"llvm-strip-$major" -g "$work/blacklist.o"
if grep -qaF -e "$here" -e "$toolchain" -e "$work" "$work/blacklist.o"; then
  echo "build.sh: the object names a folder of this machine" >&2
  exit 1
fi
mv "$work/blacklist.o" "$out"
