#include "testing/rendezvous.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace lockstitch::testing {

Rendezvous::Rendezvous() {
  char folder[] = "/tmp/lockstitch.XXXXXX";
  if (mkdtemp(folder) == nullptr) std::abort();
  path_ = std::string(folder) + "/fifo";
  if (mkfifo(path_.c_str(), 0600) != 0) std::abort();
}

Rendezvous::~Rendezvous() {
  Release();
  std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
}

void Rendezvous::AwaitArrival() { descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC); }

void Rendezvous::Release() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

}  // namespace lockstitch::testing
