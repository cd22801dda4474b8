// Finds libnode, runs Node.js on a thread of its own, and stops it: the only file that knows how Node is embedded.
#include "node_runtime.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "abort_trap.h"
#include "binding.h"
#include "flb_proxy_abi.h"
#include "host_metrics.h"
#include "resident_memory.h"

namespace kinesis {
namespace {

using NodeStart = int (*)(int argc, char **argv);

// The ABI numbers of Node 26, 25, 24, 22, 20 and 18, as distributions name the library; 109 is Ubuntu's Node 18.
constexpr const char *kLibraryNames[] = {"libnode.so.147", "libnode.so.141", "libnode.so.137", "libnode.so.127",
                                         "libnode.so.115", "libnode.so.109", "libnode.so.108", "libnode.so"};

constexpr const char *kInstallHint =
    "Install Node.js as a library: Debian and Ubuntu 'apt-get install libnode-dev' (or its libnodeNNN), "
    "Fedora and RHEL 'dnf install nodejs-libs', Amazon Linux 2023 'dnf install nodejs20-libs'; "
    "or set KINESIS_LIBNODE to the path of a libnode.so";

// node::Start(int, char **): the one C++ symbol that is used; its signature has not changed since Node 0.x.
constexpr const char *kNodeStartSymbol = "_ZN4node5StartEiPPc";

// V8's own limit is 16 MiB (times three: a young generation is that large). With 183 MB of container logs through
// Fluent Bit on libnode 18, the peak of RSS is 135 MB with it and 102 MB with 4 MiB, at the same CPU. With 2 MiB it is
// 101 MB, for 5 % more CPU. Found no better for start, rest or load: --v8-pool-size,
// --no-parallel-scavenge, --optimize-for-size, --max-lazy, --no-experimental-fetch.
constexpr const char *kYoungGeneration = "--max-semi-space-size=4";

// V8 collects garbage and compiles on Node's own thread only. Under the same load its helping threads took 0.4 s of
// CPU, and the process as a whole 8 % more (medians of 3, libnode 18): they begin more than is ever used. What is hot
// is compiled once, a second after the first chunk.
constexpr const char *kNoHelpingThreads = "--single-threaded";

constexpr size_t kNodeStackBytes = 8 * 1024 * 1024;
constexpr int64_t kStopTimeoutMs = 8000;

enum class State { kNew, kStarting, kUp, kGone };

std::mutex state_mutex;
std::condition_variable state_changed;
State state = State::kNew;
bool (*post_to_core)(uint32_t) = nullptr;  // guarded by state_mutex
std::string start_error;                   // guarded by state_mutex
bool stopping = false;                     // guarded by state_mutex
bool joined = false;                       // only at the end of the process
std::atomic<bool> abandoned{false};        // Node's thread rests for ever: nobody need wait for it
pthread_t node_pthread;
NodeStart node_start = nullptr;

// What node::Start changes for the whole process: it resets every signal's disposition and installs handlers of its
// own, and it marks the standard streams close-on-exec, which would take them from programs that the host starts.
struct HostState {
  std::array<struct sigaction, 65> action;
  std::array<bool, 65> saved{};
  std::array<int, 3> descriptor_flags{};

  void save() {
    for (int number = 1; number < 65; number++) saved[number] = sigaction(number, nullptr, &action[number]) == 0;
    for (int stream = 0; stream < 3; stream++) descriptor_flags[stream] = fcntl(stream, F_GETFD);
  }
  void restore() {
    for (int number = 1; number < 65; number++) {
      if (saved[number]) sigaction(number, &action[number], nullptr);
    }
    for (int stream = 0; stream < 3; stream++) {
      if (descriptor_flags[stream] >= 0) fcntl(stream, F_SETFD, descriptor_flags[stream]);
    }
  }
};
HostState host_state;

// The host's handlers are to run on the host's threads. The synchronous signals stay open: they are a thread's own
// crashes.
void block_signals(sigset_t *before) {
  sigset_t blocked;
  sigfillset(&blocked);
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, number);
  pthread_sigmask(SIG_SETMASK, &blocked, before);
}

std::string folder_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

NodeRuntime &NodeRuntime::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *runtime = new NodeRuntime();
  return *runtime;
}

