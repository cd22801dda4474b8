// Runs one case of the real binding's tests, named by the argument: Node starts once per process.
#include <cstdlib>
#include <cstring>

#include "shim_host.h"

// Leaks to ignore: memory that libnode and V8 keep until the end, and that dlsym keeps for a thread after a failed
// look-up.
extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() { return "leak:libnode.so\nleak:_dlerror_run\n"; }

int main(int argc, char **argv) {
  shim::Cases cases;
  for (auto group :
       {shim::reply_cases(), shim::binding_cases(), shim::coroutine_cases(), shim::coroutine_end_cases()}) {
    cases.merge(group);
  }
  const auto found = argc == 2 ? cases.find(argv[1]) : cases.end();
  if (found == cases.end()) {
    for (const auto &[name, run] : cases) printf("%s\n", name.c_str());
    return 2;
  }
  flb_plugin_proxy_def definition{};
  CHECK(FLBPluginRegister(&definition) == 0);
  found->second();
  exit(EXIT_SUCCESS);
}
