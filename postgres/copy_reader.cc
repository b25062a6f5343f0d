#include "postgres/copy_reader.h"

#include <postgresql/libpq-fe.h>

#include "absl/strings/match.h"
#include "postgres/copy_format.h"
#include "status/macros.h"

namespace lockstitch::postgres {

void CopyReader::Free::operator()(char* message) const { PQfreemem(message); }

absl::StatusOr<CopyReader> CopyReader::Start(Connection& connection, absl::string_view sql) {
  RETURN_IF_ERROR(connection.Execute(sql));
  return CopyReader(&connection);
}

absl::StatusOr<std::optional<absl::string_view>> CopyReader::Next() {
  while (true) {
    char* raw = nullptr;
    const int length = PQgetCopyData(connection_->native(), &raw, /*async=*/0);
    message_.reset(raw);
    if (length == -1) {
      RETURN_IF_ERROR(End());
      return std::nullopt;
    }
    if (length < 0) return connection_->NativeError();
    absl::string_view message(raw, static_cast<size_t>(length));
    if (!header_seen_) RETURN_IF_ERROR(SkipHeader(&message));
    if (message == kCopyTrailer) {
      trailer_seen_ = true;
    } else if (!message.empty()) {
      return message;
    }
  }
}

void CopyReader::Cancel() {
  connection_->CancelStatement();
  char* raw = nullptr;
  while (PQgetCopyData(connection_->native(), &raw, /*async=*/0) > 0) message_.reset(raw);
  connection_->TakeResult().status().IgnoreError();
}

absl::Status CopyReader::SkipHeader(absl::string_view* message) {
  if (!absl::StartsWith(*message, kCopyHeader)) {
    return Error(Reason::kSourceQueryFailed,
                 "the server's binary COPY begins with a header of another version");
  }
  message->remove_prefix(kCopyHeader.size());
  header_seen_ = true;
  return absl::OkStatus();
}

absl::Status CopyReader::End() {
  RETURN_IF_ERROR(connection_->TakeResult().status());
  if (!trailer_seen_)
    return Error(Reason::kSourceQueryFailed, "the server's binary COPY ended without its trailer");
  return absl::OkStatus();
}

}  // namespace lockstitch::postgres
