#!/usr/bin/env bash
# stand-ins.sh FOLDER INTO: PyPI's torch is linked with NVIDIA's libraries, 3 GB, and calls them for NVIDIA's hardware only.
# For those that are not here, this makes libraries of the same names that end a program which calls them, so that those of
# torch, in FOLDER, can be loaded.
set -euo pipefail
folder=$1 into=$2
headers=$(objdump --private-headers "$folder"/*.so)
undefined=$(nm --dynamic --undefined-only "$folder"/*.so | awk '$1 == "U" {print $2}' | sort -u)
# The last is the driver's, which torch looks for and does without.
here=$(find "$folder" "$folder/../../nvidia" -name '*.so*' -printf '%f\n'; ldconfig -p | awk '/=>/ {print $1}'; echo libcuda.so.1)
awk '$1 == "NEEDED" {print $2}' <<<"$headers" | sort -u | { grep -vxF "$here" || true; } |
  while read -r library; do
    version=$(awk -v from="$library:" '/required from/ {wanted = $3 == from; next} !/^ *0x/ {wanted = 0} wanted {print $4}' \
      <<<"$headers" | sort -u)
    # Its symbols bear its version or, where it has none, begin with its name: ncclSend, in libnccl.so.2.
    name=${library%%.so*}
    symbols=$(awk -F@ -v version="$version" -v prefix="${name#lib}" \
      'version ? $2 == version : NF == 1 && index(tolower($1), tolower(prefix)) == 1 {print $1}' <<<"$undefined")
    {
      printf '#include <stdio.h>\n#include <stdlib.h>\n'
      printf 'static void absent(void) { fputs("%s is not here: this torch computes on CPUs only\\n", stderr); abort(); }\n' \
        "$library"
      for symbol in $symbols; do printf 'void %s(void) __attribute__((alias("absent")));\n' "$symbol"; done
    } | gcc -shared -fPIC -x c - -o "$into/$library" -Wl,-soname="$library" \
      -Wl,--version-script=<(printf '%s {global: *;};\n' "$version")
    printf '%s %s: %s symbols\n' "$library" "$version" "$(wc -w <<<"$symbols")"
  done
