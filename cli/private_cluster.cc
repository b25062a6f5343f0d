#include "cli/private_cluster.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/postgres_programs.h"
#include "rpc/retry.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestFolder = 85;
constexpr absl::Duration kStartLimit = absl::Minutes(2);  // Recovery after a crash included.
constexpr absl::Duration kStopLimit = absl::Minutes(1);
constexpr absl::Duration kLook = absl::Milliseconds(50);
// Looks at the server, and, where it doesn't start again, attempts: what an earlier one has left
// behind may take a while to go.
constexpr rpc::RetryPolicy kRestartPolicy = {
    .attempts = 5, .first = absl::Milliseconds(500), .most = absl::Seconds(10)};
constexpr char kUser[] = "lockstitch";

// The user that the server runs as where this process is root, which it refuses.
std::optional<passwd> ServerUser() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return *user;
  }
  return std::nullopt;
}

// The major version of the server that made the cluster; 0 where none has.
int VersionOfData(const fs::path& data) {
  int version = 0;
  std::ifstream(data / "PG_VERSION") >> version;
  return version;
}

// Whether the folder holds what isn't ours. What an earlier start leaves behind has a lock, or the
// keys alone where the catalog was elsewhere.
bool HoldsOtherThings(const fs::path& folder) {
  std::error_code none;
  const fs::directory_iterator entries(folder, none);
  return !none && entries != fs::directory_iterator() &&
         !fs::is_regular_file(folder / "lock", none) &&
         !fs::is_regular_file(folder / "secret-keys", none);
}