void NodeRuntime::remember_surroundings() {
  if (!own_path_.empty()) return;
  const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept >= 0) message_descriptor_ = kept;
  Dl_info info{};
  char resolved[PATH_MAX];
  if (dladdr(reinterpret_cast<void *>(&NodeRuntime::get), &info) != 0 && info.dli_fname != nullptr &&
      realpath(info.dli_fname, resolved) != nullptr) {
    own_path_ = resolved;
  }
}

void NodeRuntime::release_code() const { release_code_of(reinterpret_cast<const void *>(node_start)); }

// Without allocating: an abort may have come from anywhere.
void NodeRuntime::say(std::string_view message) const {
  char prefix[] = "[kinesis] ", newline[] = "\n";
  const iovec parts[] = {
      {prefix, sizeof prefix - 1}, {const_cast<char *>(message.data()), message.size()}, {newline, 1}};
  (void)!writev(message_descriptor_, parts, 3);
}

// RTLD_GLOBAL: the plugin's own napi_* references bind to it lazily. Never RTLD_DEEPBIND: Fluent Bit interposes
// malloc with jemalloc, and memory would cross from one allocator to the other.
std::string NodeRuntime::open_libnode() {
  std::vector<std::string> candidates;
  const char *chosen = getenv("KINESIS_LIBNODE");
  if (chosen != nullptr && *chosen != '\0') {
    candidates.emplace_back(chosen);
  } else {
    const std::string own_folder = folder_of(own_path_);
    for (const std::string &folder : {own_folder + "/", own_folder + "/lib/", std::string()}) {
      for (const char *name : kLibraryNames) candidates.push_back(folder + name);
    }
  }
  std::string tried;
  for (const std::string &candidate : candidates) {
    if (candidate.find('/') != std::string::npos && access(candidate.c_str(), F_OK) != 0) {
      tried += "\n  " + candidate + ": no such file";
      continue;
    }
    libnode_ = dlopen(candidate.c_str(), RTLD_LAZY | RTLD_GLOBAL);
    if (libnode_ == nullptr) {
      const char *reason = dlerror();
      tried += "\n  " + candidate + ": " + (reason != nullptr ? reason : "unknown reason");
      continue;
    }
    node_start = reinterpret_cast<NodeStart>(dlsym(libnode_, kNodeStartSymbol));
    if (node_start != nullptr) return "";
    tried += "\n  " + candidate + ": has no node::Start, so it is not a Node.js library";
  }
  return "cannot load Node.js (libnode). " + std::string(kInstallHint) + ". Tried:" + tried;
}

std::string NodeRuntime::start() {
  std::unique_lock<std::mutex> lock(state_mutex);
  if (state == State::kNew) {
    remember_surroundings();
    std::string error = open_libnode();
    if (!error.empty()) return error;

    host_state.save();
    sigset_t before;
    block_signals(&before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kNodeStackBytes);
    const int failure = pthread_create(
        &node_pthread, &attributes,
        [](void *) -> void * {
          NodeRuntime::get().node_thread();
          return nullptr;
        },
        nullptr);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failure != 0) return std::string("cannot start a thread for Node.js: ") + strerror(failure);
    state = State::kStarting;
    // Registered after libnode was opened, so it runs before libnode's static destructors.
    register_stop();
  }
  state_changed.wait(lock, [] { return state == State::kUp || state == State::kGone; });
  if (state == State::kUp) return "";
  return start_error.empty() ? "Node.js has stopped and cannot be started a second time in one process" : start_error;
}

