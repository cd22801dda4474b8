// Connects Fluent Bit's process and the core's by a pair of sockets.
//
// Not by pipes: writing to a pipe whose reader is gone raises SIGPIPE in Fluent Bit.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "runtime/process/connection.h"
#include "runtime/time_limits.h"

namespace kinesis {
namespace {

// The kernel takes at most net.core.wmem_max of it (208 KiB by default).
constexpr int kSendBufferBytes = 1024 * 1024;
constexpr size_t kMaxVectors = 4;

}  // namespace

Connection Connection::of_names(const std::string &names) {
  const auto socket = static_cast<Number>(strtol(names.c_str(), nullptr, 10));
  return {socket, socket};
}

// child_process_posix.cc puts the connection there.
std::string Connection::names() const { return "3"; }

bool Connection::send(const std::string_view *parts, size_t count) const {
  iovec vectors[kMaxVectors];
  size_t used = 0;
  for (size_t i = 0; i < std::min(count, kMaxVectors); i++) {
    if (!parts[i].empty()) vectors[used++] = {const_cast<char *>(parts[i].data()), parts[i].size()};
  }
  iovec *next = vectors;
  bool is_late = false;
  while (used > 0) {
    msghdr message{};
    message.msg_iov = next;
    message.msg_iovlen = used;
    const auto begin = std::chrono::steady_clock::now();
    const int flags = MSG_NOSIGNAL | (is_late ? MSG_DONTWAIT : 0);
    const ssize_t sent = sendmsg(static_cast<int>(writer_), &message, flags);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    auto left = static_cast<size_t>(sent);
    while (used > 0 && left >= next->iov_len) {
      left -= next->iov_len;
      next++;
      used--;
    }
    if (used == 0) break;
    // At the time limit the call returns the bytes sent before; the next call must not wait as long again.
    is_late = std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(kSendTimeoutMs);
    *next = {static_cast<char *>(next->iov_base) + left, next->iov_len - left};
  }
  return true;
}

bool Connection::receive(void *into, size_t bytes) const {
  auto *place = static_cast<char *>(into);
  while (bytes > 0) {
    const ssize_t received = recv(static_cast<int>(reader_), place, bytes, MSG_WAITALL);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    place += received;
    bytes -= static_cast<size_t>(received);
  }
  return true;
}

void Connection::shut_down() const { shutdown(static_cast<int>(reader_), SHUT_RDWR); }

void Connection::close() const { ::close(static_cast<int>(reader_)); }

std::string ConnectionPair::open() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return strerror(errno);
  // A host that closed its standard streams (-d) may still write to their numbers, so the ends get others.
  for (int &end : ends) {
    if (end > STDERR_FILENO) continue;
    const int moved = fcntl(end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) continue;
    ::close(end);
    end = moved;
  }
  for (const int end : ends) setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  const timeval send_timeout{kSendTimeoutMs / 1000, kSendTimeoutMs % 1000 * 1000};
  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof send_timeout);
  ours = {ends[0], ends[0]};
  theirs = {ends[1], ends[1]};
  return "";
}

}  // namespace kinesis