// Starts a program as the server's user, its output to the log. With `dies_with_us` it gets SIGINT
// when the calling thread ends.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log, bool dies_with_us) {
  const std::optional<passwd> user = ServerUser();
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  setsid();
  if (user &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  // Changing the user has taken it away.
  if (dies_with_us) prctl(PR_SET_PDEATHSIG, SIGINT);
  if (dies_with_us && getppid() != parent) _exit(126);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The process that postmaster.pid names, if it is a server of this folder.
pid_t LeftServer(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  pid_t server = 0;
  if (!(file >> server) || server <= 1) return 0;
  std::error_code none;
  const fs::path folder = fs::read_symlink(absl::StrCat("/proc/", server, "/cwd"), none);
  return folder == fs::weakly_canonical(data) ? server : 0;
}

// Whether that server takes sessions: as pg_ctl, by what it writes of itself.
bool IsReady(const fs::path& data, pid_t server) {
  std::ifstream file(data / "postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  constexpr size_t kStatus = 7;
  return lines.size() > kStatus && lines.front() == absl::StrCat(server) &&
         absl::StartsWith(lines[kStatus], "ready");
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateCluster>> PrivateCluster::Start(const Options& options) {
  const std::string folder = fs::absolute(options.folder).lexically_normal().string();
  if (folder.size() > kLongestFolder) {
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("the data folder's path has ", folder.size(), " bytes of at most ",
                              kLongestFolder, ": ", folder),
                 "Choose a shorter one: a Unix socket is made in it.");
  }
  auto cluster = std::unique_ptr<PrivateCluster>(new PrivateCluster(folder));
  RETURN_IF_ERROR(cluster->Lock());
  RETURN_IF_ERROR(cluster->FindPrograms(options.programs));
  RETURN_IF_ERROR(cluster->EndLeftServer());
  RETURN_IF_ERROR(cluster->MakeData());
  RETURN_IF_ERROR(cluster->StartServer());
  RETURN_IF_ERROR(cluster->AwaitServer());
  return cluster;
}

PrivateCluster::~PrivateCluster() {
  if (server_ > 0) {
    kill(server_, SIGINT);
    const absl::Time deadline = absl::Now() + kStopLimit;
    int status = 0;
    while (waitpid(server_, &status, WNOHANG) == 0) {
      if (absl::Now() > deadline) kill(server_, SIGQUIT);
      absl::SleepFor(kLook);
    }
  }
  if (lock_ >= 0) close(lock_);
}

v1::PostgresConnection PrivateCluster::connection() const {
  v1::PostgresConnection connection;
  connection.set_host(folder_ + "/run");
  connection.set_database("postgres");
  connection.set_user(kUser);
  return connection;
}

absl::Status PrivateCluster::KeepRunning(std::stop_token stop) {
  int failures = 0;
  while (rpc::WaitBeforeAttempt(kRestartPolicy, 2 + failures, stop)) {
    if (server_ > 0 && !HasEnded()) continue;
    telemetry::Log(telemetry::LogSeverity::kError, "the catalog's server has ended",
                   {{"then", "it is started again"}});
    RETURN_IF_ERROR(StartServer());
    const absl::Status started = AwaitServer();
    failures = started.ok() ? 0 : failures + 1;
    if (failures == kRestartPolicy.attempts) return started;
  }
  return absl::OkStatus();
}

absl::Status PrivateCluster::FindPrograms(const std::string& wanted) {
  const int made_by = VersionOfData(folder_ + "/catalog");
  programs_ = wanted.empty() ? FindPostgres(made_by) : wanted;
  if (made_by == 0) {
    return programs_.empty()
               ? NotStarted("no PostgreSQL server of version 14 or newer is installed")
               : absl::OkStatus();
  }
  if (!programs_.empty() && PostgresVersion(programs_) == made_by) return absl::OkStatus();
  return NotStarted(absl::StrCat("it was made by PostgreSQL ", made_by, ", which is not ",
                                 wanted.empty() ? "installed any more" : "in " + wanted));
}

absl::Status PrivateCluster::Lock() {
  if (HoldsOtherThings(folder_)) {
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("the data folder ", folder_, " holds other things"),
                 "Choose an empty one, or one that isn't there yet: it is made, and closed to all "
                 "other users.");
  }
  std::error_code failed;
  fs::create_directories(folder_, failed);
  const std::string path = folder_ + "/lock";
  lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (failed || lock_ < 0) {
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("the data folder ", folder_, " can't be used: ",
                              failed ? failed.message() : std::strerror(errno)));
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return Error(Reason::kDataFolderInUse,
               absl::StrCat("another lockstitch has the data folder ", folder_));
}

absl::Status PrivateCluster::MakeData() {
  const fs::path data = folder_ + "/catalog", unfinished = folder_ + "/catalog.new";
  const fs::path run = folder_ + "/run";
  std::error_code failed;
  fs::create_directories(run, failed);
  fs::permissions(run, fs::perms::owner_all, failed);
  const std::optional<passwd> user = ServerUser();
  // The server's user reads the folder's inside, nobody else does.
  for (const std::string& owned : {folder_, run.string()}) {
    if (user && chown(owned.c_str(), user->pw_uid, user->pw_gid) != 0)
      return NotStarted(absl::StrCat(owned, " can't be given to the user ", user->pw_name));
  }
  fs::permissions(folder_, fs::perms::owner_all, failed);
  if (fs::exists(data)) return absl::OkStatus();
  fs::remove_all(unfinished, failed);
  const pid_t initdb = Spawn(
      {programs_ + "/initdb", "--pgdata=" + unfinished.string(), std::string("--username=") + kUser,
       "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"},
      folder_ + "/catalog.log", /*dies_with_us=*/true);
  if (const int status = WaitFor(initdb); status != 0)
    return NotStarted(absl::StrCat("initdb ended with status ", status));
  fs::rename(unfinished, data, failed);
  if (failed) return NotStarted(failed.message());
  return absl::OkStatus();
}

absl::Status PrivateCluster::EndLeftServer() const {
  const fs::path data = folder_ + "/catalog";
  const absl::Time deadline = absl::Now() + kStopLimit;
  for (pid_t left = LeftServer(data); left != 0; left = LeftServer(data)) {
    if (absl::Now() > deadline)
      return NotStarted(absl::StrCat("process ", left, ", which an earlier one left, doesn't end"));
    kill(left, SIGINT);
    absl::SleepFor(kLook);
  }
  return absl::OkStatus();
}

absl::Status PrivateCluster::StartServer() {
  server_ =
      Spawn({programs_ + "/postgres", "-D", folder_ + "/catalog", "-c", "listen_addresses=", "-c",
             absl::StrCat("unix_socket_directories=", folder_, "/run"), "-c",
             "unix_socket_permissions=0700", "-c", "shared_buffers=32MB", "-c",
             "log_line_prefix=%m [%p] "},
            folder_ + "/catalog.log", /*dies_with_us=*/true);
  if (server_ < 0) return NotStarted("no process can be made");
  return absl::OkStatus();
}

absl::Status PrivateCluster::AwaitServer() {
  const absl::Time deadline = absl::Now() + kStartLimit;
  while (true) {
    if (IsReady(folder_ + "/catalog", server_)) return absl::OkStatus();
    if (HasEnded()) return NotStarted("its server has ended");
    if (absl::Now() > deadline) return NotStarted("its server is not ready yet");
    absl::SleepFor(kLook);
  }
}

bool PrivateCluster::HasEnded() {
  int status = 0;
  if (waitpid(server_, &status, WNOHANG) == 0) return false;
  server_ = -1;
  return true;
}

absl::Status PrivateCluster::NotStarted(const std::string& why) const {
  return Error(Reason::kCatalogNotStarted, absl::StrCat("the catalog in ", folder_, ": ", why),
               absl::StrCat("Look into ", folder_, "/catalog.log; or give --catalog URL."));
}

}  // namespace lockstitch::cli
