// Binds functions that glibc 2.27 to 2.34 renamed or moved to the versions that glibc 2.17 has too.
//
// The linker takes the newest version of each symbol, so a plugin built on glibc 2.34 or newer would not load on an
// older one. glibc_2_17.link lists the functions: the linker puts __wrap_NAME in the place of NAME, also within
// libstdc++ and libgcc, which are linked in. Newer glibc keeps the old versions for good. A build on an older glibc
// binds the same versions.
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>

// First version of a function on x86-64; on arm64 all of them came with glibc 2.17, the first there.
#if defined(__x86_64__)
#define SINCE(version) version
#define STAT_LAYOUT 1
#elif defined(__aarch64__)
#define SINCE(version) "GLIBC_2.17"
#define STAT_LAYOUT 0
#else
#error "the versions of glibc's symbols are known for x86-64 and arm64 alone"
#endif
#define BIND(name, version, result, arguments) \
  result old_##name arguments;                 \
  __asm__(".symver old_" #name "," #name "@" SINCE(version));

#define HIDDEN __attribute__((visibility("hidden")))

extern "C" {

BIND(dladdr, "GLIBC_2.2.5", int, (const void *, Dl_info *))
BIND(dlclose, "GLIBC_2.2.5", int, (void *))
BIND(dlerror, "GLIBC_2.2.5", char *, ())
BIND(dlopen, "GLIBC_2.2.5", void *, (const char *, int))
BIND(dlsym, "GLIBC_2.2.5", void *, (void *, const char *))
BIND(__pthread_key_create, "GLIBC_2.2.5", int, (pthread_key_t *, void (*)(void *)))
BIND(pthread_attr_setstacksize, "GLIBC_2.2.5", int, (pthread_attr_t *, size_t))
BIND(pthread_create, "GLIBC_2.2.5", int, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))
BIND(pthread_detach, "GLIBC_2.2.5", int, (pthread_t))
BIND(pthread_getspecific, "GLIBC_2.2.5", void *, (pthread_key_t))
BIND(pthread_join, "GLIBC_2.2.5", int, (pthread_t, void **))
BIND(pthread_key_create, "GLIBC_2.2.5", int, (pthread_key_t *, void (*)(void *)))
BIND(pthread_once, "GLIBC_2.2.5", int, (pthread_once_t *, void (*)()))
BIND(pthread_setname_np, "GLIBC_2.12", int, (pthread_t, const char *))
BIND(pthread_setspecific, "GLIBC_2.2.5", int, (pthread_key_t, const void *))
BIND(pthread_sigmask, "GLIBC_2.2.5", int, (int, const sigset_t *, sigset_t *))
BIND(sem_init, "GLIBC_2.2.5", int, (sem_t *, int, unsigned))
BIND(sem_post, "GLIBC_2.2.5", int, (sem_t *))
BIND(sem_wait, "GLIBC_2.2.5", int, (sem_t *))
BIND(__xstat, "GLIBC_2.2.5", int, (int, const char *, struct stat *))

// glibc 2.32 sets this in a process with one thread; libstdc++ then counts without atomic operations.
HIDDEN char __libc_single_threaded = 0;

HIDDEN int __wrap_dladdr(const void *address, Dl_info *info) noexcept { return old_dladdr(address, info); }
HIDDEN int __wrap_dlclose(void *library) noexcept { return old_dlclose(library); }
HIDDEN char *__wrap_dlerror() noexcept { return old_dlerror(); }
HIDDEN void *__wrap_dlopen(const char *file, int mode) noexcept { return old_dlopen(file, mode); }
HIDDEN void *__wrap_dlsym(void *library, const char *name) noexcept { return old_dlsym(library, name); }
HIDDEN int __wrap___pthread_key_create(pthread_key_t *key, void (*destroy)(void *)) noexcept {
  return old___pthread_key_create(key, destroy);
}
HIDDEN int __wrap_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t bytes) noexcept {
  return old_pthread_attr_setstacksize(attributes, bytes);
}
HIDDEN int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                                 void *argument) noexcept {
  return old_pthread_create(thread, attributes, body, argument);
}
HIDDEN int __wrap_pthread_detach(pthread_t thread) noexcept { return old_pthread_detach(thread); }
HIDDEN void *__wrap_pthread_getspecific(pthread_key_t key) noexcept { return old_pthread_getspecific(key); }
HIDDEN int __wrap_pthread_join(pthread_t thread, void **result) { return old_pthread_join(thread, result); }
HIDDEN int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *)) noexcept {
  return old_pthread_key_create(key, destroy);
}
HIDDEN int __wrap_pthread_once(pthread_once_t *once, void (*routine)()) { return old_pthread_once(once, routine); }
HIDDEN int __wrap_pthread_setname_np(pthread_t thread, const char *name) noexcept {
  return old_pthread_setname_np(thread, name);
}
HIDDEN int __wrap_pthread_setspecific(pthread_key_t key, const void *value) noexcept {
  return old_pthread_setspecific(key, value);
}
HIDDEN int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old_set) noexcept {
  return old_pthread_sigmask(how, set, old_set);
}
HIDDEN int __wrap_sem_init(sem_t *semaphore, int is_shared, unsigned value) noexcept {
  return old_sem_init(semaphore, is_shared, value);
}
HIDDEN int __wrap_sem_post(sem_t *semaphore) noexcept { return old_sem_post(semaphore); }
HIDDEN int __wrap_sem_wait(sem_t *semaphore) { return old_sem_wait(semaphore); }
HIDDEN int __wrap_stat(const char *path, struct stat *status) noexcept {
  return old___xstat(STAT_LAYOUT, path, status);
}

/**
 * As glibc's, which has it since 2.30. On an older one waits by the wall clock, as libstdc++ did there: setting that
 * clock meanwhile shortens or lengthens the wait.
 */
HIDDEN int __wrap_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                         const timespec *deadline) {
  using Wait = int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const timespec *);
  static const auto own_wait = reinterpret_cast<Wait>(old_dlsym(RTLD_DEFAULT, "pthread_cond_clockwait"));
  if (own_wait != nullptr) return own_wait(condition, mutex, clock, deadline);
  constexpr long long kNanosecondsInSecond = 1000000000;
  timespec now{}, wall{};
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  const long long left = (deadline->tv_sec - now.tv_sec) * kNanosecondsInSecond + deadline->tv_nsec - now.tv_nsec;
  if (left <= 0) return ETIMEDOUT;
  wall.tv_sec += (wall.tv_nsec + left) / kNanosecondsInSecond;
  wall.tv_nsec = (wall.tv_nsec + left) % kNanosecondsInSecond;
  return pthread_cond_timedwait(condition, mutex, &wall);
}
}
