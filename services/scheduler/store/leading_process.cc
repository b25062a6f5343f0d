// Leads the catalog at the URL given whenever it can: `leading_process URL`. Tells on stdout when
// it leads, when a write of its term was refused and when it leads no more; ends by SIGTERM.

#include <iostream>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/termination.h"
#include "services/scheduler/store/leader_store.h"
#include "services/scheduler/store/leadership.h"
#include "testing/temporary_folder.h"

namespace lockstitch::scheduler {
namespace {

void Say(const std::string& line) { std::cout << line + "\n" << std::flush; }

// Writes again and again, as a leader does, until it is refused.
void Lead(const LeaderStore& store, int64_t term, std::stop_token lost) {
  Say(absl::StrCat("leads ", term));
  while (!lost.stop_requested()) {
    const absl::Status written = store.Prune(absl::UnixEpoch(), 1).status();
    if (ReasonOf(written) == Reason::kLeadershipLost) {
      Say(absl::StrCat("refused ", term));
      break;
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  while (!lost.stop_requested()) absl::SleepFor(absl::Milliseconds(10));
  Say(absl::StrCat("lost ", term));
}

int Main(const std::string& url) {
  rpc::HoldTermination();
  testing::TemporaryFolder folder;
  const std::string keys = folder.path() + "/keys";
  if (!SecretBox::CreateFile(keys).ok()) return 1;
  const absl::StatusOr<SecretBox> secrets = SecretBox::Open(keys);
  v1::PostgresConnection server;
  server.set_url(url);
  absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(server);
  if (!secrets.ok() || !catalog.ok()) return 1;
  std::jthread leading([&](std::stop_token stop) {
    Leadership::Run(
        {.catalog = catalog->get(), .holder = "test"},
        [&](int64_t term, std::stop_token lost) {
          Lead(LeaderStore(catalog->get(), &*secrets, term), term, lost);
        },
        stop);
  });
  Say("waits");
  rpc::WaitForTermination();
  return 0;
}

}  // namespace
}  // namespace lockstitch::scheduler

int main(int argc, char** argv) { return lockstitch::scheduler::Main(argv[1]); }
