// The only file that uses Node-API: what the TypeScript core can call, and how requests reach it.
//
// Everything here runs on Node's thread, except post_request, which any thread of the host may call.
#include <cstring>
#include <ctime>
#include <unordered_map>

#define NAPI_DISABLE_CPP_EXCEPTIONS
#include <napi.h>

#include "local_host.h"
#include "platform.h"
#include "remote_host.h"
#include "resident_memory.h"

// The bundle of the TypeScript core, embedded by bundle.S.
extern "C" const char kinesis_bundle_begin[];
extern "C" const char kinesis_bundle_end[];

namespace kinesis {
namespace {

// Who is asked: Fluent Bit in this process, unless the bootstrap script connects to one in another.
Host *host = &LocalHost::get();
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

// Calls the core's handler: (requestId, kind, instance, chunkBytes, tag, blocks).
void deliver_request(napi_env raw_env, napi_value handler, void *, void *data) {
  if (raw_env == nullptr) return;
  Napi::Env env(raw_env);
  Napi::HandleScope scope(env);
  const auto id = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(data));
  const std::optional<Task> task = host->take(id);
  if (!task) return;
  Napi::Function(env, handler)
      .Call({Napi::Number::New(env, id), Napi::Number::New(env, static_cast<uint32_t>(task->kind)),
             Napi::Number::New(env, static_cast<double>(task->instance)),
             Napi::Number::New(env, static_cast<double>(task->chunk_bytes)), Napi::String::New(env, task->tag),
             Napi::Boolean::New(env, task->blocks)});
}

void Serve(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  napi_value name = Napi::String::New(env, "kinesis requests");
  auto gone = [](napi_env, void *, void *) { host->gone(); };
  const napi_status status = napi_create_threadsafe_function(env, info[0], nullptr, name, 0, 1, nullptr, gone, nullptr,
                                                             deliver_request, &request_queue);
  if (status != napi_ok) {
    Napi::Error::New(env, "cannot create the queue of requests").ThrowAsJavaScriptException();
    return;
  }
  host->ready(post_request);
}

// Takes no more requests; with the queue closed, Node's loop ends as soon as nothing else is open.
void Close(const Napi::CallbackInfo &) { napi_release_threadsafe_function(request_queue, napi_tsfn_abort); }

// The chunk of a flush; undefined when it is on its way, null when nobody waits for the flush any more.
Napi::Value TakeChunk(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::optional<Chunk> chunk = host->chunk(id);
  if (!chunk) return env.Undefined();
  if (chunk->data == nullptr) return env.Null();
  return chunk_buffer(env, id, chunk->data, chunk->bytes);
}

// The system has the memory back at once, and not when garbage is collected the next time.
void ReleaseMemory(const Napi::CallbackInfo &info) { info[0].As<Napi::ArrayBuffer>().Detach(); }

void TrimMemory(const Napi::CallbackInfo &) { trim_memory(); }

void Extend(const Napi::CallbackInfo &info) { host->extend(info[0].As<Napi::Number>().Uint32Value()); }

void Answer(const Napi::CallbackInfo &info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  auto chunk = open_chunks.find(id);
  if (chunk != open_chunks.end()) {
    chunk->second.Value().Detach();
    open_chunks.erase(chunk);
  }
  host->answer(id, info[1].As<Napi::Number>().Int64Value());
}

Napi::Value Option(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::optional<std::string> value = host->option(id, info[1].As<Napi::String>().Utf8Value());
  return value ? Napi::Value(Napi::String::New(env, *value)) : env.Undefined();
}

std::vector<std::string> texts_of(const Napi::Value &value) {
  Napi::Array array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(array.Get(i).As<Napi::String>().Utf8Value());
  return texts;
}

Napi::Value SetOptions(const Napi::CallbackInfo &info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::vector<std::string> names = host->set_options(id, texts_of(info[1]));
  Napi::Array array = Napi::Array::New(info.Env(), names.size());
  for (uint32_t i = 0; i < names.size(); i++) array.Set(i, names[i]);
  return array;
}

Napi::Value OutputInstance(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const std::optional<LogIdentity> identity = host->log_identity(info[0].As<Napi::Number>().Uint32Value());
  if (!identity) return env.Undefined();
  Napi::Object instance = Napi::Object::New(env);
  instance.Set("name", identity->name);
  instance.Set("logLevel", identity->level);
  return instance;
}

Napi::Value Log(const Napi::CallbackInfo &info) {
  const std::string text = info[1].As<Napi::String>().Utf8Value();
  return Napi::Boolean::New(info.Env(), host->log(info[0].As<Napi::Number>().Int32Value(), text));
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

Napi::Value OpenMetrics(const Napi::CallbackInfo &info) {
  Napi::Array array = info[1].As<Napi::Array>();
  std::vector<MetricDefinition> definitions;
  for (uint32_t i = 0; i < array.Length(); i++) definitions.push_back(definition_of(array.Get(i).As<Napi::Object>()));
  return Napi::Number::New(info.Env(), host->open_metrics(info[0].As<Napi::Number>().Uint32Value(), definitions));
}

Napi::Value UpdateMetrics(const Napi::CallbackInfo &info) {
  Napi::Float64Array pairs = info[1].As<Napi::Float64Array>();
  const uint32_t set = info[0].As<Napi::Number>().Uint32Value();
  return Napi::Boolean::New(info.Env(), host->update_metrics(set, pairs.Data(), pairs.ElementLength() / 2));
}

// Windows has no abbreviations of zones.
Napi::Value ZoneAbbreviation(const Napi::CallbackInfo &info) {
  const char *zone = "";
#ifndef _WIN32
  const time_t seconds = static_cast<time_t>(info[0].As<Napi::Number>().Int64Value());
  tm local{};
  if (localtime_r(&seconds, &local) != nullptr) zone = local.tm_zone;
#endif
  return Napi::String::New(info.Env(), zone);
}

void ReleaseCode(const Napi::CallbackInfo &) { release_code_of_node(); }

void ExitProcess(const Napi::CallbackInfo &info) { host->exit_process(info[0].As<Napi::Number>().Int32Value()); }

// process.exit() would take Fluent Bit down.
void Abandon(const Napi::CallbackInfo &) { host->abandoned(); }

void Refuse(const Napi::CallbackInfo &info) { host->refuse(info[0].As<Napi::String>().Utf8Value()); }

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

void describe_host(Napi::Object exports) {
  Napi::Env env = exports.Env();
  exports.Set("hasHostLog", Napi::Boolean::New(env, host->has_log()));
  exports.Set("messageDescriptor", Napi::Number::New(env, host->message_descriptor()));
  exports.Set("place", Napi::String::New(env, host->place()));
}

// The host is another process.
void Connect(const Napi::CallbackInfo &info) {
  host = &RemoteHost::connect(info[0].As<Napi::String>().Utf8Value());
  describe_host(info.This().As<Napi::Object>());
}

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  if (!bind_node_api()) return exports;
  describe_host(exports);
  exports.Set("connect", Napi::Function::New(env, Connect));
  exports.Set("refuse", Napi::Function::New(env, Refuse));
  exports.Set("bundle", Napi::Function::New(env, Bundle));
  exports.Set("serve", Napi::Function::New(env, Serve));
  exports.Set("close", Napi::Function::New(env, Close));
  exports.Set("takeChunk", Napi::Function::New(env, TakeChunk));
  exports.Set("answer", Napi::Function::New(env, Answer));
  exports.Set("extend", Napi::Function::New(env, Extend));
  exports.Set("releaseMemory", Napi::Function::New(env, ReleaseMemory));
  exports.Set("trimMemory", Napi::Function::New(env, TrimMemory));
  exports.Set("option", Napi::Function::New(env, Option));
  exports.Set("setOptions", Napi::Function::New(env, SetOptions));
  exports.Set("outputInstance", Napi::Function::New(env, OutputInstance));
  exports.Set("log", Napi::Function::New(env, Log));
  exports.Set("openMetrics", Napi::Function::New(env, OpenMetrics));
  exports.Set("updateMetrics", Napi::Function::New(env, UpdateMetrics));
  exports.Set("zoneAbbreviation", Napi::Function::New(env, ZoneAbbreviation));
  exports.Set("releaseCode", Napi::Function::New(env, ReleaseCode));
  exports.Set("exitProcess", Napi::Function::New(env, ExitProcess));
  exports.Set("abandon", Napi::Function::New(env, Abandon));
  return exports;
}

}  // namespace

NODE_API_MODULE(kinesis, Initialise)

}  // namespace kinesis
