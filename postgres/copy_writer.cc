#include "postgres/copy_writer.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>

#include "postgres/copy_format.h"
#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

// The server reads a message to its end before it begins with its rows: small ones keep both sides
// busy, and its cache warm.
constexpr size_t kMessageBytes = 64 << 10;

}  // namespace

absl::StatusOr<CopyWriter> CopyWriter::Start(Connection& connection, absl::string_view sql) {
  RETURN_IF_ERROR(connection.Execute(sql));
  CopyWriter writer(&connection);
  RETURN_IF_ERROR(writer.Write(kCopyHeader));
  return writer;
}

absl::Status CopyWriter::Write(absl::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kMessageBytes))) {
    RETURN_IF_ERROR(WriteMessage(bytes.substr(0, kMessageBytes)));
  }
  return absl::OkStatus();
}

absl::Status CopyWriter::WriteMessage(absl::string_view bytes) {
  if (PQputCopyData(open_->native(), bytes.data(), static_cast<int>(bytes.size())) != 1)
    return open_->NativeError();
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CopyWriter::Finish() {
  RETURN_IF_ERROR(Write(kCopyTrailer));
  Connection* connection = open_.release();
  if (PQputCopyEnd(connection->native(), /*errormsg=*/nullptr) != 1)
    return connection->NativeError();
  ASSIGN_OR_RETURN(const Result result, connection->TakeResult());
  return result.affected();
}

void CopyWriter::Cancel::operator()(Connection* connection) const {
  if (PQputCopyEnd(connection->native(), "given up by its writer") != 1) return;
  connection->TakeResult().status().IgnoreError();
}

}  // namespace lockstitch::postgres
