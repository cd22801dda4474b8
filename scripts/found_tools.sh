# Prints and keeps the variables that tell tests where their tools are, or why they are skipped. Sourced by other scripts.
#
# The sourcing script sets `subject`, a word for its messages; `tests`, the tests that need the tools; `skipped`, the
# variable for the reason when they are skipped; and `folder`, where `environment` is kept. Skipping is not a failure.

environment=$folder/environment

say() { echo "$subject: $*" >&2; }
quoted() { printf "'%s'" "$(printf %s "$1" | tr '\n' ' ' | sed "s/'/'\\\\''/g")"; }
has() { command -v "$1" >/dev/null 2>&1; }
. "$(dirname "$0")/apt.sh"

# Prints the lines for `eval`, keeps them, and ends the script.
keep() { # keep LINES
  mkdir -p "$folder"
  printf '%s\n' "$1" >"$environment.$$"
  mv "$environment.$$" "$environment"
  cat "$environment"
  exit 0
}

# Skips the tests, and ends the script.
skip() { # skip REASON
  say "$tests are skipped: $1"
  keep "export $skipped=$(quoted "$1")"
}

# Extracts one file of an npm package without installing it: its scripts do not run, and it may be for another system.
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
    say "$1 has another checksum than expected"
    rm -rf "$packed"
    return 1
  }
  tar -xzf "$packed/package.tgz" -C "$packed" "package/$3"
  mv "$packed/package/$3" "$4"
  rm -rf "$packed"
}
