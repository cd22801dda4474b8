// The only file that uses Node-API: what the TypeScript core can call, and how requests reach it.
//
// Everything here runs on Node's thread, except post_request, which any thread of the host may call.
#include "binding.h"

#include <cstring>
#include <ctime>
#include <unordered_map>

#define NAPI_DISABLE_CPP_EXCEPTIONS
#include <napi.h>
#include <unistd.h>

#include "host_log.h"
#include "host_metrics.h"
#include "node_runtime.h"

// The bundle of the TypeScript core, embedded by bundle.S.
extern "C" const char kinesis_bundle_begin[];
extern "C" const char kinesis_bundle_end[];

namespace kinesis {
namespace {

napi_threadsafe_function request_queue = nullptr;
// The chunk of each flush that has not been answered: memory of the host, to be detached before the answer is given.
// Never destroyed: flushes that the core has not answered by the end leave references to a Node that is gone.
auto &open_chunks = *new std::unordered_map<uint32_t, Napi::Reference<Napi::ArrayBuffer>>();

bool post_request(uint32_t id) {
  void *data = reinterpret_cast<void *>(static_cast<uintptr_t>(id));
  return napi_call_threadsafe_function(request_queue, data, napi_tsfn_nonblocking) == napi_ok;
}

// External memory where Node allows it, else (a build with V8's sandbox) a copy.
Napi::ArrayBuffer chunk_buffer(Napi::Env env, uint32_t id, const void *chunk, size_t bytes) {
  napi_value value = nullptr;
  const napi_status status =
      bytes == 0 ? napi_generic_failure
                 : napi_create_external_arraybuffer(env, const_cast<void *>(chunk), bytes, nullptr, nullptr, &value);
  if (status != napi_ok) {
    Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes);
    if (bytes > 0) memcpy(copy.Data(), chunk, bytes);
    return copy;
  }
  Napi::ArrayBuffer buffer(env, value);
  open_chunks.emplace(id, Napi::Persistent(buffer));
  return buffer;
}

// Calls the core's handler: (requestId, kind, instance, chunk, tag).
void deliver_request(napi_env raw_env, napi_value handler, void *, void *data) {
  if (raw_env == nullptr) return;
  Napi::Env env(raw_env);
  Napi::HandleScope scope(env);
  const auto id = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(data));
  Request snapshot{RequestKind::kFlush};
  std::string tag;
  const bool waits = NodeRuntime::get().requests().with(id, [&](Request &request) {
    snapshot.kind = request.kind;
    snapshot.instance = request.instance;
    snapshot.chunk = request.chunk;
    snapshot.chunk_bytes = request.chunk_bytes;
    tag = request.tag;
  });
  if (!waits) return;
  Napi::Value chunk = env.Undefined();
  if (snapshot.kind == RequestKind::kFlush) chunk = chunk_buffer(env, id, snapshot.chunk, snapshot.chunk_bytes);
  Napi::Function(env, handler)
      .Call({Napi::Number::New(env, id), Napi::Number::New(env, static_cast<uint32_t>(snapshot.kind)),
             Napi::Number::New(env, static_cast<double>(snapshot.instance)), chunk, Napi::String::New(env, tag)});
}

void Serve(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  napi_value name = Napi::String::New(env, "kinesis requests");
  auto gone = [](napi_env, void *, void *) { NodeRuntime::get().core_gone(); };
  const napi_status status = napi_create_threadsafe_function(env, info[0], nullptr, name, 0, 1, nullptr, gone, nullptr,
                                                             deliver_request, &request_queue);
  if (status != napi_ok) {
    Napi::Error::New(env, "cannot create the queue of requests").ThrowAsJavaScriptException();
    return;
  }
  NodeRuntime::get().core_ready(post_request);
}

// Takes no more requests; with the queue closed, Node's loop ends as soon as nothing else is open.
void Close(const Napi::CallbackInfo &) { napi_release_threadsafe_function(request_queue, napi_tsfn_abort); }

