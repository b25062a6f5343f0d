#ifndef LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_
#define LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_

#include <sys/types.h>

#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::cli {

// A PostgreSQL cluster of this process's own for its catalog, in a folder, reached by a Unix socket
// there that the folder's owner alone can open. Its server runs as the process's user, as another
// where that is root, and ends with the process, however that ends. Its log is FOLDER/catalog.log.
class PrivateCluster {
 public:
  struct Options {
    // Made if it isn't there; at most 85 bytes, for the socket's sake. Given to the server's user,
    // and closed to all others: it must hold nothing else.
    std::string folder;
    // Where initdb and postgres are; empty: of Debian's servers and those in PATH the one of the
    // version that made the cluster, for a new one the newest.
    std::string programs;
  };

  // Makes the cluster the first time; one whose server or process was killed goes on. Call it in
  // the main thread, before there are others. USAGE_INVALID if the folder holds other things;
  // DATA_FOLDER_IN_USE while another process has it; CATALOG_NOT_STARTED.
  static absl::StatusOr<std::unique_ptr<PrivateCluster>> Start(const Options& options);

  // Stops the server: sessions end, nothing has to be recovered.
  ~PrivateCluster();
  PrivateCluster(const PrivateCluster&) = delete;

  v1::PostgresConnection connection() const;

  // Starts the server again when it ends, until `stop`, in the main thread. CATALOG_NOT_STARTED if
  // it can't be.
  absl::Status KeepRunning(std::stop_token stop);

 private:
  explicit PrivateCluster(const std::string& folder) : folder_(folder) {}

  absl::Status Lock();
  // Of the version that made the cluster, should there be one.
  absl::Status FindPrograms(const std::string& wanted);
  absl::Status MakeData();
  // Ends what an earlier process may have left running.
  absl::Status EndLeftServer() const;
  absl::Status StartServer();
  absl::Status AwaitServer();
  // Whether the server has ended.
  bool HasEnded();
  absl::Status NotStarted(const std::string& why) const;

  const std::string folder_;
  std::string programs_;
  int lock_ = -1;
  pid_t server_ = -1;
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_
