#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_INTEGRATION_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_INTEGRATION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/record.pb.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// An integration as the catalog has it.
struct KeptIntegration {
  int64_t key = 0;  // The catalog's own, for good.
  std::string id;   // The last part of its resource name.
  std::string uid;
  int64_t revision = 0;         // Of its settings; grows with each edit.
  v1::Integration integration;  // With its secrets, but for List.
  absl::Status readable;        // Else why its secrets can't be decrypted: it is without them then.
  absl::Time created_at;
  absl::Time updated_at;
  absl::Time schedule_changed_at;  // Created, schedule edited, resumed, or come to select anything.
  std::optional<absl::Time> paused_at;
  std::optional<absl::Time> deleting_at;  // Its deletion has begun; no job of it starts.
  std::optional<absl::Time> next_slot;    // As the planner left it.
  std::optional<absl::Time>
      first_load_at;  // Of its first published load: historical rows are counted from it.
  std::optional<v1::Job> last_job;  // The open one, or the last that ended.
};

// What is created.
struct NewIntegration {
  std::string id;
  std::string uid;
  v1::Integration integration;
  bool paused = false;
  std::string request_id;      // Empty: none.
  std::string request_digest;  // Tells the request from others with the same id.
};

// The integrations that a catalog keeps, their secrets encrypted. Every call is one transaction.
// Thread-safe.
class IntegrationStore {
 public:
  // Both must outlive the store.
  IntegrationStore(Catalog* catalog, const SecretBox* secrets)
      : catalog_(catalog), secrets_(secrets) {}

  // INTEGRATION_EXISTS if the id, the uid or the destination schema that its name makes is taken,
  // INTEGRATION_INVALID if it makes none. Where the request has created one before: as
  // FindRequested.
  absl::StatusOr<KeptIntegration> Create(const NewIntegration& created) const;
  // INTEGRATION_EXISTS as Create would say it now.
  absl::Status TestFree(const NewIntegration& created) const;
  // The integration that a request has created, as it is now; nullopt if there is none (any more).
  // USAGE_INVALID where it was another request that had the id.
  absl::StatusOr<std::optional<KeptIntegration>> FindRequested(
      const std::string& request_id, const std::string& request_digest) const;
  // INTEGRATION_NOT_FOUND, also once it is deleted. It is `readable` unless its secrets were
  // encrypted by a key that is gone (SECRET_KEY_UNKNOWN), or altered (INTERNAL_ERROR).
  absl::StatusOr<KeptIntegration> Get(const std::string& id) const;
  // Ordered by id, those after `after`, in one state or UNSPECIFIED for all. Without secrets.
  absl::StatusOr<std::vector<KeptIntegration>> List(const std::string& after, int limit,
                                                    v1::IntegrationState state) const;
  // Replaces its settings, but for its name. ETAG_MISMATCH unless it still has `revision`,
  // INTEGRATION_NOT_FOUND while it is being deleted. `reschedule` has its next slot planned anew.
  absl::StatusOr<KeptIntegration> Update(const std::string& id, int64_t revision,
                                         const v1::Integration& integration, bool reschedule) const;
  // Pauses or resumes; a resumed one whose slot has passed has its next one planned anew. No new
  // revision.
  absl::StatusOr<KeptIntegration> SetPaused(const std::string& id, bool paused) const;
  // Begins its deletion: no job of it starts any more, and the open one is asked to stop.
  absl::StatusOr<KeptIntegration> BeginDeletion(const std::string& id) const;
  // Ends it: its secrets go, its id is free, its history stays. FAILED_PRECONDITION with
  // JOB_RUNNING while a job is open.
  absl::Status FinishDeletion(int64_t key) const;

 private:
  Catalog* catalog_;
  const SecretBox* secrets_;
};

// INTEGRATION_NOT_FOUND of one whose deletion has begun.
absl::Status BeingDeleted(const std::string& id);

// Whether it selects any stream, as far as its settings tell. Pure.
bool IsConfigured(const v1::Integration& integration);

// How an integration stands, and why. Pure.
struct Standing {
  v1::IntegrationState state = v1::INTEGRATION_STATE_UNSPECIFIED;
  std::string reason;
};
Standing StandingOf(const KeptIntegration& integration);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_INTEGRATION_STORE_H_
