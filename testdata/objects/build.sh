#!/usr/bin/env bash
# Rebuilds the BPF objects of this folder, and expected.tsv, from their sources:
#
#   build.sh [VMLINUX_BTF]
#
# VMLINUX_BTF, plain or .xz, is the BTF of the kernel that the benchmark objects are generated from;
# by default $BTFRELOC_CORPUS/kernels/amd64/6.12.117+deb13-cloud-amd64.btf.xz. Without either, the
# benchmark objects stay as they are.
#
# The same tools make the same bytes, wherever the repository lies. Nothing is replaced unless
# everything was built and verified.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$(pwd -P)
default_kernel=${BTFRELOC_CORPUS:+$BTFRELOC_CORPUS/kernels/amd64/6.12.117+deb13-cloud-amd64.btf.xz}
kernel=${1:-$default_kernel}
if [ -n "$kernel" ]; then
  kernel=$(cd "$OLDPWD" && realpath -- "$kernel")
  [ -r "$kernel" ] || { echo "build.sh: cannot read $kernel" >&2; exit 1; }
fi

# tool and the Debian package that has it
missing=
while read -r tool package; do
  command -v "$tool" >/dev/null || missing+="  $tool (Debian package $package)"$'\n'
done <<'TOOLS'
clang-19 clang-19
llvm-strip-19 llvm-19
llvm-objdump-19 llvm-19
llvm-readelf-19 llvm-19
bpftool bpftool
bpf-ld binutils-bpf
python3 python3
xz xz-utils
TOOLS
if [ -n "$missing" ]; then
  printf 'build.sh: missing tools:\n%s' "$missing" >&2
  exit 1
fi

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
out=$work/out
mkdir -p "$out/bench" "$work/bench"

# compile SOURCE OBJECT TARGET CPU [FLAG...]: run in the folder of the source, so that BTF gets its
# name without a path and finds its lines.
compile() {
  local source=$1 object=$2 target=$3 cpu=$4
  shift 4
  clang-19 -Wall -Wextra -Wno-unused-parameter -Werror -O2 -target "$target" -mcpu="$cpu" \
    -ffile-prefix-map="$(pwd -P)=" "$@" -c "$source" -o "$object"
  # Takes away DWARF, which nobody reads here, and leaves .BTF and .BTF.ext.
  llvm-strip-19 -g "$object"
}

for target in bpfel bpfeb; do
  for name in exit relocations bitfields enums programs maps arena legacy_maps no_core tags \
    linked_a linked_b unguarded targets; do
    compile "$name.bpf.c" "$out/$name.$target.o" "$target" v3 -g
  done
  # The same with the instructions of v4, of which ST carries relocations too.
  compile relocations.bpf.c "$out/relocations_v4.$target.o" "$target" v4 -g
  compile isa.bpf.c "$out/isa.$target.o" "$target" v4 -g
  compile isa.bpf.c "$out/isa_v1.$target.o" "$target" v1 -g
  compile no_core.bpf.c "$out/no_btf.$target.o" "$target" v3
done
# Runs on 6.1, which of the instructions of v4 knows ST only.
compile kernel_values.bpf.c "$out/kernel_values.bpfel.o" bpfel v4 -g -mllvm -disable-bswap \
  -mllvm -disable-gotol -mllvm -disable-ldsx -mllvm -disable-movsx -mllvm -disable-sdiv-smod

# Linked as it should be; bpftool can do it in the byte order of its host only.
bpftool gen object "$out/linked.bpfel.o" "$out/linked_a.bpfel.o" "$out/linked_b.bpfel.o"
# Linked by a linker that does not know BTF: the two .BTF and .BTF.ext stand one behind the other.
bpf-ld -EL -r -o "$out/concatenated.bpfel.o" "$out/linked_a.bpfel.o" "$out/linked_b.bpfel.o"
bpf-ld -EB -r -o "$out/concatenated.bpfeb.o" "$out/linked_a.bpfeb.o" "$out/linked_b.bpfeb.o"

if [ -n "$kernel" ]; then
  case $kernel in
    *.xz) xz -dc "$kernel" >"$work/vmlinux.btf" ;;
    *) cp "$kernel" "$work/vmlinux.btf" ;;
  esac
  bpftool btf dump file "$work/vmlinux.btf" format c >"$work/vmlinux.h"
  bpftool -j btf dump file "$work/vmlinux.btf" >"$work/vmlinux.json"
  bench/generate.py --types "$work/vmlinux.json" --header "$work/vmlinux.h" "$work/bench"
  for name in a10 b200 c5000; do
    (cd "$work/bench" && compile "$name.bpf.c" "$out/bench/$name.bpfel.o" bpfel v3 -g \
      -I"$here" -isystem "$work")
  done
  # c5000.bpf.c is not kept: it is large, and only good for what its object is.
  cp "$work/bench/a10.bpf.c" "$work/bench/b200.bpf.c" "$out/bench"
else
  echo "build.sh: no VMLINUX_BTF and no BTFRELOC_CORPUS: keeping the benchmark objects" >&2
  cp bench/*.o bench/*.bpf.c "$out/bench"
fi

cd "$out"
"$here/count.py" ./*.o bench/*.o | sed 's|^\./||' >expected.tsv

# count.py and LLVM have to agree on every object.
llvm_counts() {
  llvm-objdump-19 -dr "$1" | awk -v kinds="$2" '
    $2 == "CO-RE" { count[substr($3, 2, length($3) - 2)]++ }
    END {
      fields = split(kinds, kind, "\t")
      for (i = 1; i <= fields; i++) printf "%s%d", (i > 1 ? "\t" : ""), count[kind[i]]
    }'
}
{
  read -r header
  kinds=$(cut -f4- <<<"$header")
  while read -r row; do
    object=$(cut -f1 <<<"$row")
    counted=$(cut -f4- <<<"$row")
    if [[ $object == concatenated.* ]]; then
      [[ $counted != *[0-9]* ]] || { echo "build.sh: $object is not damaged" >&2; exit 1; }
    elif [ "$counted" != "$(llvm_counts "$object" "$kinds")" ]; then
      echo "build.sh: $object: count.py and llvm-objdump-19 count differently" >&2
      exit 1
    fi
    if [[ $(llvm-readelf-19 -SW "$object") == *.debug_* ]]; then
      echo "build.sh: $object: has DWARF" >&2
      exit 1
    fi
    if grep -qaF -e "$here" -e "$work" "$object"; then
      echo "build.sh: $object: names a folder of this machine" >&2
      exit 1
    fi
  done
} <expected.tsv

rm -f "$here"/*.o "$here"/bench/*.o
cp ./*.o expected.tsv "$here"
cp bench/* "$here/bench"
