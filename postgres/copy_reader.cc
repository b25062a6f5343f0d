#include "postgres/copy_reader.h"

#include <postgresql/libpq-fe.h>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "postgres/copy_format.h"
#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

// The server sends 8 KB at a time. A reader that each of them wakes takes the core from the server
// as often: on two cores, reading both ends of a table took 7 % longer so. A COPY that is seen to
// be long is let run ahead into the socket's buffer instead, which holds what it sends in that
// time.
constexpr size_t kLongBytes = 256 << 10;
constexpr absl::Duration kRunAhead = absl::Microseconds(300);

// The session's buffer has room for a message of this size from then on.
constexpr int kLargeBytes = 1 << 20;

}  // namespace

void CopyReader::Free::operator()(char* message) const { PQfreemem(message); }

absl::StatusOr<CopyReader> CopyReader::Start(Connection& connection, absl::string_view sql) {
  RETURN_IF_ERROR(connection.Execute(sql));
  return CopyReader(&connection);
}

absl::StatusOr<std::optional<absl::string_view>> CopyReader::Next() {
  while (true) {
    const int length = Receive();
    if (length == -1) {
      RETURN_IF_ERROR(End());
      return std::nullopt;
    }
    if (length < 0) return connection_->NativeError();
    absl::string_view message(message_.get(), static_cast<size_t>(length));
    received_bytes_ += message.size();
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
  while (Receive() > 0) continue;
  connection_->TakeResult().status().IgnoreError();
}

int CopyReader::Receive() {
  PGconn* native = connection_->native();
  char* raw = nullptr;
  int length = 0;
  if (received_bytes_ >= kLongBytes) {
    length = PQgetCopyData(native, &raw, /*async=*/1);
    if (length == 0 && PQconsumeInput(native) == 1)
      length = PQgetCopyData(native, &raw, /*async=*/1);
    if (length == 0) absl::SleepFor(kRunAhead);
  }
  if (length == 0) length = PQgetCopyData(native, &raw, /*async=*/0);
  message_.reset(raw);
  if (length > kLargeBytes) connection_->SetGrown();
  return length;
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
