// Finds libnode, runs Node.js on a thread of this process, and stops it. The only file that knows how Node is embedded.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/node_options.h"
#include "runtime/runtime.h"

namespace kinesis {

/// Node in this process, shared by all output instances. Started at most once: V8 cannot be started again.
class EmbeddedNode : public Runtime {
 public:
  static EmbeddedNode &get();

  /// Finds a libnode and loads it. `reason` goes into place(), and is "" unless the user chose this runtime. Returns a
  /// message for the user on failure, else an empty string.
  std::string find(const std::string &reason);

  /// Why the last find() could not keep libnode from using Fluent Bit's libraries; "" when it could.
  const std::string &refusal() const { return refusal_; }

  std::string start() override;
  int64_t call(const std::shared_ptr<Request> &request) override;
  uint32_t begin(const std::shared_ptr<Request> &request) override;
  std::string place() override;
  bool interprets() const override;

  /// Reports, on Node's thread, that the core is up and takes requests by `post`. Restores the host's signal handlers.
  void core_ready(bool (*post)(uint32_t request_id));

  /// Reports, on Node's thread, that the core cannot run in this Node.
  void core_refused(const std::string &message);

  /// Takes no more requests, and releases all that wait.
  void core_gone();

  /// Called on Node's thread when Node wants to end the process: the core is gone, and the thread blocks here for ever.
  [[noreturn]] void core_abandoned();

 private:
  enum class State { kNew, kStarting, kUp, kGone };
  using NodeStartFunction = int (*)(int argc, char **argv);

  EmbeddedNode() = default;
  void node_thread();
  void give_up_start();
  void register_stop();
  void stop_at_exit(int status);

  std::string library_path_;
  std::string reason_;
  std::string refusal_;
  NodeStartFunction node_start_ = nullptr;
  std::vector<Preload> preloads_;  // set before Node's thread starts

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kNew;                 // guarded by mutex_
  bool (*post_to_core_)(uint32_t) = nullptr;  // guarded by mutex_
  std::string start_error_;                   // guarded by mutex_
  bool stopping_ = false;                     // guarded by mutex_
  bool has_ended_ = false;                    // guarded by mutex_; node_thread is about to return
  bool joined_ = false;                       // used only at the end of the process
  std::atomic<bool> abandoned_{false};        // Node's thread blocks for ever: nothing may wait for it
  pthread_t thread_{};
};

}  // namespace kinesis
