// Tests the plugin's own messages on a full standard error: nothing waits, and lost messages are counted.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "platform/loaded_plugin.h"
#include "platform/log_text.h"
#include "platform/messages.h"
#include "platform/standard_error.h"
#include "shim_host.h"
#include "stand_in_core.h"

namespace shim {
namespace {

using kinesis::LoadedPlugin;
using kinesis::Messages;

constexpr int kSmallestPipe = 4096;
const std::string kNote = "[kinesis] messages lost here, since standard error was not read in time: ";

void make_standard_error(int descriptor) {
  CHECK(dup2(descriptor, STDERR_FILENO) == STDERR_FILENO);
  Messages::get().keep_standard_error();
}

// Returns all bytes that can be read.
std::string drain(int descriptor) {
  CHECK(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0);
  std::string all;
  char part[65536];
  for (ssize_t bytes; (bytes = read(descriptor, part, sizeof part)) > 0;) all.append(part, static_cast<size_t>(bytes));
  return all;
}

std::string line(int number) { return "line " + std::to_string(number) + " " + std::string(100, 'x'); }

void report(int number) { LoadedPlugin::get().report(line(number)); }

// Reports `count` lines without a reader, reads the rest of them, and reports one more. Checks that each is whole or
// counted.
void expect_counted(int reader, int count) {
  for (int number = 0; number < count; number++) report(number);
  const std::string first = drain(reader);
  int whole = 0;
  std::string expected;
  while (whole < count) {
    const std::string next = "[kinesis] " + line(whole) + "\n";
    if (first.compare(expected.size(), next.size(), next) != 0) break;
    expected += next;
    whole++;
  }
  CHECK(whole > 0 && whole < count);
  // A socket may accept a part of a line.
  const bool is_cut = first.size() > expected.size();
  report(count);
  const std::string note = kNote + std::to_string(count - whole) + "\n";
  CHECK(drain(reader) == (is_cut ? "\n" : "") + note + "[kinesis] " + line(count) + "\n");
  report(count + 1);
  CHECK(drain(reader) == "[kinesis] " + line(count + 1) + "\n");
}

void full_pipe() {
  int ends[2];
  CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETPIPE_SZ, kSmallestPipe) >= kSmallestPipe);
  make_standard_error(ends[1]);
  expect_counted(ends[0], 2000);
  // The flags of other writers are unchanged.
  CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
  // A child does not inherit the descriptor.
  CHECK((fcntl(Messages::get().descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

void full_socket() {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  make_standard_error(ends[1]);
  expect_counted(ends[0], 20000);
  CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
  close(ends[0]);
  report(1);  // no SIGPIPE
}

// The pipe cannot be opened again, so the shim keeps the standard error as it is.
void full_pipe_of_others() {
  int ends[2];
  CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETPIPE_SZ, 2 * kSmallestPipe) >= 2 * kSmallestPipe);
  CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
  kinesis::StandardError shared;
  const std::string text(100, 'x');
  const std::string_view parts[] = {"begin ", text, " end\n"};
  size_t total = 0, written = 0;
  while ((written = shared.write(parts, 3)) > 0) {
    CHECK(written == 111);
    total += written;
  }
  CHECK(total > 0 && total <= 2 * kSmallestPipe);
  CHECK(drain(ends[0]).size() == total);
  // A text of three pages does not fit: the part that fits is written.
  const std::string long_text(3 * kSmallestPipe, 'y');
  const std::string_view long_part = long_text;
  written = shared.write(&long_part, 1);
  CHECK(written >= kSmallestPipe && written <= 2 * kSmallestPipe && drain(ends[0]).size() == written);
  const std::string_view rest = std::string_view(long_text).substr(written);
  CHECK(shared.write(&rest, 1) == rest.size() && drain(ends[0]) == rest);
}

void file_takes_all() {
  char path[] = "/tmp/kinesis-messages-XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0 && write(file, "before\n", 7) == 7);
  make_standard_error(file);
  std::string expected = "before\n";
  for (int number = 0; number < 100; number++) {
    report(number);
    // Another writer appends.
    CHECK(write(file, "host\n", 5) == 5);
    expected += "[kinesis] " + line(number) + "\nhost\n";
  }
  std::ifstream stream(path);
  const std::string all{std::istreambuf_iterator<char>(stream), {}};
  unlink(path);
  CHECK(all == expected);
}

void no_standard_error() {
  close(STDERR_FILENO);
  Messages::get().keep_standard_error();
  report(1);
  // The number of standard error now belongs to another file.
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(ends[0] == STDERR_FILENO || ends[1] == STDERR_FILENO);
  report(2);
  CHECK(drain(ends[0]).empty());
}

// Runs everything with an embedded core, and with a core in a separate process.
void core_with_full_pipe() {
  int ends[2];
  CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETPIPE_SZ, kSmallestPipe) >= kSmallestPipe);
  make_standard_error(ends[1]);
  for (int number = 0; number < 100; number++) report(number);
  Instance instance;
  CHECK(instance.init() == kFlbOk);
  const std::string text(1000, 'x');
  for (int turn = 0; turn < 20; turn++) {
    CHECK(instance.flush(text, stand_in::kWrite) == instance.expected(text, stand_in::kWrite));
  }
  drain(ends[0]);
  CHECK(instance.flush("now it is read", stand_in::kWrite) == instance.expected("now it is read", stand_in::kWrite));
  const std::string read = drain(ends[0]);
  CHECK(read.find(kNote) != std::string::npos);
  CHECK(read.find("now it is read") != std::string::npos);
}

