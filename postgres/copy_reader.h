#ifndef LOCKSTITCH_POSTGRES_COPY_READER_H_
#define LOCKSTITCH_POSTGRES_COPY_READER_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// A cursor over the tuples of COPY (...) TO STDOUT (FORMAT binary), without the format's header and
// trailer. `connection` must outlive it and do nothing else meanwhile. Dropped before the end, it
// leaves the connection unusable: close it.
class CopyReader {
 public:
  static absl::StatusOr<CopyReader> Start(Connection& connection, absl::string_view sql);

  // | Next() gives | meaning                                                        |
  // |---|---|
  // | a view       | one whole tuple, valid until the next call                     |
  // | nullopt      | the end: the server has confirmed that it sent everything      |
  // | an error     | the statement failed or the connection broke; the cursor is dead |
  absl::StatusOr<std::optional<absl::string_view>> Next();

  // Ends the statement before its end: an error to the transaction it runs in, after which the
  // session can go on.
  void Cancel();

 private:
  struct Free {
    void operator()(char* message) const;
  };
  explicit CopyReader(Connection* connection) : connection_(connection) {}
  // Puts the next message into `message_` and gives its length, or what PQgetCopyData gives
  // instead of one.
  int Receive();
  absl::Status SkipHeader(absl::string_view* message);
  absl::Status End();

  Connection* connection_;
  std::unique_ptr<char, Free> message_;
  size_t received_bytes_ = 0;
  bool header_seen_ = false;
  bool trailer_seen_ = false;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_COPY_READER_H_
