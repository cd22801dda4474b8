// Replaces Fluent Bit's proxy: loads a Go-style output plugin and calls it as the host does, on command.
//
// Commands on standard input, one per line; one line of output each on standard output:
//   load PATH                     opens it, FLBPluginRegister          -> loaded NAME
//   option KEY VALUE              for the next init                    -> (nothing)
//   option-bytes KEY HEX          the same with a value of any bytes   -> (nothing)
//   init                          FLBPluginInit                        -> init INSTANCE CODE MICROSECONDS
//   flush INSTANCE TAG FILE       FLBPluginFlushCtx on a small stack   -> flush CODE MICROSECONDS
//   flush-many INSTANCE TAG FILE THREADS COUNT                         -> flushed ERRORS OKS RETRIES MICROSECONDS
//   flush-all TAG FILE THREADS COUNT                 the same for all instances in parallel, THREADS for each
//   start INSTANCE TAG FILE       a flush in a separate thread         -> started NUMBER
//                                 and on standard error, when it is done: host: flush NUMBER got reply CODE
//   exit INSTANCE                 FLBPluginExitCtx                     -> exited CODE
//   exit-again INSTANCE           the same, also without an init and after an exit
//   also PATH                     loads and initialises another plugin -> also NAME CODE
//   also-flush TAG FILE           its FLBPluginFlush                   -> also-flushed CODE
//   unload                        FLBPluginUnregister, then closes     -> unloaded
//   memory                                                             -> memory RSS_KIB THREADS DESCRIPTORS
//   open FILE                     opens it so that started programs inherit it -> opened
//   signals                       which of SIGINT, SIGTERM are still the host's -> signals 1 1
//   quit                          ends the process as the end of the input does
// The end of the input, or SIGTERM (on Windows an event of the console), ends the process as Fluent Bit ends: exit()
// with all instances exited. Differences between operating systems are in host_platform.h.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "../../native/fluent_bit/flb_proxy_abi.h"
#include "host_platform.h"

namespace {

struct CaseInsensitive {
  bool operator()(const std::string &a, const std::string &b) const { return host::compare_ignoring_case(a, b) < 0; }
};
using Options = std::map<std::string, std::string, CaseInsensitive>;

const char *get_property(const char *key, void *instance) {
  const auto *options = static_cast<const Options *>(instance);
  const auto found = options->find(key);
  return found == options->end() ? nullptr : found->second.c_str();
}

struct Instance {
  Options options;
  flb_api api{get_property};
  flb_plugin_proxy_context context{nullptr};
  flbgo_output_plugin plugin{};
  bool initialised = false;
};

struct Library {
  void *handle = nullptr;
  flb_plugin_proxy_def definition{};
  int (*init)(flbgo_output_plugin *) = nullptr;
  int (*flush)(void *, const void *, int, const char *) = nullptr;
  int (*exit)(void *) = nullptr;
  void (*unregister)(void *) = nullptr;
};

Library library;
int (*also_flush)(const void *, int, const char *) = nullptr;
int started = 0;
std::vector<std::unique_ptr<Instance>> instances;

template <typename Function>
void look_up(Function &function, const char *name, void *handle = library.handle) {
  function = reinterpret_cast<Function>(host::find_function(handle, name));
  if (function == nullptr) {
    fprintf(stderr, "host: the plugin has no %s\n", name);
    exit(2);
  }
}

bool load(const std::string &path) {
  std::string error;
  library.handle = host::open_library(path, error);
  if (library.handle == nullptr) {
    printf("failed %s\n", error.c_str());
    return false;
  }
  int (*do_register)(flb_plugin_proxy_def *);
  look_up(do_register, "FLBPluginRegister");
  look_up(library.init, "FLBPluginInit");
  look_up(library.flush, "FLBPluginFlushCtx");
  look_up(library.exit, "FLBPluginExitCtx");
  look_up(library.unregister, "FLBPluginUnregister");
  const int code = do_register(&library.definition);
  const bool as_expected =
      code >= 0 && library.definition.type == kFlbProxyOutputPlugin && library.definition.proxy == kFlbProxyGolang;
  printf("%s %s\n", as_expected ? "loaded" : "failed", library.definition.name);
  return as_expected;
}

int64_t microseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
}

// A flush on a coroutine's stack, as in Fluent Bit.
struct Flush {
  Instance *instance;
  const std::string *chunk;
  const char *tag;
  int code = -1;
};

void run_flush(void *argument) {
  auto *flush = static_cast<Flush *>(argument);
  flush->code = library.flush(flush->instance->context.remote_context, flush->chunk->data(),
                              static_cast<int>(flush->chunk->size()), flush->tag);
}

