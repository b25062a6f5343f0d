#ifndef LOCKSTITCH_POSTGRES_COPY_WRITER_H_
#define LOCKSTITCH_POSTGRES_COPY_WRITER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// A running COPY ... FROM STDIN (FORMAT binary). `connection` must outlive it and do nothing else
// meanwhile. Dropped without Finish, it cancels the COPY, so that half of one never commits.
class CopyWriter {
 public:
  // Sends the format's header as well.
  static absl::StatusOr<CopyWriter> Start(Connection& connection, absl::string_view sql);

  // Sends bytes of tuples, which need not end where rows end. What the server thinks of them shows
  // in Finish.
  absl::Status Write(absl::string_view bytes);

  // Sends the trailer and waits for the server: the rows it has taken.
  absl::StatusOr<int64_t> Finish();

 private:
  struct Cancel {
    void operator()(Connection* connection) const;
  };
  explicit CopyWriter(Connection* connection) : open_(connection) {}
  absl::Status WriteMessage(absl::string_view bytes);

  std::unique_ptr<Connection, Cancel> open_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_COPY_WRITER_H_
