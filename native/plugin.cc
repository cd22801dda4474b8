// The functions that Fluent Bit looks up in a Go-style output plugin. They pass everything on and decide nothing.
#include <memory>
#include <string>

#include "core.h"
#include "flb_proxy_abi.h"
#include "host_metrics.h"
#include "surroundings.h"

#ifdef _WIN32
#define EXPORTED extern "C"  // exports.def names them
#else
#define EXPORTED extern "C" __attribute__((visibility("default")))
#endif

namespace {

using kinesis::Core;
using kinesis::HostInstance;
using kinesis::HostMetrics;
using kinesis::Request;
using kinesis::RequestKind;
using kinesis::Surroundings;

char plugin_name[] = "kinesis";
char plugin_description[] = "Amazon Kinesis Data Streams Fluent Bit Plugin.";

// The context that Fluent Bit keeps for us is the instance's number plus one, so that null stays "no instance".
void *context_of(int64_t instance) { return reinterpret_cast<void *>(static_cast<intptr_t>(instance + 1)); }
int64_t instance_of(void *context) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(context)) - 1; }

}  // namespace

EXPORTED int FLBPluginRegister(flb_plugin_proxy_def *definition) {
  Surroundings::get().remember();
  definition->type = kFlbProxyOutputPlugin;
  definition->proxy = kFlbProxyGolang;
  definition->flags = 0;
  definition->name = plugin_name;
  definition->description = plugin_description;
  return 0;
}

EXPORTED int FLBPluginInit(flbgo_output_plugin *plugin) {
  Surroundings::get().remember();
  const std::string error = Core::get().start();
  if (!error.empty()) {
    Surroundings::get().say("Failed to initialize plugin: " + error);
    return kFlbError;
  }
  HostInstance host_instance(plugin->api->output_get_property, plugin->output_instance);
  auto request = std::make_shared<Request>(RequestKind::kInit);
  request->host_instance = &host_instance;
  const int64_t instance = Core::get().ask(request);
  if (instance < 0) {
    HostMetrics::get().close(host_instance.metrics);
    return kFlbError;
  }
  HostMetrics::get().assign(instance, host_instance.metrics);
  plugin->context->remote_context = context_of(instance);
  return kFlbOk;
}

// Called on a coroutine's stack of 24 to 64 KiB, and by several threads at once when the output has workers.
EXPORTED int FLBPluginFlushCtx(void *context, const void *data, int length, const char *tag) {
  const size_t bytes = length > 0 ? static_cast<size_t>(length) : 0;
  return static_cast<int>(Core::get().flush(instance_of(context), data, bytes, tag != nullptr ? tag : ""));
}

EXPORTED int FLBPluginExitCtx(void *context) {
  // Fluent Bit exits instances too that failed to initialise, or were not yet.
  if (context == nullptr) return kFlbOk;
  const int64_t instance = instance_of(context);
  // Before the core can give the instance's number to another.
  const uint32_t metrics = HostMetrics::get().take(instance);
  Core::get().exit(instance);
  HostMetrics::get().close(metrics);
  return kFlbOk;
}

// For a host that knows no FLBPluginExitCtx, which calls this once per instance; the core takes the oldest.
EXPORTED int FLBPluginExit() {
  Core::get().exit(-1);
  HostMetrics::get().close_all();
  return kFlbOk;
}

// Node stays: V8 cannot be started again, and after a hot reload the same library is registered once more.
EXPORTED void FLBPluginUnregister(void *) {}
