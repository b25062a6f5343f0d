#ifndef LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_
#define LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testing/child_process.h"
#include "testing/temporary_folder.h"

namespace lockstitch::testing {

// A PostgreSQL server of a test's own, on a Unix socket, in a folder that goes with it. Started as
// an unprivileged user where the test is root. Whoever fails to start it ends the test program.
class PostgresCluster {
 public:
  struct Options {
    int version = 0;                       // 10 to 18; 0 is Debian's.
    std::vector<std::string> settings;     // Lines of postgresql.conf.
    std::string authentication = "trust";  // The method of initdb's lines in pg_hba.conf.
    std::vector<std::string> access;       // Lines of pg_hba.conf that come before those.
    std::map<std::string, std::string>
        files;         // Put into the data folder, for the server's user alone.
    bool tcp = false;  // Also listens on 127.0.0.1.
    const PostgresCluster* primary = nullptr;  // Of which it is a standby; the version is its.
    bool hot = true;  // A standby takes sessions; else it keeps saying that it is starting.
  };

  PostgresCluster() : PostgresCluster(Options()) {}
  explicit PostgresCluster(const Options& options);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;

  // A connection URL of the superuser lockstitch, whose password is the given one.
  std::string Url(const std::string& database) const;

  // The folder of its socket.
  const std::string& socket_folder() const { return folder_.path(); }
  // Of its socket, and on 127.0.0.1 where it listens there.
  int port() const { return port_; }

  // Stops the server as `pg_ctl -m immediate` does, a crash to its data, and starts it again.
  void Crash();

  static constexpr char kPassword[] = "correct-horse";

 private:
  void MakeData(const Options& options);
  void CopyPrimary(const PostgresCluster& primary);
  void Configure(const Options& options);
  void Start();

  std::string programs_;
  TemporaryFolder folder_;
  int port_ = 5432;
  // What it says once it has started: "connections", a standby "read-only connections".
  std::string ready_ = "ready to accept ";
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_
