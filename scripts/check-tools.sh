#!/bin/sh
# Reports each missing build tool in one line, with the command that installs it. Runs only the tools that it checks.
#
#     sh scripts/check-tools.sh [NODE]    NODE: the required version of Node.js, MAJOR.MINOR

missing=0
oldest_node=18.18
needed_node=${1:-$oldest_node}

need() { # need WHAT DEBIAN_PACKAGES DNF_PACKAGES
  echo "$1; install it with 'apt-get install $2' (Debian, Ubuntu) or 'dnf install $3' (Fedora, RHEL, Amazon Linux)" >&2
  missing=1
}

# at_least VERSION MAJOR MINOR
at_least() {
  major=${1%%.*}
  rest=${1#*.}
  minor=${rest%%.*}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "$minor" -ge "$3" ]; }
}

has() { command -v "$1" >/dev/null 2>&1; }

if has node; then
  version=$(node --version 2>/dev/null)
  if ! at_least "${version#v}" "${needed_node%.*}" "${needed_node#*.}"; then
    too_old="node ${version:-of unknown version} is too old: $needed_node or newer is needed"
    if [ "$needed_node" = $oldest_node ]; then
      need "$too_old" nodejs nodejs
    else
      # A distribution with an old Node.js has no newer one in its packages.
      echo "$too_old for this target ('make' alone takes $oldest_node); Debian 13, NodeSource and nodejs.org have it" >&2
      missing=1
    fi
  fi
else
  need "node is missing: Node.js $needed_node or newer is needed" nodejs nodejs
fi

has npm || need "npm is missing" npm nodejs-npm

if has cmake; then
  version=$(cmake --version 2>/dev/null)
  version=${version#cmake version }
  at_least "$version" 3 16 || need "cmake is too old: 3.16 or newer is needed" cmake cmake
else
  need "cmake is missing: 3.16 or newer is needed" cmake cmake
fi

has "${CXX:-c++}" || has g++ || has clang++ || need "a C++ compiler is missing" g++ gcc-c++
# libstdc++.a is linked in. A compiler without it prints the bare name instead of a path.
if has "${CXX:-c++}" && [ "$("${CXX:-c++}" -print-file-name=libstdc++.a 2>/dev/null)" = libstdc++.a ]; then
  need "libstdc++.a is missing, the static libstdc++" g++ libstdc++-static
fi
has make || need "make is missing" make make

exit $missing
