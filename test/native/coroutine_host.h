// Host with coroutines and event loops like Fluent Bit's, with which a flush can return its thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroutine.h"
#include "event_loop.h"
#include "shim_host.h"

namespace coroutine_host {

/// Exports the host's names, from the library at `path`; see host_names.cc.
void export_names(const char *path);

/// A flush in a coroutine. Its chunk and its tag are freed when the flush returns, or at the end of its thread.
class Flush {
 public:
  Flush(const shim::Instance &instance, const std::string &chunk, const char *tag);
  ~Flush();
  Flush(const Flush &) = delete;
  Flush &operator=(const Flush &) = delete;

  /// Waits until the flush has returned, and returns its code.
  int code();
  bool has_returned();
  /// Code with which the stand-in for the core replies to the flush.
  int expected() const { return expected_; }

 private:
  friend class HostThread;
  void call();
  void free_memory();

  void *const context_;
  const int expected_;
  const size_t chunk_bytes_, tag_bytes_;
  char *chunk_, *tag_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::optional<int> code_;  // guarded by mutex_
};

using Flushes = std::vector<std::shared_ptr<Flush>>;

/// Which part a host ends first. Up to 2.1.0, Fluent Bit ended the inputs, with their chunks, before the outputs.
enum class EndOrder { kOutputsFirst, kInputsFirst };

/// Thread with an event loop that starts flushes in coroutines: the engine's, or a worker's.
class HostThread {
 public:
  HostThread();
  /// Ends the thread, if it has not ended, as leave() does.
  ~HostThread();
  HostThread(const HostThread &) = delete;
  HostThread &operator=(const HostThread &) = delete;

  /// Starts a flush.
  std::shared_ptr<Flush> flush(const shim::Instance &instance, const std::string &chunk, const char *tag);
  /// Starts flushes of different chunks.
  Flushes flush_all(int count, const shim::Instance &instance, const char *tag);

  /// Calls a function on the thread, outside of any coroutine, and waits for the end of the call.
  void call(const std::function<void()> &function);

  /// Ends the thread as at the end of Grace: the loop stops, waiting coroutines are never resumed, `exits` exits the
  /// outputs, and the chunks are freed after or before that. Returns the number of waiting flushes.
  size_t end(const std::function<void()> &exits, EndOrder order = EndOrder::kOutputsFirst);

  /// Ends the thread without an exit. The chunks are freed when the thread has ended. Returns the number of waiting
  /// flushes.
  size_t leave();

 private:
  struct Started;

  void run();
  void start(const std::shared_ptr<Flush> &flush);
  void keep_ended();
  void free_waiting();
  size_t stop(const std::function<void()> &last);
  static void body(void *started);

  std::unique_ptr<EventLoop> loop_;
  // Used by the thread, and after its end by the thread that joined it.
  std::vector<std::unique_ptr<Started>> started_, unused_;
  std::function<void()> last_;
  std::thread thread_;
};

}  // namespace coroutine_host
