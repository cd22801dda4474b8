// Builds Node's command line: its options, and the script that loads the core.
#include "runtime/bootstrap.h"

#include <iterator>

namespace kinesis {
namespace {

// V8's own limit is 16 MiB (times three: a young generation is that large). With 183 MB of container logs through
// Fluent Bit on libnode 18, peak RSS is 135 MB with V8's limit and 102 MB with 4 MiB, at the same CPU; with 2 MiB it is
// 101 MB, for 5 % more CPU. Not better for start, rest or load: --v8-pool-size, --no-parallel-scavenge,
// --optimize-for-size, --max-lazy, --no-experimental-fetch.
constexpr const char *kYoungGeneration = "--max-semi-space-size=4";

// V8 collects garbage and compiles on Node's own thread only. Under the same load its helper threads took 0.4 s of CPU,
// and the whole process 8 % more (medians of 3, libnode 18), since they prepare more than is ever used. Hot code is
// compiled once, a second after the first chunk.
constexpr const char *kNoHelpingThreads = "--single-threaded";

// Where memory may not be executed, V8 interprets and compiles nothing. Up to Node.js 22 it then warns in a separate
// line that WebAssembly is off; the option against that line (--no-expose-wasm) ends Node.js 24 at its start.
constexpr const char *kNoCompilers = "--jitless";

// Lets the core collect garbage at rest, when V8 does not: after a burst to eight outputs its heap would stay at 40
// MiB.
constexpr const char *kCollectAtRest = "--expose-gc";

std::string literal_of(const std::string &text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + "'";
}

// Has no double quote, so that every system's command line takes it unchanged.
constexpr const char *kScript =
    "const binding = addon.exports;"
    // Nothing may open the host's standard streams, not even a built-in module while it loads; the core puts its own
    // streams in these places (src/host/standard_streams.ts).
    "for (const name of ['stdin', 'stdout', 'stderr'])"
    "Object.defineProperty(process, name, { configurable: true, value: {} });"
    "process.reallyExit = () => binding.abandon();"
    // Scripts of the bundle, each compiled and run at its first use.
    "const scripts = new Map();"
    "const table = JSON.parse(binding.bundle());"
    "let offset = JSON.stringify(table).length + 1;"
    "for (const [name, bytes] of table) { scripts.set(name, [offset, bytes]); offset += bytes; }"
    "const { Script } = require('vm');"
    "const loaded = new Map();"
    "const load = (name) => {"
    "  const place = scripts.get(name);"
    "  if (place === undefined) return require(name);"
    "  if (loaded.has(name)) return loaded.get(name).exports;"
    "  const module = { exports: {} };"
    "  loaded.set(name, module);"
    "  const script = new Script(binding.bundle(...place), { filename: 'kinesis.js/' + name.slice(2) });"
    "  script.runInThisContext()(module, module.exports, load);"
    "  return module.exports;"
    "};"
    "const start = () => {"
    "  if (parseInt(process.versions.node) >= 18) load('./main.js').start(binding, require);"
    "  else binding.refuse('Node.js 18 or newer is needed, and this is ' + process.version);"
    "};";

// Restores the process's own NODE_OPTIONS, for programs that the core starts (node_environment.h).
constexpr const char *kTakeHostsOptions =
    "const hosts = process.env.KINESIS_HOST_NODE_OPTIONS;"
    "delete process.env.KINESIS_HOST_NODE_OPTIONS;"
    "if (hosts === undefined) delete process.env.NODE_OPTIONS; else process.env.NODE_OPTIONS = hosts;";

// Loads scripts one after the other, as Node does. Their output goes where Node's messages go. Any error while one
// loads fails the init: Node would end the process.
constexpr const char *kPreload =
    "const { Writable } = require('stream');"
    "const write = (chunk, _, done) => { binding.writeMessage(chunk.toString()); done(); };"
    "for (const name of ['stdout', 'stderr'])"
    "Object.defineProperty(process, name, { configurable: true, value: new Writable({ write }) });"
    "let loading = '';"
    "const fail = (error) => {"
    "  const reason = error instanceof Error ? error.message : String(error);"
    "  binding.refuse('KINESIS_NODE_OPTIONS: cannot load ' + loading + ': ' + reason);"
    "  binding.abandon();"
    "};"
    "process.on('uncaughtException', fail);"
    "(async () => {"
    "  for (const [name, isModule] of preloads) {"
    "    loading = name;"
    "    if (isModule) await import(name); else require(name);"
    "  }"
    "  process.off('uncaughtException', fail);"
    "})().then(start, fail);";

std::string preload(const std::vector<Preload> &preloads) {
  std::string list;
  for (const Preload &one : preloads)
    list += "[" + literal_of(one.name) + "," + (one.is_module ? "true" : "false") + "],";
  return "const preloads = [" + list + "];" + kPreload;
}

}  // namespace

std::vector<std::string> node_arguments(const NodeStart &start) {
  std::string script = "const addon = { exports: {} };process.dlopen(addon, " + literal_of(start.own_path) +
                       ", require('os').constants.dlopen.RTLD_LAZY);";
  if (!start.connection.empty()) {
    script += "addon.exports.connect(" + literal_of(start.connection) + ");";
    script += kTakeHostsOptions;
  }
  script += kScript;
  script += start.preloads.empty() ? "start();" : preload(start.preloads);
  std::vector<std::string> arguments = {"fluent-bit-kinesis", "--no-warnings", kYoungGeneration, kNoHelpingThreads,
                                        kCollectAtRest};
  if (!start.may_execute_memory) arguments.emplace_back(kNoCompilers);
  arguments.insert(arguments.end(), {"-e", script});
  return arguments;
}

}  // namespace kinesis