void Answer(const Napi::CallbackInfo &info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  auto chunk = open_chunks.find(id);
  if (chunk != open_chunks.end()) {
    chunk->second.Value().Detach();
    open_chunks.erase(chunk);
  }
  NodeRuntime::get().requests().answer(id, info[1].As<Napi::Number>().Int64Value());
}

Napi::Value Option(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::string key = info[1].As<Napi::String>().Utf8Value();
  std::optional<std::string> value;
  // The host's thread is blocked in FLBPluginInit meanwhile, so its list of properties is ours to read. Nothing of
  // Node's is called under the table's lock: where that aborts, the lock would be needed to release whoever waits.
  NodeRuntime::get().requests().with(id, [&](Request &request) {
    if (request.options.get == nullptr) return;
    const char *found = request.options.get(key.c_str(), request.options.output_instance);
    if (found != nullptr) value = found;
  });
  return value ? Napi::Value(Napi::String::New(env, *value)) : env.Undefined();
}

// What the host says about the output instance that is being initialised.
Napi::Value OutputInstance(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::optional<std::string> name;
  int level = 0;
  NodeRuntime::get().requests().with(info[0].As<Napi::Number>().Uint32Value(), [&](Request &request) {
    if (!has_host_log() || request.options.output_instance == nullptr) return;
    name = host_name_of(request.options.output_instance);
    level = host_log_level_of(request.options.output_instance);
  });
  if (!name) return env.Undefined();
  Napi::Object instance = Napi::Object::New(env);
  instance.Set("name", *name);
  instance.Set("logLevel", level);
  return instance;
}

Napi::Value Log(const Napi::CallbackInfo &info) {
  const std::string text = info[1].As<Napi::String>().Utf8Value();
  const bool is_taken =
      has_host_log() && NodeRuntime::get().requests().say(info[0].As<Napi::Number>().Int32Value(), text);
  return Napi::Boolean::New(info.Env(), is_taken);
}

std::vector<std::string> texts_of(const Napi::Value &value) {
  Napi::Array array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(array.Get(i).As<Napi::String>().Utf8Value());
  return texts;
}

MetricDefinition definition_of(const Napi::Object &object) {
  MetricDefinition definition;
  definition.kind = static_cast<MetricKind>(object.Get("kind").As<Napi::Number>().Uint32Value());
  definition.name = object.Get("name").As<Napi::String>().Utf8Value();
  definition.help = object.Get("help").As<Napi::String>().Utf8Value();
  definition.label_keys = texts_of(object.Get("labelKeys"));
  Napi::Array series = object.Get("series").As<Napi::Array>();
  for (uint32_t i = 0; i < series.Length(); i++) definition.series.push_back(texts_of(series.Get(i)));
  Napi::Array bounds = object.Get("bounds").As<Napi::Array>();
  for (uint32_t i = 0; i < bounds.Length(); i++) {
    definition.bounds.push_back(bounds.Get(i).As<Napi::Number>().DoubleValue());
  }
  return definition;
}

// The host's thread waits in FLBPluginInit meanwhile, so that its metrics are ours to add to.
Napi::Value OpenMetrics(const Napi::CallbackInfo &info) {
  Napi::Array array = info[1].As<Napi::Array>();
  std::vector<MetricDefinition> definitions;
  for (uint32_t i = 0; i < array.Length(); i++) definitions.push_back(definition_of(array.Get(i).As<Napi::Object>()));
  uint32_t set = 0;
  NodeRuntime::get().requests().with(info[0].As<Napi::Number>().Uint32Value(), [&](Request &request) {
    if (request.kind != RequestKind::kInit || request.metrics != 0) return;
    set = request.metrics = HostMetrics::get().open(request.options.output_instance, definitions);
  });
  return Napi::Number::New(info.Env(), set);
}

