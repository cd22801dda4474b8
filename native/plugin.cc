// Exports the functions that Fluent Bit looks up in a Go-style output plugin. They pass calls on and decide nothing.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "fluent_bit/flb_proxy_abi.h"
#include "fluent_bit/host_metrics.h"
#include "fluent_bit/host_version.h"
#include "fluent_bit/open_instances.h"
#include "platform/loaded_plugin.h"
#include "platform/platform.h"
#include "runtime/chosen_runtime.h"

#ifdef _WIN32
#define EXPORTED extern "C"  // exports.def names them
#else
#define EXPORTED extern "C" __attribute__((visibility("default")))
#endif

namespace {

using kinesis::ChosenRuntime;
using kinesis::HostInstance;
using kinesis::HostMetrics;
using kinesis::LoadedPlugin;
using kinesis::OpenInstances;
using kinesis::Request;
using kinesis::RequestKind;

char plugin_name[] = "kinesis";
char plugin_description[] = "Amazon Kinesis Data Streams Fluent Bit Plugin.";

// The context that Fluent Bit keeps is the instance's number plus one, so that null means "no instance".
void *context_of(int64_t instance) { return reinterpret_cast<void *>(static_cast<intptr_t>(instance + 1)); }
int64_t instance_of(void *context) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(context)) - 1; }

// Whether Fluent Bit has flushed: a start that failed has no flush.
std::atomic<bool> has_flushed{false};

// Exit status of a Fluent Bit that fails at its start.
constexpr int kStartFailed = 255;
// Fluent Bit's log has its own thread, which writes the reason meanwhile.
constexpr std::chrono::milliseconds kLogTime{200};

int fail_init() {
  if (kinesis::crashes_after_failed_init()) {
    std::this_thread::sleep_for(kLogTime);
    kinesis::leave_process(kStartFailed);
  }
  return kFlbError;
}

void end(int64_t instance) {
  const uint32_t metrics = HostMetrics::get().take(instance);
  ChosenRuntime::get().exit(instance);
  HostMetrics::get().close(metrics);
  OpenInstances::get().release(instance);
}

}  // namespace

EXPORTED int FLBPluginRegister(flb_plugin_proxy_def *definition) {
  LoadedPlugin::get().remember();
  // In a hot reload the plugin is registered anew before its outputs end.
  if (OpenInstances::get().has_any() && kinesis::loses_chunks_in_reload()) {
    LoadedPlugin::get().report(
        "a hot reload of this Fluent Bit loses the records that it has not passed to a Go-style output yet (fixed in "
        "3.2.3); restart it instead");
  }
  definition->type = kFlbProxyOutputPlugin;
  definition->proxy = kFlbProxyGolang;
  definition->flags = 0;
  definition->name = plugin_name;
  definition->description = plugin_description;
  return 0;
}

EXPORTED int FLBPluginInit(flbgo_output_plugin *plugin) {
  LoadedPlugin::get().remember();
  const std::string error = ChosenRuntime::get().start();
  if (!error.empty()) {
    LoadedPlugin::get().report("Failed to initialize plugin: " + error);
    return fail_init();
  }
  HostInstance host_instance(plugin->api->output_get_property, plugin->output_instance);
  const int64_t instance = OpenInstances::get().reserve();
  auto request = std::make_shared<Request>(RequestKind::kInit);
  request->instance = instance;
  request->host_instance = &host_instance;
  if (ChosenRuntime::get().call(request) != kFlbOk) {
    HostMetrics::get().close(host_instance.metrics);
    OpenInstances::get().release(instance);
    return fail_init();
  }
  HostMetrics::get().assign(instance, host_instance.metrics);
  OpenInstances::get().add(instance);
  plugin->context->remote_context = context_of(instance);
  return kFlbOk;
}

// Called on a coroutine's stack of 24 to 64 KiB, and by several threads concurrently when the output has workers.
EXPORTED int FLBPluginFlushCtx(void *context, const void *data, int length, const char *tag) {
  has_flushed = true;
  const int64_t instance = instance_of(context);
  const size_t bytes = length > 0 ? static_cast<size_t>(length) : 0;
  HostMetrics::get().make_series(instance);
  const auto reply = ChosenRuntime::get().flush(instance, data, bytes, tag != nullptr ? tag : "");
  HostMetrics::get().make_series(instance);
  return static_cast<int>(reply);
}

EXPORTED int FLBPluginExitCtx(void *context) {
  // Fluent Bit also exits instances whose init failed or has not run.
  if (context == nullptr) return kFlbOk;
  auto instance = OpenInstances::get().take(instance_of(context));
  if (!instance && kinesis::names_last_output_at_exits()) instance = OpenInstances::get().take_oldest();
  if (instance) end(*instance);
  return kFlbOk;
}

// For a host without FLBPluginExitCtx, which calls this once per instance.
EXPORTED int FLBPluginExit() {
  if (const auto instance = OpenInstances::get().take_oldest()) end(*instance);
  // The host may have freed the metrics of any instance.
  HostMetrics::get().close_all();
  return kFlbOk;
}

// Node keeps running: V8 cannot be started again, and after a hot reload the same library is registered once more.
EXPORTED void FLBPluginUnregister(void *) {
  if (!kinesis::frees_plugin_with_first_output()) return;
  bool would_crash = false;
  while (const auto instance = OpenInstances::get().take_oldest()) {
    end(*instance);
    would_crash = true;
  }
  if (!would_crash) return;
  LoadedPlugin::get().report(
      "all outputs of this plugin have ended; the process ends here, since this Fluent Bit would crash with its second "
      "output of a Go-style plugin (fixed in 2.0.7)");
  kinesis::leave_process(has_flushed ? 0 : kStartFailed);
}
