// Host with coroutines and event loops like Fluent Bit's, with which a flush can return its thread.
#include "coroutine_host.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "host_names.h"

namespace coroutine_host {

void export_names(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  CHECK(library != nullptr);
  auto use = reinterpret_cast<void (*)(const HostFunctions *)>(dlsym(library, "coroutine_host_use"));
  CHECK(use != nullptr);
  const HostFunctions functions{
      Coroutine::get,      Coroutine::set,    [] { return static_cast<void *>(EventLoop::current()); },
      EventLoop::add,      EventLoop::remove, Coroutine::active,
      Coroutine::switch_to};
  use(&functions);
}

Flush::Flush(const shim::Instance &instance, const std::string &chunk, const char *tag)
    : context_(instance.context),
      expected_(instance.expected(chunk, tag)),
      chunk_bytes_(chunk.size()),
      tag_bytes_(strlen(tag) + 1),
      chunk_(new char[chunk_bytes_]),
      tag_(new char[tag_bytes_]) {
  memcpy(chunk_, chunk.data(), chunk_bytes_);
  memcpy(tag_, tag, tag_bytes_);
}

Flush::~Flush() { free_memory(); }

int Flush::code() {
  std::unique_lock<std::mutex> lock(mutex_);
  returned_.wait(lock, [this] { return code_.has_value(); });
  return *code_;
}

bool Flush::has_returned() {
  std::lock_guard<std::mutex> lock(mutex_);
  return code_.has_value();
}

void Flush::call() {
  const int code = FLBPluginFlushCtx(context_, chunk_, static_cast<int>(chunk_bytes_), tag_);
  free_memory();
  std::lock_guard<std::mutex> lock(mutex_);
  code_ = code;
  returned_.notify_all();
}

// Overwrites the chunk first, so that a late reader gets bytes that no chunk has.
void Flush::free_memory() {
  if (chunk_ == nullptr) return;
  memset(chunk_, 0xdb, chunk_bytes_);
  memset(tag_, 0xdb, tag_bytes_);
  delete[] std::exchange(chunk_, nullptr);
  delete[] std::exchange(tag_, nullptr);
}

struct HostThread::Started {
  explicit Started(HostThread *host) : host(host), coroutine(body, this) {}

  HostThread *const host;
  Coroutine coroutine;
  std::shared_ptr<Flush> flush;
  bool has_ended = false;
};

HostThread::HostThread() : loop_(new EventLoop), thread_([this] { run(); }) {}

HostThread::~HostThread() {
  if (thread_.joinable()) leave();
}

std::shared_ptr<Flush> HostThread::flush(const shim::Instance &instance, const std::string &chunk, const char *tag) {
  auto flush = std::make_shared<Flush>(instance, chunk, tag);
  loop_->add_job([this, flush] { start(flush); });
  return flush;
}

Flushes HostThread::flush_all(int count, const shim::Instance &instance, const char *tag) {
  Flushes flushes;
  for (int number = 0; number < count; number++) {
    flushes.push_back(flush(instance, "chunk " + std::to_string(number), tag));
  }
  return flushes;
}

void HostThread::call(const std::function<void()> &function) {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  loop_->add_job([&] {
    function();
    std::lock_guard<std::mutex> lock(mutex);
    is_done = true;
    changed.notify_one();
  });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return is_done; });
}

size_t HostThread::end(const std::function<void()> &exits, EndOrder order) {
  const size_t waiting = stop([this, exits, order] {
    if (order == EndOrder::kInputsFirst) free_waiting();
    exits();
    CHECK(loop_->events() == 0 || order == EndOrder::kInputsFirst);
    free_waiting();
  });
  started_.clear();
  return waiting;
}

size_t HostThread::leave() {
  const size_t waiting = stop([] {});
  free_waiting();
  started_.clear();
  return waiting;
}

size_t HostThread::stop(const std::function<void()> &last) {
  loop_->add_job([this, &last] {
    last_ = last;
    loop_->stop();
  });
  thread_.join();
  return started_.size();
}

void HostThread::run() {
  loop_->run([this] { keep_ended(); });
  for (const auto &started : started_) started->coroutine.bury();
  last_();
  unused_.clear();
  loop_.reset();
}

void HostThread::start(const std::shared_ptr<Flush> &flush) {
  if (unused_.empty()) unused_.push_back(std::make_unique<Started>(this));
  Started &started = *unused_.back();
  started.flush = flush;
  started.has_ended = false;
  started_.push_back(std::move(unused_.back()));
  unused_.pop_back();
  started.coroutine.resume();
}

// Runs in the coroutine, which owns nothing when it switches.
void HostThread::body(void *given) {
  auto *started = static_cast<Started *>(given);
  started->flush->call();
  started->has_ended = true;
  started->coroutine.end();
}

// Runs outside of coroutines, where Fluent Bit frees those that have ended.
void HostThread::keep_ended() {
  const auto ended = std::partition(started_.begin(), started_.end(), [](const auto &one) { return !one->has_ended; });
  for (auto one = ended; one != started_.end(); ++one) {
    (*one)->flush.reset();
    unused_.push_back(std::move(*one));
  }
  started_.erase(ended, started_.end());
}

void HostThread::free_waiting() {
  for (const auto &started : started_) started->flush->free_memory();
}

}  // namespace coroutine_host
