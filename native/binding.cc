// Binds the core to Node-API: defines the functions that the core calls, and passes requests to it. The only file that
// uses Node-API.
//
// Everything here runs on Node's thread, except post_request, which any thread of the host may call.
#include <cstring>
#include <ctime>
#include <type_traits>
#include <unordered_map>

#define NAPI_DISABLE_CPP_EXCEPTIONS
#include <napi.h>

#include "platform/platform.h"
#include "runtime/embedded/local_host.h"
#include "runtime/embedded/resident_memory.h"
#include "runtime/process/remote_host.h"

// The bundle of the TypeScript core, embedded by bundle.S.
extern "C" const char kinesis_bundle_begin[];
extern "C" const char kinesis_bundle_end[];

namespace kinesis {
namespace {

// The host that the core calls: Fluent Bit in this process, unless connect() replaces it with one in another process.
Host *host = &LocalHost::get();
napi_threadsafe_function request_queue = nullptr;
bool is_queue_open = false;
// Chunks of the flushes without a reply, by request id. Their memory is the host's: each is detached before the reply.
// Never destroyed: flushes without a reply at the end leave references to a Node that is gone.
auto &open_chunks = *new std::unordered_map<uint32_t, Napi::Reference<Napi::ArrayBuffer>>();

// Name of a function of the binding, for messages, and a letter for the type of each argument.
struct Signature {
  const char *name, *arguments;
};

// Throws a TypeError in the script when the calling function returns, so that function must have no further effects.
Napi::Value refuse(const Napi::CallbackInfo &info, const std::string &reason) {
  const char *name = static_cast<const Signature *>(info.Data())->name;
  Napi::TypeError::New(info.Env(), std::string(name) + ": " + reason).ThrowAsJavaScriptException();
  return {};
}

// Returns the type of the letter, such as "a number", when the value is not of that type; null when it is.
const char *misfit(const Napi::Value &value, char letter) {
  switch (letter) {
    case 'a':
      return value.IsArray() ? nullptr : "an array";
    case 'b':
      return value.IsArrayBuffer() ? nullptr : "an ArrayBuffer";
    case 'd':
      return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array
                 ? nullptr
                 : "a Float64Array";
    case 'f':
      return value.IsFunction() ? nullptr : "a function";
    case 'n':
      return value.IsNumber() ? nullptr : "a number";
    default:
      return value.IsString() ? nullptr : "a string";
  }
}

// Calls a function only with arguments of its signature's types.
template <auto function>
Napi::Value checked(const Napi::CallbackInfo &info) {
  const char *arguments = static_cast<const Signature *>(info.Data())->arguments;
  for (size_t i = 0; arguments[i] != '\0'; i++) {
    const char *kind = misfit(info[i], arguments[i]);
    if (kind != nullptr) return refuse(info, "argument " + std::to_string(i + 1) + " must be " + kind);
  }
  if constexpr (std::is_void_v<decltype(function(info))>) {
    function(info);
    return info.Env().Undefined();
  } else {
    return function(info);
  }
}

template <auto function>
void define(Napi::Object exports, const char *name, const char *arguments) {
  static Signature signature{name, arguments};
  exports.Set(name, Napi::Function::New<checked<function>>(exports.Env(), name, &signature));
}

bool post_request(uint32_t id) {
  void *data = reinterpret_cast<void *>(static_cast<uintptr_t>(id));
  return napi_call_threadsafe_function(request_queue, data, napi_tsfn_nonblocking) == napi_ok;
}

// Returns external memory where Node allows it, else (in a build with V8's sandbox) a copy.
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

// Calls the core's handler with (requestId, kind, instance, chunkBytes, tag, blocks).
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
  // Node only warns of an exception that is left here, and the thread that made the request would wait for ever.
  if (env.IsExceptionPending()) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
}

// Detaches all chunks before the host's threads are released: the host then frees the memory.
void queue_is_gone(napi_env raw_env, void *, void *) {
  Napi::HandleScope scope(raw_env);
  for (const auto &[id, chunk] : open_chunks) napi_detach_arraybuffer(raw_env, chunk.Value());
  open_chunks.clear();
  host->gone();
}

void Serve(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (request_queue != nullptr) {
    refuse(info, "was already called");
    return;
  }
  napi_value name = Napi::String::New(env, "kinesis requests");
  const napi_status status = napi_create_threadsafe_function(env, info[0], nullptr, name, 0, 1, nullptr, queue_is_gone,
                                                             nullptr, deliver_request, &request_queue);
  if (status != napi_ok) {
    refuse(info, "cannot create the queue of requests");
    return;
  }
  is_queue_open = true;
  host->ready(post_request);
}

// Stops taking requests. With the queue closed, Node's loop ends as soon as nothing else is open.
void Close(const Napi::CallbackInfo &) {
  if (is_queue_open) napi_release_threadsafe_function(request_queue, napi_tsfn_abort);
  is_queue_open = false;
}

// Returns a flush's chunk; undefined while the chunk is in transit, null when Fluent Bit no longer waits for the flush.
Napi::Value TakeChunk(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::optional<Chunk> chunk = host->chunk(id);
  if (!chunk) return env.Undefined();
  if (chunk->data == nullptr) return env.Null();
  return chunk_buffer(env, id, chunk->data, chunk->bytes);
}

// Returns the memory to the system immediately, not at the next garbage collection.
void ReleaseMemory(const Napi::CallbackInfo &info) { info[0].As<Napi::ArrayBuffer>().Detach(); }

void TrimMemory(const Napi::CallbackInfo &) { trim_memory(); }

void Extend(const Napi::CallbackInfo &info) { host->extend(info[0].As<Napi::Number>().Uint32Value()); }

void Reply(const Napi::CallbackInfo &info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  auto chunk = open_chunks.find(id);
  if (chunk != open_chunks.end()) {
    chunk->second.Value().Detach();
    open_chunks.erase(chunk);
  }
  host->reply(id, info[1].As<Napi::Number>().Int64Value());
}

Napi::Value Option(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::optional<std::string> value = host->option(id, info[1].As<Napi::String>().Utf8Value());
  return value ? Napi::Value(Napi::String::New(env, *value)) : env.Undefined();
}

// Reads an array of strings. Returns false, with an exception in the script, when the value is not one.
bool read_texts(const Napi::CallbackInfo &info, const Napi::Value &value, std::vector<std::string> &texts) {
  const uint32_t count = value.IsArray() ? value.As<Napi::Array>().Length() : 0;
  for (uint32_t i = 0; i < count; i++) {
    const Napi::Value text = value.As<Napi::Array>().Get(i);
    if (info.Env().IsExceptionPending()) return false;
    if (!text.IsString()) break;
    texts.push_back(text.As<Napi::String>().Utf8Value());
  }
  const bool is_whole = value.IsArray() && texts.size() == count;
  if (!is_whole) refuse(info, "an array of strings is needed");
  return is_whole;
}

Napi::Value SetOptions(const Napi::CallbackInfo &info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  std::vector<std::string> names;
  if (!read_texts(info, info[1], names)) return {};
  const std::vector<std::string> set = host->set_options(id, names);
  Napi::Array array = Napi::Array::New(info.Env(), set.size());
  for (uint32_t i = 0; i < set.size(); i++) array.Set(i, set[i]);
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

void WriteMessage(const Napi::CallbackInfo &info) { host->write_message(info[0].As<Napi::String>().Utf8Value()); }

// Returns a property of the letter's type; empty, with an exception in the script, when the property is missing or of
// another type.
Napi::Value property_of(const Napi::CallbackInfo &info, const Napi::Value &object, const char *name, char letter) {
  const Napi::Value value = object.IsObject() ? object.As<Napi::Object>().Get(name) : Napi::Value();
  if (info.Env().IsExceptionPending()) return {};
  const char *kind = misfit(value, letter);
  return kind == nullptr ? value : refuse(info, std::string(name) + " of a metric must be " + kind);
}

// Reads the definition of a metric. Returns false, with an exception in the script, when the value is not one.
bool read_definition(const Napi::CallbackInfo &info, const Napi::Value &value, MetricDefinition &definition) {
  const Napi::Value kind = property_of(info, value, "kind", 'n');
  const Napi::Value name = kind.IsEmpty() ? kind : property_of(info, value, "name", 't');
  const Napi::Value help = name.IsEmpty() ? name : property_of(info, value, "help", 't');
  const Napi::Value label_keys = help.IsEmpty() ? help : property_of(info, value, "labelKeys", 'a');
  const Napi::Value series = label_keys.IsEmpty() ? label_keys : property_of(info, value, "series", 'a');
  const Napi::Value bounds = series.IsEmpty() ? series : property_of(info, value, "bounds", 'a');
  if (bounds.IsEmpty() || !read_texts(info, label_keys, definition.label_keys)) return false;
  const double number = kind.As<Napi::Number>().DoubleValue();
  if (number != 0 && number != 1 && number != 2) {
    refuse(info, "kind of a metric must be 0, 1 or 2");
    return false;
  }
  definition.kind = static_cast<MetricKind>(number);
  definition.name = name.As<Napi::String>().Utf8Value();
  definition.help = help.As<Napi::String>().Utf8Value();
  const auto all_series = series.As<Napi::Array>(), all_bounds = bounds.As<Napi::Array>();
  for (uint32_t i = 0; i < all_series.Length(); i++) {
    if (!read_texts(info, all_series.Get(i), definition.series.emplace_back())) return false;
  }
  for (uint32_t i = 0; i < all_bounds.Length(); i++) {
    const Napi::Value bound = all_bounds.Get(i);
    if (info.Env().IsExceptionPending()) return false;
    if (!bound.IsNumber()) {
      refuse(info, "bounds of a metric must be numbers");
      return false;
    }
    definition.bounds.push_back(bound.As<Napi::Number>().DoubleValue());
  }
  return true;
}

Napi::Value OpenMetrics(const Napi::CallbackInfo &info) {
  Napi::Array array = info[1].As<Napi::Array>();
  std::vector<MetricDefinition> definitions;
  for (uint32_t i = 0; i < array.Length(); i++) {
    if (!read_definition(info, array.Get(i), definitions.emplace_back())) return {};
  }
  return Napi::Number::New(info.Env(), host->open_metrics(info[0].As<Napi::Number>().Uint32Value(), definitions));
}

Napi::Value AddMetricSeries(const Napi::CallbackInfo &info) {
  const uint32_t set = info[0].As<Napi::Number>().Uint32Value();
  const std::string label = info[1].As<Napi::String>().Utf8Value(), value = info[2].As<Napi::String>().Utf8Value();
  return Napi::Number::New(info.Env(), host->add_metric_series(set, label, value));
}

Napi::Value UpdateMetrics(const Napi::CallbackInfo &info) {
  Napi::Float64Array pairs = info[1].As<Napi::Float64Array>();
  const uint32_t set = info[0].As<Napi::Number>().Uint32Value();
  return Napi::Boolean::New(info.Env(), host->update_metrics(set, pairs.Data(), pairs.ElementLength() / 2));
}

// Windows has no abbreviations of time zones.
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

// Called in place of Node's process.reallyExit(), which would end Fluent Bit.
void Abandon(const Napi::CallbackInfo &) { host->abandoned(); }

void RefuseStart(const Napi::CallbackInfo &info) { host->refuse(info[0].As<Napi::String>().Utf8Value()); }

// Returns the part (offset, bytes) of the embedded scripts (scripts/bundle.mjs); without arguments, their first line.
// The scripts are ASCII: as Latin-1 strings they take one byte per character in V8's heap and need no decoding.
Napi::Value Bundle(const Napi::CallbackInfo &info) {
  const auto total = static_cast<size_t>(kinesis_bundle_end - kinesis_bundle_begin);
  const auto *end_of_line = static_cast<const char *>(memchr(kinesis_bundle_begin, '\n', total));
  size_t offset = 0, bytes = static_cast<size_t>(end_of_line - kinesis_bundle_begin);
  if (info.Length() > 0) {
    if (!info[0].IsNumber() || !info[1].IsNumber()) return refuse(info, "an offset and a number of bytes are needed");
    offset = info[0].As<Napi::Number>().Uint32Value();
    bytes = info[1].As<Napi::Number>().Uint32Value();
  }
  if (offset > total || bytes > total - offset) return refuse(info, "the range is outside the bundle");
  napi_value text = nullptr;
  napi_create_string_latin1(info.Env(), kinesis_bundle_begin + offset, bytes, &text);
  return {info.Env(), text};
}

void describe_host(Napi::Object exports) {
  Napi::Env env = exports.Env();
  exports.Set("hasHostLog", Napi::Boolean::New(env, host->has_log()));
  exports.Set("place", Napi::String::New(env, host->place()));
}

// Replaces the host with one in another process.
void Connect(const Napi::CallbackInfo &info) {
  if (request_queue != nullptr || !info.This().IsObject()) {
    refuse(info, "must be called first, as a method of the binding");
    return;
  }
  host = &RemoteHost::connect(info[0].As<Napi::String>().Utf8Value());
  describe_host(info.This().As<Napi::Object>());
}

Napi::Object Initialise(Napi::Env, Napi::Object exports) {
  if (!bind_node_api()) return exports;
  describe_host(exports);
  define<Connect>(exports, "connect", "t");
  define<RefuseStart>(exports, "refuse", "t");
  define<Bundle>(exports, "bundle", "");
  define<Serve>(exports, "serve", "f");
  define<Close>(exports, "close", "");
  define<TakeChunk>(exports, "takeChunk", "n");
  define<Reply>(exports, "reply", "nn");
  define<Extend>(exports, "extend", "n");
  define<ReleaseMemory>(exports, "releaseMemory", "b");
  define<TrimMemory>(exports, "trimMemory", "");
  define<Option>(exports, "option", "nt");
  define<SetOptions>(exports, "setOptions", "na");
  define<OutputInstance>(exports, "outputInstance", "n");
  define<Log>(exports, "log", "nt");
  define<WriteMessage>(exports, "writeMessage", "t");
  define<OpenMetrics>(exports, "openMetrics", "na");
  define<AddMetricSeries>(exports, "addMetricSeries", "ntt");
  define<UpdateMetrics>(exports, "updateMetrics", "nd");
  define<ZoneAbbreviation>(exports, "zoneAbbreviation", "n");
  define<ReleaseCode>(exports, "releaseCode", "");
  define<ExitProcess>(exports, "exitProcess", "n");
  define<Abandon>(exports, "abandon", "");
  return exports;
}

}  // namespace

NODE_API_MODULE(kinesis, Initialise)

}  // namespace kinesis