void unfit_text() {
  CHECK(kinesis::log_text("") == "");
  CHECK(kinesis::log_text("one\n  two\n") == "one\n  two\n");
  CHECK(kinesis::log_text(std::string_view("\0\t\r\x1b\x1f ~\x7f", 8)) ==
        "\\u0000\\u0009\\u000d\\u001b\\u001f ~\\u007f");
  // U+0080, U+009F, U+00A0, then U+061B to U+061D
  CHECK(kinesis::log_text("\xc2\x80\xc2\x9f\xc2\xa0") == "\\u0080\\u009f\xc2\xa0");
  CHECK(kinesis::log_text("\xd8\x9b\xd8\x9c\xd8\x9d") == "\xd8\x9b\\u061c\xd8\x9d");
  // U+200D to U+2010, U+2027 to U+202F, U+2065 to U+206A: the first and the last of each stay.
  CHECK(kinesis::log_text("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90") ==
        "\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90");
  CHECK(kinesis::log_text("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf") ==
        "\xe2\x80\xa7\\u2028\\u202e\xe2\x80\xaf");
  CHECK(kinesis::log_text("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa") ==
        "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa");
  CHECK(kinesis::log_text("\xf0\x9f\x98\x80 \xff\xc2 \xe2\x80") == "\xf0\x9f\x98\x80 \xff\xc2 \xe2\x80");
  const std::string most(1024, 'x');
  CHECK(kinesis::log_text(most + "\n" + most) == most + "\n" + most);
  CHECK(kinesis::log_text(most + "y") == std::string(700, 'x') + " [cut] " + std::string(299, 'x') + "y");
  // An escape or a character is whole, or missing.
  const std::string escapes =
      kinesis::log_text(std::string(699, 'x') + std::string(200, '\x01') + std::string(299, 'y'));
  CHECK(escapes == std::string(699, 'x') + " [cut] " + std::string(299, 'y'));
  std::string letters = "x";
  for (int count = 0; count < 600; count++) letters += "\xc3\xa9";
  const std::string cut = kinesis::log_text(letters);
  CHECK(cut.size() == 699 + 7 + 300);
  CHECK(cut.compare(697, 11, "\xc3\xa9 [cut] \xc3\xa9") == 0);
}

}  // namespace

Cases message_cases() {
  return {{"messages-full-pipe", full_pipe},
          {"messages-full-socket", full_socket},
          {"messages-full-pipe-of-others", full_pipe_of_others},
          {"messages-file", file_takes_all},
          {"messages-without-standard-error", no_standard_error},
          {"messages-of-core", core_with_full_pipe},
          {"messages-with-unfit-text", unfit_text}};
}

}  // namespace shim
