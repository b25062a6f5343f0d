#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "failpoint/failpoint.h"

namespace lockstitch {
namespace {

class Actions {
 public:
  Actions() {
    const char* text = std::getenv("LOCKSTITCH_FAILPOINTS");
    if (text == nullptr) return;
    for (const absl::string_view entry : absl::StrSplit(text, ';', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(entry, absl::MaxSplits('=', 1));
      actions_.insert(parts);
    }
  }

  std::string Take(absl::string_view name) {
    absl::MutexLock lock(&mutex_);
    const auto node = actions_.extract(std::string(name));
    return node.empty() ? "" : node.mapped();
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::string> actions_ ABSL_GUARDED_BY(mutex_);
};

// Both opens and the read block: the test's open returns when this point is reached, this returns
// when the test closes.
void Rendezvous(const std::string& fifo) {
  const int descriptor = open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  char ignored;
  while (read(descriptor, &ignored, 1) > 0) {
  }
  close(descriptor);
}

}  // namespace

void Failpoint(absl::string_view name) {
  static Actions* actions = new Actions;
  const std::string action = actions->Take(name);
  if (action == "kill") raise(SIGKILL);
  if (absl::StartsWith(action, "wait:")) Rendezvous(action.substr(5));
}

}  // namespace lockstitch
