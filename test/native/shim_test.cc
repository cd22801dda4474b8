// Runs one case of the shim's tests, named by the argument: Node starts once per process, so each case has its own.
#include <cstdlib>
#include <cstring>

#include "shim_host.h"

// Leaks to ignore: memory that dlsym keeps for a thread after a failed look-up is freed in the last step of the
// thread's end, for which no thread waits.
extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() { return "leak:_dlerror_run\n"; }

int main(int argc, char **argv) {
  shim::Cases cases;
  for (auto group : {shim::reply_cases(), shim::start_cases(), shim::signal_cases(), shim::end_cases(),
                     shim::clock_cases(), shim::host_cases(), shim::process_cases(), shim::process_end_cases(),
                     shim::frame_cases(), shim::message_cases(), shim::silence_cases(), shim::coroutine_cases(),
                     shim::coroutine_end_cases(), shim::coroutine_lost_cases()}) {
    cases.merge(group);
  }
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (const auto &[name, run] : cases) printf("%s\n", name.c_str());
    return 0;
  }
  const auto found = argc == 2 ? cases.find(argv[1]) : cases.end();
  if (found == cases.end()) {
    fprintf(stderr, "usage: %s CASE, or --list\n", argv[0]);
    return 2;
  }
  setenv("KINESIS_NODE", STAND_IN_NODE, 0);
  if (getenv("KINESIS_LIBNODE") == nullptr) setenv("KINESIS_LIBNODE", STAND_IN_LIBNODE, 1);
  flb_plugin_proxy_def definition{};
  CHECK(FLBPluginRegister(&definition) == 0);
  CHECK(definition.type == kFlbProxyOutputPlugin && definition.proxy == kFlbProxyGolang);
  CHECK(strcmp(definition.name, "kinesis") == 0);
  found->second();
  exit(EXIT_SUCCESS);
}
