#!/bin/bash
# words.sh - nothing in the tree is unfinished, and nothing names a path of the machine it was written on.
set -u
cd "$(dirname "$0")/../.."

files() { # what belongs to the project: what git knows, or without git everything but build folders
  git ls-files -co --exclude-standard 2>/dev/null || find . -name .git -prune -o -path './build*' -prune -o -type f -print
}

status=0
forbid() { # forbid WHY PATTERN [EXCEPT]: no line of any file matches the extended regular expression
  local found
  found=$(files | grep -vE "^(\./)?tests/lint/words\.sh$|/corpus/${3:+|$3}" | tr '\n' '\0' | xargs -0 grep -nIE -- "$2" 2>/dev/null)
  [ -z "$found" ] || { printf '%s:\n%s\n' "$1" "$(head -20 <<<"$found" | cut -c1-160)" && status=1; }
}

forbid 'unfinished' '\b(TODO|FIXME|XXX|HACK)\b'
forbid 'a path of one machine' '(^|[^[:alnum:]_.])/(home|root|work|Users|mnt|opt)/[[:alnum:]_]'
forbid 'white space at the end of a line' '[[:space:]]+$' '\.(jsonl|out)$'
[ "$status" -ne 0 ] || echo "no forbidden words"
exit "$status"
