#!/usr/bin/env bash
# Rebuilds the BPF objects of this folder from their sources, with clang and `btfreloc emit`:
#
#   build.sh [BIN]
#
# BIN has our programs; build/bin by default. NAME.llvmNN.o is of LLVM NN.
#
# The same tools make the same bytes, wherever the folder lies. Nothing is replaced unless
# everything was built.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
bin=$(realpath -- "${1:-$here/../../build/bin}")

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cd "$here"
for major in 19 22; do
  for source in wrong_layout.bpf.c wrong_layout.bpf.cpp; do
    language=()
    [[ $source != *.cpp ]] || language=(-std=c++17 -fno-exceptions -fno-rtti)
    bitcode=$work/$source.bc object=$work/$source.llvm$major.o
    "clang-$major" --target=bpf -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror "${language[@]}" \
      -Xclang -disable-llvm-passes -emit-llvm -ffile-prefix-map="$here=" -c "$source" -o "$bitcode"
    "$bin/btfreloc-emit-$major" "$bitcode" --strict -o "$object"
    # Takes away DWARF, which nobody reads here, and leaves .BTF and .BTF.ext.
    "llvm-strip-$major" -g "$object"
    if grep -qaF -e "$here" -e "$work" "$object"; then
      echo "build.sh: $object: names a folder of this machine" >&2
      exit 1
    fi
  done
done
mv "$work"/*.o "$here"
