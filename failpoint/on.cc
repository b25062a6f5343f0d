#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "failpoint/failpoint.h"

namespace lockstitch {
namespace {

// VERB, VERB@N, and either with :ARGUMENT.
struct Action {
  explicit Action(absl::string_view text) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(text, absl::MaxSplits(':', 1));
    const std::pair<absl::string_view, absl::string_view> when =
        absl::StrSplit(parts.first, absl::MaxSplits('@', 1));
    verb = std::string(when.first);
    argument = std::string(parts.second);
    if (!when.second.empty() && !absl::SimpleAtoi(when.second, &passages)) std::abort();
  }

  std::string verb;
  std::string argument;
  int passages = 1;  // The instant is passed so often, with the one that fires.
};

class Actions {
 public:
  Actions() {
    const char* text = std::getenv("LOCKSTITCH_FAILPOINTS");
    if (text == nullptr) return;
    for (const absl::string_view entry : absl::StrSplit(text, ';', absl::SkipEmpty())) {
      const std::pair<std::string, absl::string_view> parts =
          absl::StrSplit(entry, absl::MaxSplits('=', 1));
      actions_.emplace(parts.first, parts.second);
    }
  }

  // The action that is due at this passage.
  std::optional<Action> Pass(absl::string_view name) {
    absl::MutexLock lock(&mutex_);
    const auto found = actions_.find(std::string(name));
    if (found == actions_.end() || --found->second.passages > 0) return std::nullopt;
    return std::move(actions_.extract(found).mapped());
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, Action> actions_ ABSL_GUARDED_BY(mutex_);
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
  const std::optional<Action> action = actions->Pass(name);
  if (!action) return;
  if (action->verb == "kill") raise(SIGKILL);
  if (action->verb == "wait") Rendezvous(action->argument);
}

}  // namespace lockstitch
