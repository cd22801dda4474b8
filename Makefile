# Builds, tests and packs the plugin. `make` builds bin/kinesis.so, `make test` tests everything; both install what they need.
SHELL := /bin/sh
.SHELLFLAGS := -ec
.DEFAULT_GOAL := release
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help release check test kinesis fuzz lint typecheck documents demo bench bench-check bench-fluent-bit bench-tuning soak libnode third-party clean \
        windows-release windows-package test-windows

MODULES := node_modules/.package-lock.json
BUNDLE := build/kinesis.js
LIBRARY := bin/kinesis.so
WINDOWS_LIBRARY := bin/kinesis.dll
# Folders too: a folder's time changes when a file in it is deleted.
CORE := $(shell find src scripts/bundle.mjs tsconfig.json)
NATIVE := $(shell find native) CMakeLists.txt
CPP := $(shell find native -name '*.cc' -o -name '*.h') $(wildcard test/native/*.cc)
# Stamp files of the checks that depend only on files: when each last passed. `test/*`, not `test`, which is a target here.
PASSED := build/passed
TYPED := $(shell find src scripts $(wildcard test/*) -name '*.ts' -o -name '*.mjs' -o -type d) $(wildcard *.ts *.js) tsconfig.json package.json package-lock.json
# Sets the variables with libnode's path, for the processes that load the plugin.
WITH_LIBNODE = found=$$(sh scripts/libnode.sh); eval "$$found";

# Sets up wine, node.exe and kinesis.dll. If one is unavailable, the tests are skipped, with the reason in their titles.
ifeq ($(WINDOWS),no)
WITH_WINDOWS = export KINESIS_TEST_WINDOWS_SKIPPED="WINDOWS=no";
else
WITH_WINDOWS = found=$$(sh scripts/windows_tools.sh $(WINDOWS_NODES)); eval "$$found"; \
  if [ -z "$${KINESIS_TEST_WINDOWS_SKIPPED:-}" ]; then $(MAKE) windows-release; fi;
endif

# Targets whose tools (vitest, dependency-cruiser) need a newer Node.js than the build.
WITH_NEWER_NODE := changed-lint changed-units check fuzz lint soak test tests test-arm64 test-matrix test-package test-windows
# clean and help alone need no tools.
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),release)),)
ifneq ($(shell sh scripts/check-tools.sh $(if $(filter $(WITH_NEWER_NODE),$(MAKECMDGOALS)),20.19) || echo missing),)
$(error Some tools are missing, see above)
endif
endif

## Lists the targets, from the lines that begin with two hashes in this file.
help:
	@awk '/^## / { text = substr($$0, 4); next } \
	  /^[a-z][a-z0-9-]*:/ && text != "" { split($$0, name, ":"); printf "  make %-18s %s\n", name[1], text } { text = "" }' Makefile

## Builds bin/kinesis.so; the default.
release: $(LIBRARY)

# Shows only errors: npm would warn of each package that claims to need a newer Node.js than it runs on here.
$(MODULES): package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

$(BUNDLE): $(CORE) $(MODULES)
	node scripts/bundle.mjs

# cmake runs its own parallel jobs, so make's flags are removed.
$(LIBRARY): $(BUNDLE) $(NATIVE)
	env -u MAKEFLAGS -u MFLAGS npx --no-install cmake-js build --CDCMAKE_BUILD_TYPE=Release --out build/native
	touch $@

## Builds bin/kinesis.dll with mingw-w64.
windows-release: $(WINDOWS_LIBRARY)

$(WINDOWS_LIBRARY): $(BUNDLE) $(NATIVE) package.json
	@command -v x86_64-w64-mingw32-g++-posix >/dev/null || { echo "mingw-w64 is missing; install it with" \
	  "'apt-get install g++-mingw-w64-x86-64-posix' (Debian, Ubuntu)" >&2; exit 1; }
	cmake -S . -B build/windows/native -DCMAKE_TOOLCHAIN_FILE="$(CURDIR)/native/cmake/mingw-w64.cmake" -DCMAKE_BUILD_TYPE=Release
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL cmake --build build/windows/native --parallel
	touch $@

## Packs kinesis.dll with its licences, an example and installation instructions as a ZIP archive.
windows-package: $(WINDOWS_LIBRARY)
	node scripts/windows-package.mjs

## Tests bin/kinesis.dll in wine, with three versions of node.exe.
test-windows: $(MODULES)
	@$(WITH_WINDOWS) npx --no-install vitest run test/windows

.PHONY: sbom
## Writes bin/kinesis.cdx.json, the CycloneDX bill of materials of bin/kinesis.so.
sbom: bin/kinesis.cdx.json

bin/kinesis.cdx.json: $(LIBRARY) scripts/sbom.mjs scripts/bill-of-materials.mjs scripts/bundled-packages.mjs package-lock.json
	node scripts/sbom.mjs

.PHONY: release-arm64
## Builds bin/kinesis-arm64.so with a cross compiler.
release-arm64: bin/kinesis-arm64.so

bin/kinesis-arm64.so: $(BUNDLE) $(NATIVE)
	@command -v aarch64-linux-gnu-g++ >/dev/null || { echo "the cross compiler for arm64 is missing; install it with" \
	  "'apt-get install g++-aarch64-linux-gnu' (Debian, Ubuntu)" >&2; exit 1; }
	cmake -S . -B build/arm64/native -DCMAKE_TOOLCHAIN_FILE="$(CURDIR)/native/cmake/aarch64-linux.cmake" -DCMAKE_BUILD_TYPE=Release \
	  -DKINESIS_OUTPUT="$(CURDIR)/build/arm64"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL cmake --build build/arm64/native --parallel
	cp build/arm64/kinesis.so $@

.PHONY: test-arm64
## Tests bin/kinesis-arm64.so in a Debian 12 for arm64, emulated by qemu (skipped unless run as root).
test-arm64: $(MODULES)
	@found=$$(sh scripts/arm64_tree.sh); eval "$$found"; \
	  if [ -z "$${KINESIS_TEST_ARM64_SKIPPED:-}" ]; then $(MAKE) release-arm64; fi; \
	  npx --no-install vitest run test/matrix/arm64.e2e.test.ts

.PHONY: test-container
## Runs `make release` of the last commit in a bare Debian 12 with its own tools, without network after npm ci.
test-container:
	@sh scripts/container_build.sh

.PHONY: tools npm-package
## Bundles each tool into one file in build/tools that needs only Node.js.
tools: $(MODULES)
	node scripts/tools.mjs

## Packs the tools and the libraries that have been built as an npm package.
npm-package: $(LIBRARY)
	node scripts/npm-package.mjs

.PHONY: packages deb rpm
# SIGN_KEY signs the sums, SOURCE_DATE_EPOCH is the time of all files; PACKAGE_MAINTAINER is "Name <address>" for deb and rpm.
## Makes all packages that this machine can make, with their sums, and reports the others with the reason.
packages: $(LIBRARY)
	@node scripts/packages.mjs

## Packs bin/kinesis.so for Debian and Ubuntu.
deb: $(LIBRARY)
	node scripts/deb-package.mjs

## Packs bin/kinesis.so for Fedora, RHEL and Amazon Linux.
rpm: $(LIBRARY)
	node scripts/rpm-package.mjs

.PHONY: package package-arm64 test-package
## Packs bin/kinesis.so with licences, bill of materials, examples and instructions; BUNDLE_LIBNODE=1 adds Debian's libnode.
package: $(LIBRARY)
	node scripts/package.mjs

## Packs bin/kinesis-arm64.so in the same way.
package-arm64: bin/kinesis-arm64.so
	node scripts/package.mjs bin/kinesis-arm64.so

## Packs bin/kinesis.so with a libnode, unpacks the archive in a root without Node.js, and tests it.
test-package: $(LIBRARY)
	BUNDLE_LIBNODE=1 node scripts/package.mjs
	npx --no-install vitest run test/package

# make test-matrix FLUENT_BIT=/path/to/fluent-bit tests that Fluent Bit too; MATRIX_ENDINGS=10 runs each of its ends 10 times.
.PHONY: test-matrix
## Tests bin/kinesis.so in Debian 11, 12, 13 and unstable, in trees that debootstrap makes (skipped unless run as root).
test-matrix: release
	@found=$$(sh scripts/matrix_trees.sh); eval "$$found"; npx --no-install vitest run test/matrix

## Finds a libnode for the tests, or downloads the distribution's into build/libnode.
libnode:
	@sh scripts/libnode.sh >/dev/null

## Checks the sources: ESLint, the rules on imports, doc comments, clang-format where it is installed.
lint: $(PASSED)/eslint $(PASSED)/imports $(PASSED)/doc-comments $(PASSED)/clang-format

$(PASSED)/eslint: $(TYPED) $(MODULES) | $(PASSED)
	npx --no-install eslint . --max-warnings 0
	@touch $@

$(PASSED)/imports: $(CORE) scripts/import_rules.mjs $(MODULES) | $(PASSED)
	npx --no-install depcruise --config scripts/import_rules.mjs --output-type err src
	@touch $@

$(PASSED)/doc-comments: $(CORE) package.json $(MODULES) | $(PASSED)
	npx --no-install typedoc
	@touch $@

$(PASSED)/clang-format: $(CPP) .clang-format | $(PASSED)
	@if command -v clang-format >/dev/null; then echo clang-format && clang-format --dry-run -Werror $(CPP) && touch $@; fi

$(PASSED):
	mkdir -p $@

## Writes the tables of options and metrics into the documents.
documents: $(MODULES)
	node scripts/documents.mjs

## Checks the types.
typecheck: $(PASSED)/types

$(PASSED)/types: $(TYPED) $(MODULES) | $(PASSED)
	npx --no-install tsc --noEmit --incremental --tsBuildInfoFile build/tsconfig.tsbuildinfo
	@touch $@

# Fast, but incomplete: ESLint skips unchanged files, although a changed type may cause findings in them, and vitest does not
# find tests that read a changed file as text, such as a document. `make test` lints and tests everything.
# make check SINCE=origin/main
## Checks lint and types, and runs the unit tests of files changed since the last commit, or SINCE: for the inner loop.
check: $(MODULES)
	@$(MAKE) -j2 --output-sync=target changed-units changed-lint $(PASSED)/types $(PASSED)/imports $(PASSED)/clang-format

.PHONY: changed-lint changed-units
## Lints the files that have changed.
changed-lint:
	npx --no-install eslint . --max-warnings 0 --cache --cache-location build/eslint-cache

## Runs the unit tests of files changed since the last commit, or SINCE.
changed-units:
	npx --no-install vitest run --project stages --project unit --changed $(SINCE)

# Tests kinesis.dll only with the newest node.exe.
test tests: WINDOWS_NODES := newest
## Installs the tools for the tests, builds, and runs linter, type checker and all tests; WINDOWS=no leaves kinesis.dll out.
test: $(MODULES)
	@sh scripts/side_by_side.sh "$(MAKE) lint typecheck" "$(MAKE) tests"

.PHONY: tests
## Runs all tests, without linter and type checker.
tests: release libnode
	@$(WITH_WINDOWS) $(WITH_LIBNODE) npx --no-install vitest run

# make fuzz FUZZ_SECONDS=3600 FUZZ_SEED=1 keeps failing chunks in build/fuzz.
## Sends hostile chunks to the core and makes random calls to the library, for FUZZ_SECONDS (300).
fuzz: release
	FUZZ_SECONDS=$${FUZZ_SECONDS:-300} npx --no-install vitest run test/fuzz test/native/entry_points.test.ts

# make bench FLUENT_BIT=/path/to/fluent-bit PEER_PLUGIN=/path/to/go-plugin.so; BENCH_ONLY=json for only some stages,
# BENCH_RUNS=3, BENCH_LATENCIES=0,20 (ms) and BENCH_RECORDS=100000 (at most) for shorter runs through Fluent Bit
## Runs all benchmarks (slow), with FLUENT_BIT also through Fluent Bit.
bench: release libnode
	@$(WITH_LIBNODE) node test/bench/run.mjs all

## Fails when a ratio to a baseline is over a fifth below that in test/bench/results; not part of `make test`.
bench-check: release libnode
	@$(WITH_LIBNODE) node test/bench/run.mjs check

# make bench-fluent-bit FLUENT_BIT=/path/to/fluent-bit BENCH_RUNS=3 BENCH_LATENCIES=0,20 BENCH_VARIANTS=null,c,ours,ours-tags8,ours-key40
# BENCH_RECORDS=400000,1200000 also measures the slope, BENCH_CBOR_RESPONSES=json makes the endpoint respond to CBOR in JSON, and
# BENCH_ONLY=standstill measures which flushes a silent endpoint delays; CONTRIBUTING.md has all settings.
## Runs only the benchmarks through Fluent Bit, which FLUENT_BIT names.
bench-fluent-bit: release libnode
	@$(WITH_LIBNODE) node test/bench/run.mjs fluent_bit

## Measures the figures of docs/TUNING.md again, with FLUENT_BIT=/path/to/fluent-bit.
bench-tuning: release libnode
	@$(WITH_LIBNODE) node test/bench/run.mjs tuning

## Runs load under faults for SOAK_SECONDS (1800), in Fluent Bit if FLUENT_BIT names one.
soak: release libnode
	@$(WITH_LIBNODE) SOAK_SECONDS="$${SOAK_SECONDS:-1800}" npx --no-install vitest run test/soak

## Sends the lines of a log (LOG=/path/to/file) to a Kinesis on this machine, and reads them back; WATCH=yes shows metrics too.
demo: release libnode
	@$(WITH_LIBNODE) node scripts/demo.mjs "$(LOG)" "$(WATCH)"

## Starts a Kinesis on this machine with the stream my-stream, and prints how to send to it; PORT=4568.
kinesis: $(MODULES)
	@node scripts/local_kinesis.mjs "$(PORT)"

## Writes THIRD-PARTY again, after a change of the bundled packages.
third-party: $(MODULES)
	node scripts/third-party.mjs

## Removes bin and build.
clean:
	rm -rf bin build
