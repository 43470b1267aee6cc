#!/bin/bash
# listed.sh - a file that no meson.build names is neither compiled nor tested, and nobody notices.
set -u
cd "$(dirname "$0")/../.."

status=0
named() { # named MESON_FILE PREFIX FILE...: the file, without the prefix, stands in the meson file in some way
  local meson=$1 prefix=$2 file stem
  shift 2
  for file; do
    stem=${file#"$prefix"}
    grep -qF -e "$stem" -e "'$(basename "${stem%_*}")'" -e "'$(basename "${stem%.c}")'" "$meson" && continue
    echo "$file is not in $meson"
    status=1
  done
}
named meson.build '' $(find src -name '*.c' -o -name '*.cc' | sort)
named tests/meson.build tests/ $(find tests -name '*.c' | sort)
[ "$status" -ne 0 ] || echo "every source is built"
exit "$status"
