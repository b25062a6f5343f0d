#include "testing/rendezvous.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace lockstitch::testing {

Rendezvous::Rendezvous() : path_(folder_.path() + "/fifo") {
  if (mkfifo(path_.c_str(), 0600) != 0) std::abort();
}

Rendezvous::~Rendezvous() { Release(); }

void Rendezvous::AwaitArrival() { descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC); }

void Rendezvous::Release() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

}  // namespace lockstitch::testing
