#include "testing/postgres_cluster.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace lockstitch::testing {
namespace {

constexpr char kUser[] = "postgres";  // Debian's package makes it.

std::string Program(const std::string& name) {
  int newest = 0;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
    newest = std::max(newest, std::atoi(version.path().filename().c_str()));
  }
  return "/usr/lib/postgresql/" + std::to_string(newest) + "/bin/" + name;
}

[[noreturn]] void Die(const std::string& what, const std::string& output) {
  std::cerr << what << " failed:\n" << output << std::endl;
  std::abort();
}

// Short, since a socket's path has 107 bytes at most.
std::string MakeFolder() {
  char path[] = "/tmp/lockstitch.XXXXXX";
  if (mkdtemp(path) == nullptr) Die("mkdtemp", path);
  const passwd* user = getpwnam(kUser);
  if (geteuid() == 0 && (user == nullptr || chown(path, user->pw_uid, user->pw_gid) != 0))
    Die("chown", path);
  return path;
}

}  // namespace

PostgresCluster::PostgresCluster(const std::vector<std::string>& settings,
                                 const std::string& authentication)
    : folder_(MakeFolder()) {
  const std::string data = folder_ + "/data", password_file = folder_ + "/password";
  std::ofstream(password_file) << kPassword << "\n";
  const CommandResult made = RunCommand(
      {.command = {Program("initdb"), "-D", data, "-U", "lockstitch", "-A", authentication, "-E",
                   "UTF8", "--locale=C.UTF-8", "--no-sync", "--pwfile", password_file},
       .user = kUser});
  if (made.status != 0) Die("initdb", made.err);
  std::ofstream configuration(data + "/postgresql.conf", std::ios::app);
  configuration << "listen_addresses = ''\nunix_socket_directories = '" << folder_
                << "'\nlog_min_messages = fatal\n"
                << "fsync = off\nmax_connections = 60\nautovacuum = off\n";
  for (const std::string& setting : settings) configuration << setting << "\n";
  configuration.close();
  Start();
}

PostgresCluster::~PostgresCluster() {
  server_->Signal(SIGQUIT);
  server_->Wait();
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void PostgresCluster::Start() {
  server_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .command = {Program("postgres"), "-D", folder_ + "/data", "-c", "log_min_messages=log"},
      .user = kUser,
      .death_signal = SIGQUIT});
  if (server_->WaitForLine("ready to accept connections").empty())
    Die("postgres", server_->stderr_text());
}

void PostgresCluster::Crash() {
  server_->Signal(SIGQUIT);
  server_->Wait();
  Start();
}

std::string PostgresCluster::Url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_ +
         "&user=lockstitch&password=" + kPassword;
}

}  // namespace lockstitch::testing
