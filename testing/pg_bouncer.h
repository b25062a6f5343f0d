#ifndef LOCKSTITCH_TESTING_PG_BOUNCER_H_
#define LOCKSTITCH_TESTING_PG_BOUNCER_H_

#include <memory>
#include <string>

#include "testing/child_process.h"
#include "testing/postgres_cluster.h"
#include "testing/temporary_folder.h"

namespace lockstitch::testing {

// pgbouncer in front of a cluster, on a Unix socket, with no authentication of its own. Whoever
// fails to start it ends the test program.
class PgBouncer {
 public:
  // `pool_mode` is session, transaction or statement. `pool_size` bounds its sessions with the
  // server.
  PgBouncer(const PostgresCluster& cluster, const std::string& pool_mode, int pool_size = 20);

  std::string Url(const std::string& database) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_PG_BOUNCER_H_
