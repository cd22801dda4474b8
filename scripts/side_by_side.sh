#!/bin/sh
# Runs two commands in parallel, the first at lower priority: side_by_side.sh BACKGROUND FOREGROUND. Fails if either fails.
#
# Prints the background command's output in one piece when it ends, and again at the end if it failed.
set -u

[ -z "${RUNS_SIDE_BY_SIDE:-}" ] || { echo "$0 was started by one of its own commands" >&2; exit 1; }
export RUNS_SIDE_BY_SIDE=yes

output=$(mktemp)
# In a separate session, so that one signal ends all its processes.
setsid nice -n 10 sh -c 'sh -c "$0" >"$1" 2>&1; status=$?; cat "$1"; exit "$status"' "$1" "$output" &
background=$!
trap 'kill -TERM -- "-$background" 2>/dev/null; rm -f "$output"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

foreground_status=0
sh -c "$2" || foreground_status=$?
background_status=0
wait "$background" || background_status=$?
if [ "$background_status" -ne 0 ]; then
  cat "$output"
  echo "failed: $1" >&2
fi
[ "$foreground_status" -ne 0 ] && exit "$foreground_status"
exit "$background_status"
