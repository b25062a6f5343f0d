#include "testing/postgres_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace lockstitch::testing {
namespace {

constexpr char kUser[] = "postgres";  // Debian's package makes it.

// Where tools/setup has put the servers: Debian's version, and all others.
constexpr char kDebianServers[] = "/usr/lib/postgresql";
constexpr char kOtherServers[] = "/usr/local/lib/lockstitch/postgresql";

std::string ProgramFolder(int version) {
  int debian = 0;
  for (const auto& found : std::filesystem::directory_iterator(kDebianServers)) {
    debian = std::max(debian, std::atoi(found.path().filename().c_str()));
  }
  const bool other = version != 0 && version != debian;
  return std::string(other ? kOtherServers : kDebianServers) + "/" +
         std::to_string(other ? version : debian) + "/bin/";
}

[[noreturn]] void Die(const std::string& what, const std::string& output) {
  std::cerr << what << " failed:\n" << output << std::endl;
  std::abort();
}

// Makes the server's user the owner.
void Own(const std::string& path) {
  const passwd* user = getpwnam(kUser);
  if (geteuid() == 0 && (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)) {
    Die("chown", path);
  }
}

// One that nobody listens on just now.
int FreePort() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    Die("bind", "no free port");
  }
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace

PostgresCluster::PostgresCluster(const Options& options)
    : programs_(options.primary == nullptr ? ProgramFolder(options.version)
                                           : options.primary->programs_) {
  Own(folder_.path());
  if (options.tcp) port_ = FreePort();
  if (options.primary == nullptr) {
    MakeData(options);
  } else {
    CopyPrimary(*options.primary);
  }
  if (options.primary != nullptr && !options.hot) ready_ = "consistent recovery state reached";
  Configure(options);
  Start();
}

void PostgresCluster::MakeData(const Options& options) {
  const std::string password_file = folder_.path() + "/password";
  std::ofstream(password_file) << kPassword << "\n";
  const CommandResult made =
      RunCommand({.command = {programs_ + "initdb", "-D", folder_.path() + "/data", "-U",
                              "lockstitch", "-A", options.authentication, "-E", "UTF8",
                              "--locale=C.UTF-8", "--no-sync", "--pwfile", password_file},
                  .user = kUser});
  if (made.status != 0) Die("initdb", made.err);
}

void PostgresCluster::CopyPrimary(const PostgresCluster& primary) {
  const CommandResult copied = RunCommand(
      {.command = {ProgramFolder(0) + "pg_basebackup", "-D", folder_.path() + "/data", "-R", "-X",
                   "stream", "-c", "fast", "--no-sync", "-d", primary.Url("postgres")},
       .user = kUser});
  if (copied.status != 0) Die("pg_basebackup", copied.err);
  // Debian's program writes options that older servers don't know; the last line counts.
  const std::string old_file = folder_.path() + "/data/recovery.conf";
  std::ofstream(
      std::filesystem::exists(old_file) ? old_file : folder_.path() + "/data/postgresql.auto.conf",
      std::ios::app)
      << "primary_conninfo = 'host=" << primary.folder_.path() << " port=" << primary.port_
      << " user=lockstitch password=" << kPassword << "'\n";
}

void PostgresCluster::Configure(const Options& options) {
  const std::string data = folder_.path() + "/data/";
  std::ofstream configuration(data + "postgresql.conf", std::ios::app);
  configuration << "listen_addresses = '" << (options.tcp ? "127.0.0.1" : "")
                << "'\nport = " << port_ << "\nunix_socket_directories = '" << folder_.path()
                << "'\nlog_min_messages = fatal\n"
                << "fsync = off\nmax_connections = 60\nautovacuum = off\nhot_standby = "
                << (options.hot ? "on" : "off") << "\n";
  for (const std::string& setting : options.settings) configuration << setting << "\n";
  std::stringstream defaults;
  defaults << std::ifstream(data + "pg_hba.conf").rdbuf();
  std::ofstream access(data + "pg_hba.conf");
  for (const std::string& line : options.access) access << line << "\n";
  access << defaults.str();
  for (const auto& [name, content] : options.files) {
    std::ofstream(data + name) << content;
    std::filesystem::permissions(data + name, std::filesystem::perms::owner_read);
    Own(data + name);
  }
}

PostgresCluster::~PostgresCluster() {
  server_->Signal(SIGQUIT);
  server_->Wait();
}

void PostgresCluster::Start() {
  server_ = std::make_unique<ChildProcess>(
      ChildProcess::Options{.command = {programs_ + "postgres", "-D", folder_.path() + "/data",
                                        "-c", "log_min_messages=log"},
                            .user = kUser,
                            .death_signal = SIGQUIT});
  if (server_->WaitForLine(ready_).empty()) Die("postgres", server_->stderr_text());
}

void PostgresCluster::Crash() {
  server_->Signal(SIGQUIT);
  server_->Wait();
  Start();
}

std::string PostgresCluster::Url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_.path() +
         "&port=" + std::to_string(port_) + "&user=lockstitch&password=" + kPassword;
}

}  // namespace lockstitch::testing
