// Finds libnode, runs Node.js on a thread of this process, and stops it: the only file that knows how Node is embedded.
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

/// Node in this process: started at most once, because V8 can be, and shared by all output instances.
class EmbeddedNode : public Runtime {
 public:
  static EmbeddedNode &get();

  /// Looks for a libnode and loads it; why it is looked for, "" if nobody asked, is for `place`. On failure gives a
  /// message for the user.
  std::string find(const std::string &reason);

  /// Why the last find() could not keep a libnode from using Fluent Bit's libraries; "" when it could.
  const std::string &refusal() const { return refusal_; }

  std::string start() override;
  int64_t ask(const std::shared_ptr<Request> &request) override;
  uint32_t begin(const std::shared_ptr<Request> &request) override;
  std::string place() override;
  bool interprets() const override;

  /// On Node's thread: the core is up and takes requests by `post`; the host's signals come back.
  void core_ready(bool (*post)(uint32_t request_id));

  /// On Node's thread: the core cannot run in this Node.
  void core_refused(const std::string &message);

  /// On Node's thread: takes no more requests and releases all that wait.
  void core_gone();

  /// On Node's thread, when Node wants to end the process: the core is gone, and the thread comes to rest here instead.
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
  bool joined_ = false;                       // only at the end of the process
  std::atomic<bool> abandoned_{false};        // Node's thread rests for ever: nobody need wait for it
  pthread_t thread_{};
};

}  // namespace kinesis
