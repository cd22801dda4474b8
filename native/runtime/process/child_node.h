// Finds the program node, runs the core in a process of it, and restarts the process when it ends.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/node_options.h"
#include "runtime/process/child_process.h"
#include "runtime/process/frame.h"
#include "runtime/process/run_watch.h"
#include "runtime/runtime.h"

namespace kinesis {

/// Node in a separate process: one at a time, shared by all output instances. Its supervisor thread starts it, reads
/// its frames, and sees its end.
class ChildNode : public Runtime {
 public:
  static ChildNode &get();

  /// Finds a program node. `reason` goes into place(). Returns a message for the user on failure, else an empty string.
  std::string find(const std::string &reason);

  std::string start() override;
  int64_t call(const std::shared_ptr<Request> &request) override;
  uint32_t begin(const std::shared_ptr<Request> &flush) override;
  std::string place() override;
  bool interprets() const override;

 private:
  enum class State { kNew, kStarting, kUp, kDown };

  /// One run of the program, and the connection to it.
  struct Run {
    ~Run() { connection.close(); }

    uint64_t number = 0;  // set before it takes requests
    ChildProcess process;
    Connection connection;
    std::mutex sending;
    RunWatch watch;
  };

  /// An output instance, which has to be initialised in each new run.
  struct Instance {
    explicit Instance(const HostInstance &host) : host(host) {}

    std::mutex opening;
    HostInstance host;
    // Number of the run that knows the instance. Written with `opening` and the node's mutex held, read with either.
    uint64_t run = 0;
  };

  ChildNode() = default;
  void supervise();
  bool run_once(std::string &ending);
  std::string launch(Run &run);
  bool read(const std::shared_ptr<Run> &run);
  void end(Run &run);
  bool send(Run &run, const FrameHeader &header, std::string_view text = {}, const void *data = nullptr,
            size_t data_bytes = 0);

  int64_t open(const std::shared_ptr<Request> &request);
  int64_t close(const std::shared_ptr<Request> &request);
  uint32_t forward(const std::shared_ptr<Request> &request, const std::shared_ptr<Run> &run);
  int64_t forward_and_wait(const std::shared_ptr<Request> &request, const std::shared_ptr<Run> &run);
  std::shared_ptr<Run> current_run();
  void stop_at_exit();

  std::string program_;
  std::string reason_;
  std::vector<Preload> preloads_;         // set before the supervisor starts
  std::vector<std::string> environment_;  // set before the supervisor starts

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kNew;                               // guarded by mutex_
  std::shared_ptr<Run> run_;                                // guarded by mutex_; null when no run takes requests
  std::shared_ptr<Run> launched_;                           // guarded by mutex_; until its process was waited for
  uint64_t last_run_ = 0;                                   // guarded by mutex_
  std::string refusal_;                                     // guarded by mutex_; why the core cannot run in its Node
  std::string start_error_;                                 // guarded by mutex_
  bool stopping_ = false;                                   // guarded by mutex_
  std::map<int64_t, std::shared_ptr<Instance>> instances_;  // guarded by mutex_
};

}  // namespace kinesis
