// A library that the stand-in for libnode needs, with a function of the same name as one of the executable.
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) const char *name_of_both() { return "own"; }

namespace {

/// Ends the process with a special status when it is destroyed.
struct Destroyed {
  ~Destroyed() { _exit(41); }
};

}  // namespace

/// Makes an object that is destroyed at the end of the process.
extern "C" __attribute__((visibility("default"))) void make_static() { static Destroyed made; }
