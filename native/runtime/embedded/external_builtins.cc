// Redirects libnode's reads of missing modules in /usr/share/nodejs to the folder nodejs/ next to this library.
//
// This library comes with a bundled libnode of Debian, and is not part of kinesis.so; see scripts/bundled-libnode.mjs.
// libnode needs it before libuv, so calls of uv_fs_open come here and go on to libuv.
#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstring>

namespace {

constexpr char kFixedPlace[] = "/usr/share/nodejs/";
constexpr size_t kFixedLength = sizeof kFixedPlace - 1;

using Open = int (*)(void *loop, void *request, const char *path, int flags, int mode, void *callback);

/** Writes the path in the folder next to this library to `own`. Returns false when there is no such folder. */
bool path_next_to_library(const char *path, char (&own)[PATH_MAX]) {
  Dl_info self{};
  if (dladdr(kFixedPlace, &self) == 0 || self.dli_fname == nullptr) return false;
  const char *slash = strrchr(self.dli_fname, '/');
  const int folder = slash == nullptr ? 0 : static_cast<int>(slash - self.dli_fname + 1);
  const int length = snprintf(own, sizeof own, "%.*snodejs/%s", folder, self.dli_fname, path + kFixedLength);
  return length > 0 && length < static_cast<int>(sizeof own);
}

}  // namespace

/** As libuv's function; only libuv knows its types. */
extern "C" __attribute__((visibility("default"))) int uv_fs_open(void *loop, void *request, const char *path, int flags,
                                                                 int mode, void *callback) {
  static const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "uv_fs_open"));
  char own[PATH_MAX];
  const bool is_missing = strncmp(path, kFixedPlace, kFixedLength) == 0 && access(path, R_OK) != 0;
  return next(loop, request, is_missing && path_next_to_library(path, own) ? own : path, flags, mode, callback);
}
