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

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestFolder = 85;
constexpr int kOldestServer = 14;
constexpr absl::Duration kStartLimit = absl::Minutes(2);  // Recovery after a crash included.
constexpr absl::Duration kStopLimit = absl::Minutes(1);
constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr char kUser[] = "lockstitch";

// The user that the server runs as where this process is root, which it refuses.
std::optional<passwd> ServerUser() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return *user;
  }
  return std::nullopt;
}

// The newest of Debian's servers, or what PATH has.
std::string FindPrograms() {
  int newest = 0;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    int version = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &version) &&
        fs::exists(entry.path() / "bin/initdb"))
      newest = std::max(newest, version);
  }
  if (newest >= kOldestServer) return absl::StrCat("/usr/lib/postgresql/", newest, "/bin");
  const char* path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    const fs::path programs{std::string(folder)};
    if (!folder.empty() && fs::exists(programs / "initdb") && fs::exists(programs / "postgres"))
      return programs.string();
  }
  return "";
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
  const std::string programs = options.programs.empty() ? FindPrograms() : options.programs;
  auto cluster = std::unique_ptr<PrivateCluster>(new PrivateCluster(folder));
  RETURN_IF_ERROR(cluster->Lock());
  if (programs.empty())
    return cluster->NotStarted("no PostgreSQL server of version 14 or newer is installed");
  RETURN_IF_ERROR(cluster->EndLeftServer());
  RETURN_IF_ERROR(cluster->MakeData(programs));
  RETURN_IF_ERROR(cluster->StartServer(programs));
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

absl::Status PrivateCluster::Lock() {
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

absl::Status PrivateCluster::MakeData(const std::string& programs) {
  const fs::path data = folder_ + "/catalog", unfinished = folder_ + "/catalog.new";
  const fs::path run = folder_ + "/run";
  std::error_code failed;
  fs::create_directories(run, failed);
  fs::permissions(run, fs::perms::owner_all, failed);
  const std::optional<passwd> user = ServerUser();
  // The server's user reads the folder's inside, nobody else does.
  for (const std::string& each : {folder_, run.string()}) {
    if (user && ::chown(each.c_str(), user->pw_uid, user->pw_gid) != 0)
      return NotStarted(absl::StrCat("the owner of ", each, " can't be set"));
  }
  fs::permissions(folder_, fs::perms::owner_all, failed);
  if (fs::exists(data)) return absl::OkStatus();
  fs::remove_all(unfinished, failed);
  const pid_t initdb = Spawn(
      {programs + "/initdb", "--pgdata=" + unfinished.string(), std::string("--username=") + kUser,
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

absl::Status PrivateCluster::StartServer(const std::string& programs) {
  server_ =
      Spawn({programs + "/postgres", "-D", folder_ + "/catalog", "-c", "listen_addresses=", "-c",
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
    int status = 0;
    if (waitpid(server_, &status, WNOHANG) != 0) {
      server_ = -1;
      return NotStarted("its server has ended");
    }
    if (absl::Now() > deadline) return NotStarted("its server is not ready yet");
    absl::SleepFor(kLook);
  }
}

absl::Status PrivateCluster::NotStarted(const std::string& why) const {
  return Error(Reason::kCatalogNotStarted, absl::StrCat("the catalog in ", folder_, ": ", why),
               absl::StrCat("Look into ", folder_, "/catalog.log; or give --catalog URL."));
}

}  // namespace lockstitch::cli
