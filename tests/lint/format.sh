#!/bin/bash
# format.sh [--fix] - the C and C++ files are as clang-format 14 writes them. Tables (*.def) keep their columns.
set -u
cd "$(dirname "$0")/../.."
mapfile -t files < <(find src tests -name '*.[ch]' -o -name '*.cc' | sort)
[ "${1:-}" != --fix ] || exec clang-format -i "${files[@]}"
wrong=$(clang-format --dry-run "${files[@]}" 2>&1 | sed -n 's/^\([^:]*\):[0-9:]* warning: .*/\1/p' | sort | uniq -c)
[ -z "$wrong" ] || { printf '%s\n%s\n' "places that tests/lint/format.sh --fix would change:" "$wrong"; exit 1; }
echo "${#files[@]} files are formatted"
