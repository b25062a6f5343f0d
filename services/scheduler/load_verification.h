#ifndef LOCKSTITCH_SERVICES_SCHEDULER_LOAD_VERIFICATION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_LOAD_VERIFICATION_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/verification.pb.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/stream_verifier.h"

namespace lockstitch::scheduler {

// Compares a stream's destination table with the snapshot whose load has just been published, or
// with the source as it is where the snapshot's sums were lost with their extractor.
// VERIFY_DIFFERENT where rows differ; SUPERSEDED where a later run than `run_id` has begun since,
// so that the difference may be its doing.
absl::Status VerifyLoad(const v1::Integration& integration, const v1::TableName& table,
                        const std::string& run_id, const std::optional<v1::RowSums>& snapshot,
                        const loader::LoaderClient& loader, const StreamVerifier::Options& options,
                        v1::StreamVerification* verification);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_LOAD_VERIFICATION_H_
