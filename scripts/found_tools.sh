# Read by the scripts that set up what some tests need: they print what there is for `eval`, and keep the same lines.
#
# The reader sets `subject`, a word for its messages; `tests`, what is skipped without it; `skipped`, the variable that
# says why; and `folder`, where `environment` is kept. What can't be had is no failure.

environment=$folder/environment

say() { echo "$subject: $*" >&2; }
quoted() { printf "'%s'" "$(printf %s "$1" | tr '\n' ' ' | sed "s/'/'\\\\''/g")"; }
has() { command -v "$1" >/dev/null 2>&1; }
. "$(dirname "$0")/apt.sh"

keep() { # keep LINES
  mkdir -p "$folder"
  printf '%s\n' "$1" >"$environment.$$"
  mv "$environment.$$" "$environment"
  cat "$environment"
  exit 0
}

skip() { # skip REASON
  say "$tests are skipped: $1"
  keep "export $skipped=$(quoted "$1")"
}
