#!/bin/sh
# Runs two commands at once, the first with less right to the CPU: side_by_side.sh BEHIND BEFORE. Fails when one of them does.
#
# All that the first has to say comes in one piece when it ends; when it failed, again at the very end.
set -u

[ -z "${RUNS_SIDE_BY_SIDE:-}" ] || { echo "$0 was started by one of its own commands" >&2; exit 1; }
export RUNS_SIDE_BY_SIDE=yes

said=$(mktemp)
# A session of its own, so that all of it can be ended at once.
setsid nice -n 10 sh -c 'sh -c "$0" >"$1" 2>&1; status=$?; cat "$1"; exit "$status"' "$1" "$said" &
behind=$!
trap 'kill -TERM -- "-$behind" 2>/dev/null; rm -f "$said"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status_before=0
sh -c "$2" || status_before=$?
status_behind=0
wait "$behind" || status_behind=$?
if [ "$status_behind" -ne 0 ]; then
  cat "$said"
  echo "failed: $1" >&2
fi
[ "$status_before" -ne 0 ] && exit "$status_before"
exit "$status_behind"
