// The host's side of the shim's tests: an output instance, threads that flush, and the failure of a case.
#include "shim_host.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "stand_in_core.h"
#include "stand_in_fluent_bit.h"

stand_in_host::Host stand_in_host::load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  CHECK(library != nullptr);
  auto fill = reinterpret_cast<void (*)(Host *)>(dlsym(library, "stand_in_host_functions"));
  CHECK(fill != nullptr);
  Host host{};
  fill(&host);
  return host;
}

namespace shim {
namespace {

const char *get_property(const char *key, void *instance) {
  const auto &options = static_cast<const Instance *>(instance)->options;
  const auto found = options.find(key);
  return found == options.end() ? nullptr : found->second.c_str();
}

}  // namespace

void fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
  _exit(1);
}

// The structs are gone when init has returned: the shim must not keep any part of them.
int Instance::init() {
  char name[] = "kinesis";
  flb_api api{get_property};
  flb_plugin_proxy_context proxy_context{nullptr};
  flbgo_output_plugin plugin{name, &api, this, &proxy_context};
  const int code = FLBPluginInit(&plugin);
  context = proxy_context.remote_context;
  return code;
}

// The chunk is a copy that is freed when flush has returned, as Fluent Bit may do.
int Instance::flush(const std::string &chunk, const char *tag) const {
  const std::vector<char> memory(chunk.begin(), chunk.end());
  return FLBPluginFlushCtx(context, memory.data(), static_cast<int>(memory.size()), tag);
}

int Instance::expected(const std::string &chunk, const char *tag) const {
  const int64_t number = static_cast<int64_t>(reinterpret_cast<intptr_t>(context)) - 1;
  return stand_in::fingerprint(number, chunk.data(), chunk.size(), tag);
}

int Instance::exit() const { return FLBPluginExitCtx(context); }

std::vector<std::thread> flush_in_threads(const Instance &instance, const char *tag, std::vector<int> &codes) {
  std::vector<std::thread> threads;
  for (int &code : codes) {
    threads.emplace_back([&instance, tag, &code] { code = instance.flush("chunk of a thread", tag); });
  }
  return threads;
}

void check_at_exit(void (*check)()) { CHECK(atexit(check) == 0); }

}  // namespace shim
