// Reads numbers for code that was compiled with glibc 2.38 or newer, whose headers and libstdc++ ask for other names of
// strtol, strtoul and sscanf: those read "0b1" too, which nobody here needs, and the plugin would load on no older
// glibc.
//
// Compiled with an older glibc, nobody calls these.
#include <cstdarg>

extern "C" {

// By their plain names, which no header turns into the new ones.
long plain_strtol(const char *text, char **end, int base) __asm__("strtol");
unsigned long plain_strtoul(const char *text, char **end, int base) __asm__("strtoul");
int plain_vsscanf(const char *text, const char *format, va_list arguments) __asm__("vsscanf");

long __isoc23_strtol(const char *text, char **end, int base) { return plain_strtol(text, end, base); }

unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return plain_strtoul(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = plain_vsscanf(text, format, arguments);
  va_end(arguments);
  return count;
}
}
