// Event loop of epoll with Fluent Bit's functions mk_event_add and mk_event_del, and a queue of jobs.
//
// Source: Fluent Bit, lib/monkey/mk_core/mk_event.c and mk_event_epoll.c.
#include "event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "shim_host.h"

namespace coroutine_host {
namespace {

constexpr int kMaxEvents = 64;
constexpr uint8_t kNone = 1, kRegistered = 2;  // MK_EVENT_NONE, MK_EVENT_REGISTERED
constexpr uintptr_t kCanary = 0x5eed5eed;

std::atomic<bool> refuses_events{false};
thread_local EventLoop *current_loop = nullptr;

bool has_canaries(const Event &event) {
  for (size_t i = 0; i < 5; i++) {
    if (event.later[i] != kCanary + i) return false;
  }
  return true;
}

}  // namespace

void refuse_events(bool refuses) { refuses_events = refuses; }

EventLoop *EventLoop::current() { return current_loop; }

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), jobs_descriptor_(eventfd(0, EFD_CLOEXEC)) {
  CHECK(epoll_ >= 0 && jobs_descriptor_ >= 0);
  epoll_event interest{};
  interest.events = EPOLLIN;
  CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, jobs_descriptor_, &interest) == 0);
}

EventLoop::~EventLoop() {
  close(epoll_);
  close(jobs_descriptor_);
}

void EventLoop::add_job(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  jobs_.push_back(std::move(job));
  const uint64_t one = 1;
  CHECK(write(jobs_descriptor_, &one, sizeof one) == sizeof one);
}

// As the oldest versions of Fluent Bit: handles all events of one wait, even those removed meanwhile.
void EventLoop::run(const std::function<void()> &after_event) {
  current_loop = this;
  is_running_ = true;
  while (is_running_) {
    epoll_event ready[kMaxEvents];
    const int count = epoll_wait(epoll_, ready, kMaxEvents, -1);
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count && is_running_; i++) {
      if (ready[i].data.ptr == nullptr) {
        do_jobs();
      } else {
        handle(static_cast<Event *>(ready[i].data.ptr));
      }
      after_event();
    }
  }
}

void EventLoop::handle(Event *event) {
  CHECK(event->head.type == kMkEventCustom && event->head.status == kRegistered && has_canaries(*event));
  event->head.handler(event);
}

void EventLoop::do_jobs() {
  std::vector<std::function<void()>> jobs;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    uint64_t count = 0;
    CHECK(read(jobs_descriptor_, &count, sizeof count) == sizeof count);
    jobs.swap(jobs_);
  }
  for (const auto &job : jobs) {
    if (is_running_) job();
  }
}

int EventLoop::add(void *given, int descriptor, int type, uint32_t mask, void *given_event) {
  auto *loop = static_cast<EventLoop *>(given);
  auto *event = static_cast<Event *>(given_event);
  CHECK(loop == current_loop && event->head.mask == 0 && loop->events_.count(event) == 0);
  event->head.fd = descriptor;
  event->head.type = type;
  event->head.status = kRegistered;
  if (refuses_events) return -1;
  epoll_event interest{};
  interest.events = EPOLLERR | EPOLLHUP | EPOLLRDHUP | ((mask & kMkEventRead) != 0 ? EPOLLIN : 0u);
  interest.data.ptr = event;
  if (epoll_ctl(loop->epoll_, EPOLL_CTL_ADD, descriptor, &interest) != 0) return -1;
  event->head.mask = mask;
  event->head.handler = nullptr;
  for (size_t i = 0; i < 5; i++) event->later[i] = kCanary + i;
  loop->events_.insert(event);
  return 0;
}

int EventLoop::remove(void *given, void *given_event) {
  auto *loop = static_cast<EventLoop *>(given);
  auto *event = static_cast<Event *>(given_event);
  CHECK(loop == current_loop);
  if (event->head.status != kRegistered) return -1;
  event->head.status = kNone;
  event->head.mask = 0;
  if (loop->events_.erase(event) == 0) return -1;
  CHECK(has_canaries(*event));
  CHECK(epoll_ctl(loop->epoll_, EPOLL_CTL_DEL, event->head.fd, nullptr) == 0);
  return 0;
}

}  // namespace coroutine_host
