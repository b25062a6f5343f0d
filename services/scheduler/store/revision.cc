#include "services/scheduler/store/revision.h"

#include "absl/strings/str_cat.h"
#include "services/scheduler/secrets/integration_secrets.h"
#include "services/scheduler/store/column_value.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// Binds secrets to their row.
std::string ContextOf(const std::string& uid, int64_t revision) {
  return absl::StrCat("integration ", uid, " revision ", revision);
}

}  // namespace

RevisionValues SealRevision(const v1::Integration& integration, const std::string& uid,
                            int64_t revision, const SecretBox& secrets) {
  const SplitIntegration split = Split(integration);
  return {.settings = MessageValue(split.shown),
          .secrets = secrets.Seal(split.secrets.SerializeAsString(), ContextOf(uid, revision))};
}

absl::StatusOr<v1::Integration> UnsealRevision(const postgres::Result& result, int row, int column,
                                               const std::string& uid, int64_t revision,
                                               const SecretBox& secrets) {
  SplitIntegration split;
  RETURN_IF_ERROR(ReadMessage(result, row, column, &split.shown));
  ASSIGN_OR_RETURN(const std::string opened,
                   secrets.Unseal(result.Text(row, column + 1), ContextOf(uid, revision)));
  if (!split.secrets.ParseFromString(opened))
    return Error(Reason::kInternal, "catalog: what is kept as secrets is no Integration");
  return Join(split);
}

}  // namespace lockstitch::scheduler
