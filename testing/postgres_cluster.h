#ifndef LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_
#define LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "testing/child_process.h"

namespace lockstitch::testing {

// A PostgreSQL server of a test's own: Debian's newest version, on a Unix socket, in a folder that
// goes with it. Started as an unprivileged user where the test is root. Whoever fails to start it
// ends the test program.
class PostgresCluster {
 public:
  // `settings` are lines of postgresql.conf, `authentication` the method of pg_hba.conf.
  explicit PostgresCluster(const std::vector<std::string>& settings = {},
                           const std::string& authentication = "trust");
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;

  // A connection URL of the superuser lockstitch, whose password is the given one.
  std::string Url(const std::string& database) const;

  // The folder of its socket.
  const std::string& socket_folder() const { return folder_; }

  // Stops the server as `pg_ctl -m immediate` does, a crash to its data, and starts it again.
  void Crash();

  static constexpr char kPassword[] = "correct-horse";

 private:
  void Start();

  std::string folder_;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_POSTGRES_CLUSTER_H_
