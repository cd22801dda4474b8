// Switches a thread between stacks, as libco does, and reports the switches to the sanitizers.
#include "fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "shim_host.h"

#if defined(SANITIZER_address)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(SANITIZER_thread)
#include <sanitizer/tsan_interface.h>
#endif

// Saves the registers that a function has to preserve, the stack pointer last.
extern "C" void coroutine_host_switch(void **save_into, void *go_on_at);
#if defined(__x86_64__)
asm(R"(
.text
.type coroutine_host_switch, @function
coroutine_host_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
#elif defined(__aarch64__)
asm(R"(
.text
.type coroutine_host_switch, %function
coroutine_host_switch:
  sub sp, sp, #160
  stp x19, x20, [sp]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x2, sp
  str x2, [x0]
  mov sp, x1
  ldp x19, x20, [sp]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
)");
#else
#error "no code for this processor"
#endif

namespace coroutine_host {
namespace {

constexpr size_t kGuardBytes = 65536;
#if defined(SANITIZER_address) || defined(SANITIZER_thread)
constexpr size_t kStackBytes = 256 * 1024;
#else
// 3/2 of PTHREAD_STACK_MIN on x86-64: the smallest coroutine stack of any Fluent Bit.
constexpr size_t kStackBytes = 24 * 1024;
#endif

// Number of words that coroutine_host_switch takes from the stack of a new fiber, and the index of its start address.
#if defined(__x86_64__)
constexpr size_t kSavedWords = 8, kReturnWord = 6;
#else
constexpr size_t kSavedWords = 20, kReturnWord = 11;
#endif

thread_local Fiber *active_fiber = nullptr;

}  // namespace

Fiber &Fiber::active() {
  if (active_fiber == nullptr) {
    thread_local Fiber own;
    active_fiber = &own;
  }
  return *active_fiber;
}

// The fiber of the calling thread's own stack.
Fiber::Fiber() {
  pthread_attr_t attributes;
  void *stack = nullptr;
  CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0);
  CHECK(pthread_attr_getstack(&attributes, &stack, &stack_bytes_) == 0);
  pthread_attr_destroy(&attributes);
  own_bottom_ = stack;
#if defined(SANITIZER_thread)
  thread_fiber_ = __tsan_get_current_fiber();
#endif
}

Fiber::Fiber(void (*body)(void *argument), void *argument)
    : body_(body), argument_(argument), stack_bytes_(kStackBytes) {
  void *mapped = mmap(nullptr, kGuardBytes + kStackBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  stack_ = static_cast<char *>(mapped) + kGuardBytes;
  CHECK(mprotect(stack_, kStackBytes, PROT_READ | PROT_WRITE) == 0);
  prepare();
#if defined(SANITIZER_thread)
  thread_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  if (stack_ == nullptr) return;
#if defined(SANITIZER_thread)
  __tsan_destroy_fiber(thread_fiber_);
#endif
  // A buried stack stays unreadable for ever.
  if (is_buried_) return;
  unpoison();
  CHECK(munmap(stack_ - kGuardBytes, kGuardBytes + kStackBytes) == 0);
}

// Clears AddressSanitizer's records of frames that no longer exist.
void Fiber::unpoison() {
#if defined(SANITIZER_address)
  __asan_unpoison_memory_region(stack_, stack_bytes_);
#endif
}

void Fiber::prepare() {
  unpoison();
  auto **top = reinterpret_cast<void **>(stack_ + stack_bytes_) - kSavedWords;
  memset(top, 0, kSavedWords * sizeof(void *));
  top[kReturnWord] = reinterpret_cast<void *>(begin);
  stack_pointer_ = top;
  has_ended_ = false;
}

void Fiber::run() {
  Fiber &from = active();
  CHECK(&from != this && !is_buried_ && pthread_equal(pthread_self(), thread_));
  if (has_ended_) prepare();
#if defined(SANITIZER_address)
  const void *bottom = stack_ != nullptr ? stack_ : own_bottom_;
  __sanitizer_start_switch_fiber(from.has_ended_ ? nullptr : &from.fake_stack_, bottom, stack_bytes_);
#elif defined(SANITIZER_thread)
  __tsan_switch_to_fiber(thread_fiber_, 0);
#endif
  active_fiber = this;
  coroutine_host_switch(&from.stack_pointer_, stack_pointer_);
#if defined(SANITIZER_address)
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::begin() {
#if defined(SANITIZER_address)
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
  active_fiber->body_(active_fiber->argument_);
  CHECK(false);
}

void Fiber::bury() {
  CHECK(mprotect(stack_, stack_bytes_, PROT_NONE) == 0);
  is_buried_ = true;
}

}  // namespace coroutine_host
