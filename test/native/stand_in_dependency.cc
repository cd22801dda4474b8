// A library that the stand-in for libnode needs, with a function of the same name as one of the executable.
extern "C" __attribute__((visibility("default"))) const char *name_of_both() { return "own"; }
