// Replaces the program node: takes Node's command line and the connection to its host, then runs the stand-in core.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/process/remote_host.h"
#include "stand_in_core.h"

namespace {

bool is_told(const char *before_up) {
  const char *value = getenv(stand_in::kBeforeUpVariable);
  return value != nullptr && strcmp(value, before_up) == 0;
}

// Node's own start also takes a moment.
constexpr useconds_t kStartMicroseconds = 20000;

}  // namespace

int main(int argc, char **argv) {
  if (argc < 4 || strcmp(argv[argc - 2], "-e") != 0 || strstr(argv[argc - 1], "connect('3')") == nullptr ||
      strstr(argv[argc - 1], "process.dlopen(addon, '/") == nullptr || strcmp(argv[0], getenv("KINESIS_NODE")) != 0) {
    fprintf(stderr, "stand-in: wrong arguments for Node\n");
    return 9;
  }
  usleep(kStartMicroseconds);
  if (is_told("return")) return 7;
  kinesis::RemoteHost &host = kinesis::RemoteHost::connect("3");
  if (is_told("exit")) host.abandoned();
  if (is_told("refuse")) {
    host.refuse("the stand-in will not run here");
    return 0;
  }
  if (is_told("half-a-frame")) {
    if (write(3, "half", 4) != 4) return 11;
    pause();
  }
  if (host.place().find("in a separate process, from " + std::string(argv[0])) != 0) return 10;
  stand_in::run_for(host);
  return 1;
}
