// The structs that Fluent Bit hands to a Go-style plugin; the only file that knows the host's ABI.
//
// Source: Fluent Bit, include/fluent-bit/flb_plugin_proxy.h, include/fluent-bit/flb_api.h and src/proxy/go/go.h.
// Fluent Bit only ever adds members at the end, so nothing here reads past the members that all versions have.
#pragma once

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

constexpr int kFlbProxyOutputPlugin = 2;
constexpr int kFlbProxyGolang = 11;

constexpr int kFlbError = 0;
constexpr int kFlbOk = 1;
constexpr int kFlbRetry = 2;
