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

# One file of an npm package, which is packed and not installed: its own scripts don't run, and it may be for another system.
npm_file() { # npm_file PACKAGE@VERSION INTEGRITY PATH_IN_PACKAGE FILE
  say "fetching $3 of $1"
  packed=$4.part
  rm -rf "$packed"
  mkdir -p "$packed"
  (cd "$packed" && npm pack --silent "$1" >/dev/null 2>npm.log) || {
    say "npm pack $1 failed: $(tail -n 1 "$packed/npm.log")"
    return 1
  }
  mv "$packed"/*.tgz "$packed/package.tgz"
  node -e '
    const { createHash } = require("node:crypto");
    const [file, wanted] = process.argv.slice(1);
    const found = "sha512-" + createHash("sha512").update(require("node:fs").readFileSync(file)).digest("base64");
    process.exit(found === wanted ? 0 : 1);' "$packed/package.tgz" "$2" || {
    say "$1 is not the package that is known"
    rm -rf "$packed"
    return 1
  }
  tar -xzf "$packed/package.tgz" -C "$packed" "package/$3"
  mv "$packed/package/$3" "$4"
  rm -rf "$packed"
}
