// Tests the start: no libnode, a wrong one, Node ending before the core is up, several concurrent inits.
#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>

#include "shim_host.h"
#include "stand_in_core.h"

// The library that the stand-in for libnode needs has a function of this name too.
extern "C" __attribute__((visibility("default"))) const char *name_of_both();
const char *name_of_both() { return "host"; }

namespace shim {
namespace {

void no_libnode() {
  setenv("KINESIS_LIBNODE", "/nowhere/libnode.so.1", 1);
  Instance instance;
  CHECK(instance.init() == kFlbError);
  CHECK(instance.context == nullptr);
  CHECK(instance.flush("chunk", "tag") == kFlbRetry);
}

void libnode_not_loadable() {
  setenv("KINESIS_LIBNODE", "/dev/null", 1);
  Instance instance;
  CHECK(instance.init() == kFlbError);
}

void not_a_libnode() {
  setenv("KINESIS_LIBNODE", "libm.so.6", 1);
  Instance instance;
  CHECK(instance.init() == kFlbError);
}

void search_again() {
  setenv("KINESIS_LIBNODE", "/nowhere/libnode.so.1", 1);
  Instance instance;
  CHECK(instance.init() == kFlbError);
  setenv("KINESIS_LIBNODE", STAND_IN_LIBNODE, 1);
  CHECK(instance.init() == kFlbOk);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

// Under sanitizers libnode is opened plainly: then the executable's function comes first.
void libnode_uses_its_own() {
  setenv("KINESIS_LIBNODE", STAND_IN_LIBNODE_WITH_DEPENDENCY, 1);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
#ifdef SANITIZER_none
  CHECK(std::string(getenv("STAND_IN_SERVED_BY")) == "own");
#else
  CHECK(std::string(getenv("STAND_IN_SERVED_BY")) == "host");
#endif
}

// Opens a path of the maximum length, after one that is a byte longer.
void longest_path() {
  const std::string file = "/.." STAND_IN_LIBNODE;
  Instance instance;
  for (const size_t bytes : {4096, 4095}) {
    setenv("KINESIS_LIBNODE", (std::string(bytes - file.size(), '/') + file).c_str(), 1);
    CHECK((instance.init() == kFlbOk) == (bytes == 4095));
  }
}

// The test puts stand-ins next to a copy of this executable, and checks which of them was taken.
void beside_the_plugin() {
  unsetenv("KINESIS_LIBNODE");
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  Dl_info taken{};
  CHECK(dladdr(dlsym(RTLD_DEFAULT, "_ZN4node5StartEiPPc"), &taken) != 0);
  printf("%s\n", taken.dli_fname);
  CHECK(instance.flush("chunk", "tag") == instance.expected("chunk", "tag"));
}

#ifdef SANITIZER_none
/// Whether a block of this size is mapped separately, which increases the allocator's count of such blocks.
bool is_mapped_apart(size_t bytes) {
  const size_t before = mallinfo2().hblks;
  // volatile: otherwise the compiler removes both calls.
  void *volatile block = malloc(bytes);
  const bool is_apart = mallinfo2().hblks == before + 1;
  free(block);
  return is_apart;
}
#endif

void large_blocks_go_back() {
#ifdef SANITIZER_none
  constexpr size_t kMebibyte = 1024 * 1024;
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  // After this one, glibc itself would take blocks of up to 8 MiB from its heaps.
  CHECK(is_mapped_apart(8 * kMebibyte));
  CHECK(is_mapped_apart(2 * kMebibyte));
  CHECK(is_mapped_apart(256 * 1024));
  CHECK(!is_mapped_apart(128 * 1024));
#endif
}

void limits_of_the_user() {
#ifdef SANITIZER_none
  constexpr size_t kMebibyte = 1024 * 1024;
  setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2", 1);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(is_mapped_apart(8 * kMebibyte));
  CHECK(!is_mapped_apart(2 * kMebibyte));
#endif
}

void start_returns_early() {
  stand_in::settings.before_up = stand_in::BeforeUp::kReturn;
  Instance instance;
  CHECK(instance.init() == kFlbError);
  CHECK(instance.init() == kFlbError);
  CHECK(instance.flush("chunk", "tag") == kFlbRetry);
}

// The core and the shim may number instances in different orders when their inits overlap.
void several_inits_at_once() {
  std::vector<Instance> instances(4);
  std::vector<int> codes(instances.size()), expected;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < instances.size(); i++) {
    threads.emplace_back([&instance = instances[i], &code = codes[i]] {
      CHECK(instance.init() == kFlbOk);
      code = instance.flush("chunk", "tag");
    });
  }
  for (auto &thread : threads) thread.join();
  for (const Instance &instance : instances) expected.push_back(instance.expected("chunk", "tag"));
  std::sort(codes.begin(), codes.end());
  std::sort(expected.begin(), expected.end());
  CHECK(codes == expected);
  CHECK(instances[0].flush("", stand_in::kCount) == 4);
}

// The script names the plugin's file by its full path, and the stack is large enough for V8.
void node_thread_is_fit() {
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  CHECK(stand_in::observed.script.find("process.dlopen(addon, '/") != std::string::npos);
  CHECK(stand_in::observed.script.find("/shim_test', ") != std::string::npos);
  CHECK(stand_in::observed.stack_bytes >= 8 * 1024 * 1024);
}

}  // namespace

Cases start_cases() {
  return {{"no-libnode", no_libnode},
          {"libnode-not-loadable", libnode_not_loadable},
          {"not-a-libnode", not_a_libnode},
          {"search-again", search_again},
          {"libnode-uses-its-own", libnode_uses_its_own},
          {"longest-path", longest_path},
          {"beside-the-plugin", beside_the_plugin},
          {"large-blocks-go-back", large_blocks_go_back},
          {"limits-of-the-user", limits_of_the_user},
          {"start-returns-early", start_returns_early},
          {"several-inits-at-once", several_inits_at_once},
          {"node-thread-is-fit", node_thread_is_fit}};
}

}  // namespace shim
