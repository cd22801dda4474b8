// Finds libnode, runs Node.js on a thread of its own, and stops it: the only file that knows how Node is embedded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "request.h"

namespace kinesis {

/// Node in this process: started at most once, because V8 can be, and shared by all output instances.
class NodeRuntime {
 public:
  static NodeRuntime &get();

  /// Remembers where the plugin's file is and keeps standard error open. With -d, Fluent Bit changes to / and closes
  /// its standard error between FLBPluginRegister and FLBPluginInit; the descriptor's number then is another file's.
  void remember_surroundings();

  /// Starts Node unless it was started before. On failure gives a message for the user, else an empty string.
  std::string start();

  /// Sends a request to the core and waits for the answer. When Node is not there (any more), a flush is answered
  /// with retry and anything else with -1.
  int64_t ask(Request &request);

  /// For the binding, on Node's thread: the core is up and takes requests by `post`; the host's signals come back.
  void core_ready(bool (*post)(uint32_t request_id));

  /// For the binding, on Node's thread: takes no more requests and releases all that wait.
  void core_gone();

  /// For the binding, on Node's thread, when Node wants to end the process: the core is gone, and the thread comes to
  /// rest here instead.
  [[noreturn]] void core_abandoned();

  /// Takes the pages of libnode's code out of the process; those that are used come back by themselves.
  void release_code() const;

  RequestTable &requests() { return requests_; }
  int message_descriptor() const { return message_descriptor_; }

  /// Writes a line of the shim's own to where the plugin's messages go.
  void say(std::string_view message) const;

 private:
  NodeRuntime() = default;
  std::string open_libnode();
  void node_thread();
  void register_stop();
  void stop_at_exit(int status);

  RequestTable requests_;
  std::string own_path_;
  int message_descriptor_ = 2;
  void *libnode_ = nullptr;
};

}  // namespace kinesis