Napi::Value UpdateMetrics(const Napi::CallbackInfo &info) {
  Napi::Float64Array pairs = info[1].As<Napi::Float64Array>();
  const uint32_t set = info[0].As<Napi::Number>().Uint32Value();
  return Napi::Boolean::New(info.Env(), HostMetrics::get().update(set, pairs.Data(), pairs.ElementLength() / 2));
}

Napi::Value ZoneAbbreviation(const Napi::CallbackInfo &info) {
  const time_t seconds = static_cast<time_t>(info[0].As<Napi::Number>().Int64Value());
  tm local{};
  const char *zone = localtime_r(&seconds, &local) != nullptr ? local.tm_zone : "";
  return Napi::String::New(info.Env(), zone);
}

void ReleaseCode(const Napi::CallbackInfo &) { NodeRuntime::get().release_code(); }

void ExitProcess(const Napi::CallbackInfo &info) { _exit(info[0].As<Napi::Number>().Int32Value()); }

// process.exit() would take Fluent Bit down.
void Abandon(const Napi::CallbackInfo &) { NodeRuntime::get().core_abandoned(); }

// The embedded scripts (scripts/bundle.mjs): (offset, bytes), or without arguments the first line. They are ASCII, and
// as Latin-1 they take one byte a character in V8's heap and need no decoding.
Napi::Value Bundle(const Napi::CallbackInfo &info) {
  const auto total = static_cast<size_t>(kinesis_bundle_end - kinesis_bundle_begin);
  const auto *end_of_line = static_cast<const char *>(memchr(kinesis_bundle_begin, '\n', total));
  size_t offset = 0, bytes = static_cast<size_t>(end_of_line - kinesis_bundle_begin);
  if (info.Length() == 2) {
    offset = info[0].As<Napi::Number>().Uint32Value();
    bytes = info[1].As<Napi::Number>().Uint32Value();
  }
  napi_value text = nullptr;
  napi_create_string_latin1(info.Env(), kinesis_bundle_begin + offset, bytes, &text);
  return {info.Env(), text};
}

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("bundle", Napi::Function::New(env, Bundle));
  exports.Set("serve", Napi::Function::New(env, Serve));
  exports.Set("close", Napi::Function::New(env, Close));
  exports.Set("answer", Napi::Function::New(env, Answer));
  exports.Set("option", Napi::Function::New(env, Option));
  exports.Set("outputInstance", Napi::Function::New(env, OutputInstance));
  exports.Set("hasHostLog", Napi::Boolean::New(env, has_host_log()));
  exports.Set("log", Napi::Function::New(env, Log));
  exports.Set("openMetrics", Napi::Function::New(env, OpenMetrics));
  exports.Set("updateMetrics", Napi::Function::New(env, UpdateMetrics));
  exports.Set("zoneAbbreviation", Napi::Function::New(env, ZoneAbbreviation));
  exports.Set("releaseCode", Napi::Function::New(env, ReleaseCode));
  exports.Set("exitProcess", Napi::Function::New(env, ExitProcess));
  exports.Set("messageDescriptor", Napi::Number::New(env, NodeRuntime::get().message_descriptor()));
  exports.Set("abandon", Napi::Function::New(env, Abandon));
  return exports;
}

}  // namespace

std::string bootstrap_script(const std::string &own_path) {
  std::string quoted;
  for (const char c : own_path) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "const addon = { exports: {} };"
         "process.dlopen(addon, '" +
         quoted +
         "', require('os').constants.dlopen.RTLD_LAZY);"
         "const binding = addon.exports;"
         "process.reallyExit = () => binding.abandon();"
         // Nothing may open the host's standard streams, not even a built-in module while it loads; the core puts
         // streams of its own in these places (src/standard_streams.ts).
         "for (const name of ['stdin', 'stdout', 'stderr'])"
         "Object.defineProperty(process, name, { configurable: true, value: {} });"
         // Scripts of the bundle, each compiled and run when it is first asked for.
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
         "load('./main.js').start(binding);";
}

NODE_API_MODULE(kinesis, Initialise)

}  // namespace kinesis