int flush_on_small_stack(Instance &instance, const std::string &chunk, const char *tag) {
  Flush flush{&instance, &chunk, tag};
  host::call_on_small_stack(run_flush, &flush);
  return flush.code;
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Instance *instance_at(size_t number) {
  return number < instances.size() && instances[number]->initialised ? instances[number].get() : nullptr;
}

// Flushes in a thread, for ever if need be: the end of the process does not wait for it.
void start_flush(Instance &instance, const std::string &tag, const std::string &file) {
  const int number = started++;
  std::thread([&instance, tag, chunk = read_file(file), number] {
    const int code = flush_on_small_stack(instance, chunk, tag.c_str());
    fprintf(stderr, "host: flush %d got reply %d\n", number, code);
  }).detach();
  printf("started %d\n", number);
}

void flush_many(const std::vector<Instance *> &targets, const std::string &tag, const std::string &chunk,
                size_t threads, size_t count) {
  const auto start = std::chrono::steady_clock::now();
  std::atomic<int> codes[3] = {};
  std::vector<std::thread> workers;
  for (Instance *target : targets) {
    for (size_t worker = 0; worker < threads; worker++) {
      workers.emplace_back([&, target] {
        for (size_t turn = 0; turn < count; turn++) codes[flush_on_small_stack(*target, chunk, tag.c_str())]++;
      });
    }
  }
  for (auto &worker : workers) worker.join();
  printf("flushed %d %d %d %lld\n", codes[0].load(), codes[1].load(), codes[2].load(),
         static_cast<long long>(microseconds_since(start)));
}

// Loads another plugin into the same process, with one instance and no options.
void load_also(const std::string &path) {
  std::string error;
  void *handle = host::open_library(path, error);
  if (handle == nullptr) {
    printf("failed %s\n", error.c_str());
    return;
  }
  int (*do_register)(flb_plugin_proxy_def *);
  int (*init)(flbgo_output_plugin *);
  look_up(do_register, "FLBPluginRegister", handle);
  look_up(init, "FLBPluginInit", handle);
  look_up(also_flush, "FLBPluginFlush", handle);
  static flb_plugin_proxy_def definition{};
  static Instance instance;
  do_register(&definition);
  instance.plugin = {definition.name, &instance.api, &instance.options, &instance.context};
  printf("also %s %d\n", definition.name, init(&instance.plugin));
}

void exit_instance(Instance &instance) {
  if (!instance.initialised) return;
  instance.initialised = false;
  printf("exited %d\n", library.exit(instance.context.remote_context));
}

void end_process() {
  // Not async-signal-safe, as in Fluent Bit's second SIGTERM; the tests send it while the host waits for a command.
  for (auto &instance : instances) exit_instance(*instance);
  exit(0);
}

void run(std::istringstream &words, const std::string &command, Options &next_options) {
  if (command == "load") {
    std::string path;
    std::getline(words >> std::ws, path);
    load(path);
  } else if (command == "option") {
    std::string key, value;
    words >> key;
    std::getline(words >> std::ws, value);
    next_options[key] = value;
  } else if (command == "option-bytes") {
    std::string key, digits, value;
    words >> key >> digits;
    for (size_t at = 0; at + 1 < digits.size(); at += 2) {
      value += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
    }
    next_options[key] = value;
  } else if (command == "init") {
    instances.push_back(std::make_unique<Instance>());
    Instance &instance = *instances.back();
    instance.options.swap(next_options);
    instance.plugin = {library.definition.name, &instance.api, &instance.options, &instance.context};
    const auto start = std::chrono::steady_clock::now();
    const int code = library.init(&instance.plugin);
    instance.initialised = code > 0;
    printf("init %zu %d %lld\n", instances.size() - 1, code, static_cast<long long>(microseconds_since(start)));
  } else if (command == "flush" || command == "flush-many" || command == "start") {
    size_t number = 0, threads = 1, count = 1;
    std::string tag, file;
    words >> number >> tag >> file >> threads >> count;
    Instance *instance = instance_at(number);
    if (instance == nullptr) {
      printf("no instance %zu\n", number);
      return;
    }
    if (command == "start") {
      start_flush(*instance, tag, file);
      return;
    }
    const std::string chunk = read_file(file);
    if (command == "flush-many") {
      flush_many({instance}, tag, chunk, threads, count);
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    const int code = flush_on_small_stack(*instance, chunk, tag.c_str());
    printf("flush %d %lld\n", code, static_cast<long long>(microseconds_since(start)));
  } else if (command == "flush-all") {
    size_t threads = 1, count = 1;
    std::string tag, file;
    words >> tag >> file >> threads >> count;
    std::vector<Instance *> all;
    for (auto &instance : instances) {
      if (instance->initialised) all.push_back(instance.get());
    }
    flush_many(all, tag, read_file(file), threads, count);
  } else if (command == "exit-again") {
    size_t number = 0;
    words >> number;
    printf("exited %d\n", library.exit(instances.at(number)->context.remote_context));
  } else if (command == "also") {
    std::string path;
    words >> path;
    load_also(path);
  } else if (command == "also-flush") {
    std::string tag, file;
    words >> tag >> file;
    const std::string chunk = read_file(file);
    printf("also-flushed %d\n", also_flush(chunk.data(), static_cast<int>(chunk.size()), tag.c_str()));
  } else if (command == "exit") {
    size_t number = 0;
    words >> number;
    if (Instance *instance = instance_at(number)) exit_instance(*instance);
  } else if (command == "unload") {
    library.unregister(&library.definition);
    host::close_library(library.handle);
    library = {};
    printf("unloaded\n");
  } else if (command == "memory") {
    const host::Usage usage = host::measure_usage();
    printf("memory %ld %ld %ld\n", usage.rss_kib, usage.threads, usage.descriptors);
  } else if (command == "open") {
    std::string file;
    words >> file;
    printf("%s\n", fopen(file.c_str(), "r") != nullptr ? "opened" : "not opened");
  } else if (command == "signals") {
    const host::OwnSignals own = host::own_signals();
    printf("signals %d %d\n", own.interrupt, own.terminate);
  } else {
    printf("unknown command %s\n", command.c_str());
  }
}

}  // namespace

int main() {
  host::prepare(end_process);
  Options next_options;
  std::string line, command;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    if (!(words >> command)) continue;
    if (command == "quit") break;
    run(words, command, next_options);
  }
  for (auto &instance : instances) exit_instance(*instance);
  return 0;
}
