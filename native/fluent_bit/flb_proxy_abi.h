// Structs that Fluent Bit passes to a Go-style plugin. The only file that knows the host's ABI.
//
// Source: Fluent Bit, include/fluent-bit/flb_plugin_proxy.h, include/fluent-bit/flb_api.h and src/proxy/go/go.h.
// Fluent Bit only ever adds members at the end, so nothing here reads past the members that all versions have.
#pragma once

#include <cstddef>
#include <cstdint>

struct flb_plugin_proxy_def {
  int type;
  int proxy;
  int flags;
  char *name;
  char *description;
};

struct flb_api {
  const char *(*output_get_property)(const char *key, void *output_instance);
};

struct flb_plugin_proxy_context {
  void *remote_context;
};

struct flbgo_output_plugin {
  char *name;
  flb_api *api;
  void *output_instance;
  flb_plugin_proxy_context *context;
};

/// Source: lib/monkey/include/monkey/mk_core/mk_event.h; the members of 1.8.15. Later versions have up to five words
/// more.
struct mk_event {
  int fd;
  int type;
  uint32_t mask;
  uint8_t status;
  void *data;
  int (*handler)(void *event);
};
constexpr size_t kMkEventRoomBytes = 256;
/// Type of an event whose handler is called by the event loops of the engine and of the workers.
constexpr int kMkEventCustom = 4;
constexpr uint32_t kMkEventRead = 1;

/// Source: include/fluent-bit/flb_coro.h: `caller` and `callee`, after one more word in a build that found valgrind's
/// headers. Their position has to be probed.
struct flb_coro {
  void *words[3];
};

constexpr int kFlbProxyOutputPlugin = 2;
constexpr int kFlbProxyGolang = 11;

constexpr int kFlbError = 0;
constexpr int kFlbOk = 1;
constexpr int kFlbRetry = 2;
