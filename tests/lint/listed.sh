#!/bin/bash
# listed.sh - a file that no meson.build names is neither compiled nor tested, and nobody notices.
set -u
cd "$(dirname "$0")/../.."

status=0
named() { # named MESON_FILE FILE...: the file, below the folder of the meson file, stands in it in some way
  local meson=$1 stem
  shift
  for file; do
    stem=${file#"$(dirname "$meson")"/}
    grep -qF -e "$stem" -e "'$(basename "${stem%_*}")'" -e "'$(basename "${stem%.c}")'" "$meson" && continue
    echo "$file is not in $meson"
    status=1
  done
}
mapfile -t sources < <(find src -mindepth 2 ! -name page_none.c \( -name '*.c' -o -name '*.cc' \) | sort)
mapfile -t units < <(find tests/unit -name '*.c' ! -name 'blas_*.c' | sort)
mapfile -t others < <(find tests -name '*.c' ! -path 'tests/unit/*' | sort)
named clients/learn/meson.build src/http/page_none.c # stands in for the page
named src/meson.build "${sources[@]}"
named tests/unit/meson.build "${units[@]}"
named tests/meson.build "${others[@]}" tests/unit/tensor/blas_*.c
[ "$status" -ne 0 ] || echo "every source is built"
exit "$status"
