// Defines the number parsers that code compiled with glibc 2.38 or newer calls, so that it also loads on an older one.
//
// Headers and libstdc++ of glibc 2.38 call strtol, strtoul and sscanf by other names, whose functions also read "0b1",
// which the plugin does not need. Code compiled with an older glibc does not call these.
#include <cstdarg>

extern "C" {

// Plain names, which no header turns into the new ones.
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
