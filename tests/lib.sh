# lib.sh - what the stages of tests/run are made of. Sourced by it, in the root of the tree.

logs=$PWD/build-logs
passed=0 failed=0 stage=
mkdir -p "$logs"

# report NAME PASSED FAILED SECONDS: adds to the totals and says so.
report() {
  passed=$((passed + $2)) failed=$((failed + $3))
  printf '%-6s %-44s %5d passed %3d failed %5d s\n' "$stage" "$1" "$2" "$3" "$4"
}

log_of() { printf '%s/%s-%s.log' "$logs" "$stage" "${1//[^[:alnum:]_.]/-}"; }

# check NAME COMMAND...: one test. What it printed is shown if it failed.
check() {
  local name=$1 from=$SECONDS
  shift
  if "$@" >"$(log_of "$name")" 2>&1 </dev/null; then
    report "$name" 1 0 $((SECONDS - from))
  else
    report "$name" 0 1 $((SECONDS - from))
    tail -n 40 "$(log_of "$name")" | cut -c1-200
    return 1
  fi
}

# counted NAME SECONDS COUNT_ARGS...: reports what count.py finds, names of failures first.
counted() {
  local name=$1 seconds=$2 counts
  shift 2
  counts=$(python3 tests/count.py "$@") || counts="0 1"
  sed '$d' <<<"$counts"
  # shellcheck disable=SC2046 # two words
  report "$name" $(tail -n 1 <<<"$counts") "$seconds"
}

# build DIR COMPILER TARGETS [MESON_OPTION...]: TARGETS is one word of several; a warning is an error.
build() {
  local dir=$1 cc=$2 cxx=${2/gcc/g++} targets=$3
  shift 3
  [ -f "$dir/build.ninja" ] || CC=$cc CXX=${cxx/clang/clang++} meson setup "$dir" -Dwerror=true "$@" || return 1
  # shellcheck disable=SC2086 # several words
  ninja -C "$dir" $targets
}

# suite NAME DIR SUITE: the tests of a meson suite.
suite() {
  local from=$SECONDS
  rm -f "$2"/meson-logs/testlog.*
  meson test -C "$2" --suite "$3" --timeout-multiplier 3 >"$(log_of "$1")" 2>&1 </dev/null
  counted "$1" $((SECONDS - from)) meson "$2/meson-logs"
}

# api NAME DIR: the API tests against the binary of that build; what is said on the wire goes to the exchanges file.
api() {
  local from=$SECONDS tap=$logs/$stage.tap
  exchanges=$logs/$stage-exchanges.jsonl
  rm -f "$exchanges"
  check "$1: build" ninja -C "$2" tests/api_test || return 1
  LSAN_OPTIONS=print_suppressions=0:suppressions=$PWD/tests/lsan.supp \
    GRADD_BIN=$2/gradd GRADD_EXCHANGES=$exchanges timeout 1200 "$2/tests/api_test" --tap --timeout 240 \
    >"$tap" 2>"$(log_of "$1")" </dev/null
  counted "$1" $((SECONDS - from)) tap "$tap"
}

# browser NAME DIR: the tests of the page, against the server of that build. More than two files at a time starve each other.
browser() {
  local from=$SECONDS tap=$logs/$stage.tap
  check "$1: packages" clients/learn/install || return 1
  GRADD_BIN=$2/gradd timeout 1200 node --test --test-reporter=tap --test-concurrency=2 tests/browser/*_test.mjs \
    >"$tap" 2>"$(log_of "$1")" </dev/null
  counted "$1" $((SECONDS - from)) node "$tap"
}

# serve BINARY [OPTION...]: starts a server on a free port; its address is then in $base.
serve() {
  local binary=$1
  shift
  base=
  exec {server_out}< <(exec "$binary" serve --port 0 "$@" 2>"$logs/$stage-server.log")
  server=$!
  read -r -t 60 _ _ base <&"$server_out"
  [ -n "$base" ]
}

# leave: stops the server; true if it ends with status 0 and no sanitizer has anything to say.
leave() {
  kill -TERM "$server"
  wait "$server"
  local status=$?
  exec {server_out}<&-
  grep -E -A 30 'Sanitizer|runtime error' "$logs/$stage-server.log" && return 1
  [ "$status" -eq 0 ] || echo "the server exited with status $status"
  return "$status"
}

# shell_clients BINARY: every example of clients/shell, the one of README.md and the lessons of the page, against one server.
shell_clients() {
  local script
  if ! check 'server starts' serve "$1"; then return; fi
  for script in clients/shell/*.sh; do check "$(basename "$script")" timeout 300 "$script" "$base"; done
  check 'README.md' tests/readme.py "$base"
  check 'lessons of the page' tests/learn/lessons_test.py "$base"
  check 'server stops' leave
}
