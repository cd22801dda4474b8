// Runs a program under a restriction: restrained mdwe|no-executable-memory|no-close-range PROGRAM ARGUMENT...
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

// Linux 6.3. Source: include/uapi/linux/prctl.h.
constexpr int kSetMdwe = 65;
constexpr unsigned long kRefuseExecGain = 1;
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

constexpr unsigned kNumberOffset = offsetof(seccomp_data, nr);
// The lower half of the third argument, on a little-endian machine.
constexpr unsigned kThirdArgumentOffset = offsetof(seccomp_data, args) + 2 * sizeof(__u64);

constexpr sock_filter refuse(unsigned error) { return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error); }
constexpr sock_filter allow() { return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }

bool filter(std::vector<sock_filter> instructions) {
  sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool refuse_close_range() {
  return filter({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1), refuse(EPERM), allow()});
}

// As systemd's MemoryDenyWriteExecute on an older kernel: src/shared/seccomp-util.c.
bool refuse_executable_memory() {
  return filter({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
                 BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kThirdArgumentOffset),
                 BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), refuse(EPERM), allow()});
}

bool restrain(const char *how) {
  if (strcmp(how, "mdwe") == 0) return prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) == 0;
  if (strcmp(how, "no-executable-memory") == 0) return refuse_executable_memory();
  return strcmp(how, "no-close-range") == 0 && refuse_close_range();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  if (!restrain(argv[1])) {
    fprintf(stderr, "restrained: %s: %s\n", argv[1], strerror(errno));
    return 77;
  }
  execv(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
