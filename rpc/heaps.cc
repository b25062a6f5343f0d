#include "rpc/heaps.h"

#include <malloc.h>

namespace lockstitch::rpc {
namespace {

// Rows that are too large for a thread's own cache come from a heap, under its lock.
constexpr int kHeaps = 4;

}  // namespace

void ShareHeaps() { mallopt(M_ARENA_MAX, kHeaps); }

}  // namespace lockstitch::rpc
