#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATIONS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATIONS_H_

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lockstitch/v1/control.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/store/integration_store.h"
#include "services/scheduler/store/job_store.h"
#include "services/scheduler/store/report_store.h"

namespace lockstitch::scheduler {

// The integrations that a catalog keeps, as the RPCs of the same names say. Any number of replicas
// may serve them at once. Thread-safe.
class Integrations {
 public:
  // The pointers must outlive it.
  struct Options {
    const IntegrationStore* store = nullptr;
    const JobStore* jobs = nullptr;
    const ReportStore* reports = nullptr;
    const discovery::DiscoveryClient* discovery = nullptr;
    const loader::LoaderClient* loader = nullptr;
  };

  explicit Integrations(const Options& options) : options_(options) {}

  absl::StatusOr<v1::CreateIntegrationResponse> Create(
      const v1::CreateIntegrationRequest& request) const;
  absl::StatusOr<v1::IntegrationRecord> Get(const std::string& name) const;
  absl::StatusOr<v1::ListIntegrationsResponse> List(
      const v1::ListIntegrationsRequest& request) const;
  absl::StatusOr<v1::UpdateIntegrationResponse> Update(
      const v1::UpdateIntegrationRequest& request) const;
  // Waits until the job under way has ended; STOPPED if its caller has `cancelled` meanwhile,
  // SHUTTING_DOWN if `stop` is requested.
  absl::StatusOr<v1::ForgottenIntegration> Delete(const v1::DeleteIntegrationRequest& request,
                                                  absl::FunctionRef<bool()> cancelled,
                                                  std::stop_token stop) const;
  absl::StatusOr<v1::CheckIntegrationResponse> Check(const std::string& name) const;
  absl::StatusOr<v1::IntegrationRecord> SetPaused(const std::string& name, bool paused) const;

  // The integration with its secrets, for who acts on it. SECRET_KEY_UNKNOWN as
  // IntegrationStore::Get tells.
  absl::StatusOr<KeptIntegration> Find(const std::string& name) const;
  // The same, though its secrets can't be decrypted.
  absl::StatusOr<KeptIntegration> FindAnyway(const std::string& name) const;
  // Saves what `edit` makes of it: tells what changes, refuses what would not be valid. An empty
  // etag goes with whatever is there. With `validate_only` nothing is saved. INTEGRATION_NOT_FOUND
  // while it is being deleted.
  using EditSettings = std::function<absl::StatusOr<v1::Integration>(const v1::Integration&)>;
  struct Edited {
    v1::IntegrationRecord record;
    std::vector<v1::FieldChange> changes;
  };
  absl::StatusOr<Edited> Save(const std::string& name, const std::string& etag, bool validate_only,
                              const EditSettings& edit) const;

 private:
  // What the API shows of them, with what is to be known of each.
  absl::StatusOr<std::vector<v1::IntegrationRecord>> RecordsOf(
      absl::Span<const KeptIntegration> list) const;
  absl::StatusOr<v1::IntegrationRecord> RecordOf(const KeptIntegration& kept) const;
  // As Save, of what is found anyway: `edit` refuses what needs the secrets.
  using EditKept = std::function<absl::StatusOr<v1::Integration>(const KeptIntegration&)>;
  absl::StatusOr<Edited> SaveAnyway(const std::string& name, const std::string& etag,
                                    bool validate_only, const EditKept& edit) const;
  // The uid that the destination knows the integration's name by, or a new one.
  std::string UidFor(const v1::Integration& integration) const;
  // At its destination, which is out of reach without its secrets.
  absl::StatusOr<v1::ForgetIntegrationResponse> Forget(const KeptIntegration& kept,
                                                       bool drop_tables,
                                                       std::stop_token stop) const;
  absl::Status AwaitNoJob(const std::string& id, absl::FunctionRef<bool()> cancelled,
                          std::stop_token stop) const;

  const Options options_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATIONS_H_
