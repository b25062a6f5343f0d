#ifndef LOCKSTITCH_POSTGRES_CONNECT_ERROR_H_
#define LOCKSTITCH_POSTGRES_CONNECT_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "postgres/sqlstate.h"

namespace lockstitch::postgres {

// Why connecting failed, from libpq's verbose message: the server's SQLSTATE where it answered
// (`FATAL:  28P01: ...`), else libpq's own wording, which has no codes. The error's message is one
// line. `certificate_problem` is OpenSSL's word on the server's certificate, empty if there is
// none.
absl::Status ConnectError(absl::string_view message, absl::string_view certificate_problem,
                          Side side);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECT_ERROR_H_
