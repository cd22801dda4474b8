// Writes to the standard error that Fluent Bit was started with, without waiting for its reader, on Linux.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>

#include "platform/standard_error.h"

namespace kinesis {
namespace {

constexpr size_t kMostPieces = 8;

// Duplicates standard error to a number above the standard streams. Without a standard error, duplicates /dev/null.
int copy_of_standard_error() {
  const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept >= 0) return kept;
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const int moved = fcntl(nothing, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(nothing);
  return moved;
}

// Opens the same pipe or terminal again, with separate flags: O_NONBLOCK on a copy of the descriptor would apply to
// every process that shares it. Fails where the process may not open it (another user's pipe), and without /proc.
int reopen(int descriptor) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  const int opened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (opened < 0 || opened > STDERR_FILENO) return opened;
  const int moved = fcntl(opened, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(opened);
  return moved;
}

bool is_socket(int descriptor) {
  int type = 0;
  socklen_t bytes = sizeof type;
  return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0;
}

bool is_pipe_or_terminal(int descriptor) { return fcntl(descriptor, F_GETPIPE_SZ) >= 0 || isatty(descriptor) == 1; }

bool has_room_for_page(int descriptor) {
  pollfd end{descriptor, POLLOUT, 0};
  return poll(&end, 1, 0) == 1 && (end.revents & POLLOUT) != 0;
}

// POLLOUT means that a pipe has room for a page, so a write of PIPE_BUF bytes does not wait, unless another process
// takes that room in between.
size_t write_by_pages(int descriptor, const iovec *parts, size_t count) {
  static char page[PIPE_BUF];  // static: one thread at a time, and a coroutine's stack is small
  size_t written = 0, filled = 0;
  const auto flush = [&] {
    if (filled == 0) return true;
    if (!has_room_for_page(descriptor)) return false;
    const ssize_t bytes = ::write(descriptor, page, filled);
    written += static_cast<size_t>(std::max<ssize_t>(bytes, 0));
    const bool is_whole = bytes == static_cast<ssize_t>(filled);
    filled = 0;
    return is_whole;
  };
  for (size_t i = 0; i < count; i++) {
    for (size_t at = 0; at < parts[i].iov_len;) {
      const size_t bytes = std::min(parts[i].iov_len - at, sizeof page - filled);
      memcpy(page + filled, static_cast<const char *>(parts[i].iov_base) + at, bytes);
      filled += bytes;
      at += bytes;
      if (filled == sizeof page && !flush()) return written;
    }
  }
  flush();
  return written;
}

}  // namespace

void StandardError::keep() {
  descriptor_ = copy_of_standard_error();
  if (is_socket(descriptor_)) {
    kind_ = Kind::kSocket;
  } else if (!is_pipe_or_terminal(descriptor_)) {
    kind_ = Kind::kFile;
  } else if (const int own = reopen(descriptor_); own >= 0) {
    close(descriptor_);
    descriptor_ = own;
    kind_ = Kind::kOwn;
  } else {
    kind_ = Kind::kShared;
  }
}

void StandardError::take_given() {
  const int flags = fcntl(descriptor_, F_GETFL);
  kind_ = is_socket(descriptor_)              ? Kind::kSocket
          : !is_pipe_or_terminal(descriptor_) ? Kind::kFile
          : (flags & O_NONBLOCK) != 0         ? Kind::kOwn
                                              : Kind::kShared;
}

// A write to a file may block: no call writes only what can be written immediately.
size_t StandardError::write(const std::string_view *texts, size_t count) {
  iovec parts[kMostPieces];
  const size_t used = std::min(count, kMostPieces);
  for (size_t i = 0; i < used; i++) parts[i] = {const_cast<char *>(texts[i].data()), texts[i].size()};
  if (kind_ == Kind::kShared) return write_by_pages(descriptor_, parts, used);
  ssize_t written;
  if (kind_ == Kind::kSocket) {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = used;
    written = sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } else {
    written = writev(descriptor_, parts, static_cast<int>(used));
  }
  return written > 0 ? static_cast<size_t>(written) : 0;
}

}  // namespace kinesis
