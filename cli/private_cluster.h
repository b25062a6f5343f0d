#ifndef LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_
#define LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::cli {

// A PostgreSQL cluster of this process's own for its catalog, in a folder, reached by a Unix socket
// there that the folder's owner alone can open. Its server runs as the process's user, as another
// where that is root, and ends with the process, however that ends. Its log is FOLDER/catalog.log.
class PrivateCluster {
 public:
  struct Options {
    std::string folder;    // Made if it isn't there; at most 85 bytes, for the socket's sake.
    std::string programs;  // Where initdb and postgres are; empty: the newest of Debian's, or PATH.
  };

  // Makes the cluster the first time; one whose server or process was killed goes on. Call it in
  // the main thread, before there are others. DATA_FOLDER_IN_USE while another process has the
  // folder; CATALOG_NOT_STARTED.
  static absl::StatusOr<std::unique_ptr<PrivateCluster>> Start(const Options& options);

  // Stops the server: sessions end, nothing has to be recovered.
  ~PrivateCluster();
  PrivateCluster(const PrivateCluster&) = delete;

  v1::PostgresConnection connection() const;

 private:
  explicit PrivateCluster(const std::string& folder) : folder_(folder) {}

  absl::Status Lock();
  absl::Status MakeData(const std::string& programs);
  // Ends what an earlier process may have left running.
  absl::Status EndLeftServer() const;
  absl::Status StartServer(const std::string& programs);
  absl::Status AwaitServer();
  absl::Status NotStarted(const std::string& why) const;

  const std::string folder_;
  int lock_ = -1;
  pid_t server_ = -1;
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_PRIVATE_CLUSTER_H_
