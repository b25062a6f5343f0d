// Preloaded into a process, counts what it copies and allocates, in the file that COUNTS_FILE
// names: bytes copied by memcpy and memmove in pieces of at least 256 bytes, and calls that
// allocate memory. What the C library and the kernel do within isn't seen.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kLeast = 256 };

struct Counts {
  _Atomic uint64_t copied_bytes;
  _Atomic uint64_t allocations;
};

static struct Counts until_mapped;
static struct Counts* counts = &until_mapped;

typedef void* Copy(void*, const void*, size_t);
static Copy *real_memcpy, *real_memmove;

// glibc's own.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t number, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void Begin(void) {
  real_memmove = (Copy*)dlsym(RTLD_NEXT, "memmove");
  real_memcpy = (Copy*)dlsym(RTLD_NEXT, "memcpy");
  const char* path = getenv("COUNTS_FILE");
  if (path == NULL) return;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(struct Counts)) != 0) abort();
  void* mapped = mmap(NULL, sizeof(struct Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  counts = mapped;
}

static void CountCopy(size_t size) {
  if (size >= kLeast) atomic_fetch_add_explicit(&counts->copied_bytes, size, memory_order_relaxed);
}

static void CountAllocation(void) {
  atomic_fetch_add_explicit(&counts->allocations, 1, memory_order_relaxed);
}

// Libraries copy before Begin.
static void* CopyByBytes(char* to, const char* from, size_t size) {
  if (to < from) {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
  } else {
    for (size_t i = size; i-- > 0;) to[i] = from[i];
  }
  return to;
}

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  CountCopy(size);
  return real_memcpy != NULL ? real_memcpy(to, from, size) : CopyByBytes(to, from, size);
}

void* memmove(void* to, const void* from, size_t size) {
  CountCopy(size);
  return real_memmove != NULL ? real_memmove(to, from, size) : CopyByBytes(to, from, size);
}

// What they become in libraries that are built with _FORTIFY_SOURCE.
void* __memcpy_chk(void* restrict to, const void* restrict from, size_t size, size_t room) {
  if (size > room) abort();
  return memcpy(to, from, size);
}

void* __memmove_chk(void* to, const void* from, size_t size, size_t room) {
  if (size > room) abort();
  return memmove(to, from, size);
}

void* malloc(size_t size) {
  CountAllocation();
  return __libc_malloc(size);
}

void* calloc(size_t number, size_t size) {
  CountAllocation();
  return __libc_calloc(number, size);
}

void* realloc(void* memory, size_t size) {
  CountAllocation();
  return __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  CountAllocation();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  CountAllocation();
  *memory = __libc_memalign(alignment, size);
  return *memory != NULL ? 0 : ENOMEM;
}
