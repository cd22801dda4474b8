// Lets the host program, built for x86-64 on glibc 2.34 or newer, start on an older glibc.
//
// Does for functions of the host what native/platform/glibc/glibc_2_17.cc does for the plugin.
#include <sys/stat.h>

#define BIND(name, version, result, arguments) \
  result old_##name arguments;                 \
  __asm__(".symver old_" #name "," #name "@" version);

using Main = int (*)(int, char **, char **);

extern "C" {

BIND(__fxstat64, "GLIBC_2.2.5", int, (int, int, struct stat64 *))
BIND(__libc_start_main, "GLIBC_2.2.5", int, (Main, int, char **, Main, void (*)(), void (*)(), void *))

int __wrap_fstat64(int descriptor, struct stat64 *status) { return old___fxstat64(1, descriptor, status); }

// A program of glibc 2.34 leaves its constructors to glibc; older versions expect the program to run them.
extern Main __init_array_start[];
extern Main __init_array_end[];
static int construct(int count, char **arguments, char **environment) {
  for (Main *constructor = __init_array_start; constructor < __init_array_end; constructor++) {
    (*constructor)(count, arguments, environment);
  }
  return 0;
}

int __wrap___libc_start_main(Main main, int count, char **arguments, Main, void (*)(), void (*end_of_loader)(),
                             void *end_of_stack) {
  return old___libc_start_main(main, count, arguments, construct, nullptr, end_of_loader, end_of_stack);
}
}