void NodeRuntime::node_thread() {
  pthread_setname_np(pthread_self(), kNodeThreadName);
  // libuv wants the arguments in one contiguous block.
  const std::string script = bootstrap_script(own_path_);
  std::string block;
  std::vector<size_t> offsets;
  for (const std::string &argument :
       {std::string("fluent-bit-kinesis"), std::string("--no-warnings"), std::string(kYoungGeneration),
        std::string(kNoHelpingThreads), std::string("-e"), script}) {
    offsets.push_back(block.size());
    block += argument + '\0';
  }
  std::vector<char *> argv;
  for (size_t offset : offsets) argv.push_back(&block[offset]);
  argv.push_back(nullptr);

  const int status = node_start(static_cast<int>(offsets.size()), argv.data());
  {
    std::lock_guard<std::mutex> lock(state_mutex);
    if (state == State::kStarting) {
      start_error = "Node.js stopped before the plugin's core was up (status " + std::to_string(status) + ")";
    }
  }
  core_gone();
}

void NodeRuntime::core_ready(bool (*post)(uint32_t)) {
  std::lock_guard<std::mutex> lock(state_mutex);
  host_state.restore();
  // node::Start opened this thread for all signals but SIGUSR1, and from Node 24 on gave it another name.
  block_signals(nullptr);
  pthread_setname_np(pthread_self(), kNodeThreadName);
  install_abort_trap([] {
    abandoned = true;
    NodeRuntime::get().core_gone();
  });
  // Once more, so that it also runs before what Node's start registered: OpenSSL's clean-up, under Node's feet.
  register_stop();
  post_to_core = post;
  state = State::kUp;
  state_changed.notify_all();
}

void NodeRuntime::core_gone() {
  {
    std::lock_guard<std::mutex> lock(state_mutex);
    post_to_core = nullptr;
    if (state == State::kStarting) {
      host_state.restore();
      if (start_error.empty()) start_error = "Node.js stopped before the plugin's core was up";
    }
    if (state == State::kUp && !stopping) {
      say("Node.js has stopped. Flushes are answered with retry until Fluent Bit is started again");
    }
    state = State::kGone;
    state_changed.notify_all();
  }
  // Nobody can post after this point, so whoever is in the table now is released here and nobody waits for ever.
  requests_.release_all(kFlbRetry, -1);
}

void NodeRuntime::core_abandoned() {
  abandoned = true;
  core_gone();
  for (;;) pause();
}

int64_t NodeRuntime::ask(Request &request) {
  const int64_t when_gone = request.kind == RequestKind::kFlush ? kFlbRetry : -1;
  uint32_t id;
  {
    std::lock_guard<std::mutex> lock(state_mutex);
    if (post_to_core == nullptr) return when_gone;
    id = requests_.add(request);
    if (!post_to_core(id)) requests_.answer(id, when_gone);
  }
  // A flush may take as long as its endpoint does; the end of an output must not hang on a core that is stuck.
  if (request.kind != RequestKind::kExit) return requests_.wait(id, request).value_or(when_gone);
  return requests_.wait(id, request, kStopTimeoutMs).value_or(when_gone);
}

void NodeRuntime::register_stop() {
  on_exit([](int status, void *) { NodeRuntime::get().stop_at_exit(status); }, nullptr);
}

// At the end of the process: asks the core to close what it holds open, so that Node's loop runs dry and its thread
// ends before libnode's static destructors run under it. If it does not in time, the process leaves without them.
void NodeRuntime::stop_at_exit(int status) {
  if (joined || pthread_equal(pthread_self(), node_pthread)) return;
  HostMetrics::get().close_all();
  Request request{RequestKind::kStop};
  uint32_t id = 0;
  bool posted = false;
  {
    std::lock_guard<std::mutex> lock(state_mutex);
    stopping = true;
    if (post_to_core != nullptr) {
      id = requests_.add(request);
      posted = post_to_core(id);
    }
  }
  if (id != 0) requests_.wait(id, request, posted ? kStopTimeoutMs : 0);
  if (!abandoned) {
    timespec deadline{};
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += kStopTimeoutMs / 1000;
    joined = pthread_timedjoin_np(node_pthread, nullptr, &deadline) == 0;
    if (joined) return;
    say("Node.js did not stop in time; leaving the process without its clean-up");
  }
  fflush(nullptr);
  _exit(status);
}

}  // namespace kinesis
