#include "services/scheduler/named_files.h"

#include "absl/strings/str_cat.h"
#include "postgres/allowed_files.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

absl::Status TestEnd(absl::string_view end, const v1::PostgresConnection& server) {
  const absl::Status tested = postgres::TestFilesAllowed(server);
  return tested.ok() ? tested : WithMessage(tested, absl::StrCat(end, ": ", tested.message()));
}

}  // namespace

absl::Status TestNamedFiles(const v1::Integration& integration) {
  RETURN_IF_ERROR(TestEnd("source", integration.source().postgres()));
  return TestEnd("destination", integration.destination().postgres());
}

}  // namespace lockstitch::scheduler
