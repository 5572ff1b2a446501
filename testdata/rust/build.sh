#!/usr/bin/env bash
# Rebuilds the BPF objects of this folder from their sources, with `btfreloc emit`:
#
#   build.sh [BIN [RUST]]
#
# BIN has our programs; build/bin by default. RUST has the toolchains, 1.85 and 1.96; build/rust by
# default, where toolchain.sh makes what is missing. NAME.llvm19.o is of the first, NAME.llvm22.o of
# the other. NAME.rustc.llvm22.o is what rustc and llc make of it without us.
#
# The same tools make the same bytes, wherever the folder lies. Nothing is replaced unless
# everything was built.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$here/../../build
bin=$(realpath -- "${1:-$build/bin}")
rust=$(realpath -m -- "${2:-$build/rust}")

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT

# check_names OBJECT TOOLCHAIN: it names no folder of this machine
check_names() {
  if grep -qaF -e "$here" -e "$2" -e "$work" "$1"; then
    echo "build.sh: $1: names a folder of this machine" >&2
    exit 1
  fi
}

# emit_object NAME VERSION MAJOR [FLAG...]: by Rust VERSION, which has LLVM MAJOR
emit_object() {
  local name=$1 toolchain=$rust/$2 major=$3 object=$work/$1.llvm$3.o
  shift 3
  # In the folder of the source, so that BTF gets its name without a path and finds its lines.
  (cd "$here" && "$toolchain/bin/rustc" --target bpfel-unknown-none --edition 2021 \
    --crate-type lib -g -C opt-level=2 -C panic=abort -C codegen-units=1 -C no-prepopulate-passes \
    -Z inline-mir=no -D warnings --remap-path-prefix "$here=" "$@" --emit "llvm-bc=$work/$name.bc" \
    "$name.rs")
  "$bin/btfreloc-emit-$major" "$work/$name.bc" --lib "$toolchain/lib/bpfel/core.bc" \
    --allow no-records -o "$object"
  # Takes away DWARF, which nobody reads here, and leaves .BTF and .BTF.ext.
  "llvm-strip-$major" -g "$object"
  check_names "$object" "$toolchain"
}

# rustc_object NAME VERSION MAJOR
rustc_object() {
  local name=$1 toolchain=$rust/$2 major=$3 object=$work/$1.rustc.llvm$3.o
  (cd "$here" && "$toolchain/bin/rustc" --target bpfel-unknown-none --edition 2021 \
    --crate-type lib -g -C opt-level=2 -C panic=abort -C codegen-units=1 -D warnings \
    --remap-path-prefix "$here=" --emit "llvm-bc=$work/$name.bc" "$name.rs")
  "llc-$major" -march=bpfel -mcpu=v3 -filetype=obj "$work/$name.bc" -o "$object"
  "llvm-strip-$major" -g "$object"
  check_names "$object" "$toolchain"
}

for versions in 1.85:19 1.96:22; do
  version=${versions%:*} major=${versions#*:}
  "$here/toolchain.sh" "$version" "$rust/$version"
  for name in wrong_layout xdp types tagged_unions questions switched; do
    emit_object "$name" "$version" "$major"
  done
  emit_object panics "$version" "$major" -C overflow-checks=on
done
rustc_object tagged_unions 1.96 22
mv "$work"/*.o "$here"
