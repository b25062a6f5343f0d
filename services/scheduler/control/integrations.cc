#include "services/scheduler/control/integrations.h"

#include <google/protobuf/util/message_differencer.h>
#include <openssl/sha.h>

#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/random_id.h"
#include "rpc/retry.h"
#include "schema/destination_names.h"
#include "services/scheduler/control/integration_check.h"
#include "services/scheduler/control/integration_edit.h"
#include "services/scheduler/control/integration_problems.h"
#include "services/scheduler/control/integration_record.h"
#include "services/scheduler/control/page_room.h"
#include "services/scheduler/control/page_token.h"
#include "services/scheduler/control/resource_name.h"
#include "services/scheduler/quota_notice.h"
#include "services/scheduler/secrets/integration_secrets.h"
#include "services/scheduler/validation.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr int kPageSize = 50;
// Edits that meet others are made again on what those left.
constexpr int kEdits = 5;
constexpr rpc::RetryPolicy kJobEndPolicy = {.first = absl::Milliseconds(100),
                                            .most = absl::Seconds(1)};

absl::StatusOr<std::string> IdFor(const v1::CreateIntegrationRequest& request) {
  if (!request.integration_id().empty()) {
    RETURN_IF_ERROR(TestIntegrationId(request.integration_id()));
    return request.integration_id();
  }
  ASSIGN_OR_RETURN(std::string id, schema::DestinationSchema(request.integration().name()));
  if (TestIntegrationId(id).ok()) return id;
  return Error(Reason::kUsageInvalid,
               absl::StrCat("the integration's name makes no id: '", id, "'"),
               "Give an integration_id.");
}

// Of all that a request is about.
std::string DigestOf(v1::CreateIntegrationRequest request) {
  request.clear_request_id();
  request.clear_validate_only();
  const std::string text = request.SerializeAsString();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return std::string(std::begin(digest), std::end(digest));
}

template <typename Message>
bool Same(const Message& a, const Message& b) {
  return MessageDifferencer::Equals(a, b);
}

bool ChangesConnections(const v1::Integration& before, const v1::Integration& after) {
  return !Same(before.source(), after.source()) || !Same(before.destination(), after.destination());
}

}  // namespace

absl::StatusOr<v1::CreateIntegrationResponse> Integrations::Create(
    const v1::CreateIntegrationRequest& request) const {
  NewIntegration created = {.integration = request.integration(),
                            .paused = request.paused(),
                            .request_id = request.request_id(),
                            .request_digest = DigestOf(request)};
  RETURN_IF_ERROR(Together(ProblemsOf(created.integration)));
  ASSIGN_OR_RETURN(created.id, IdFor(request));
  v1::CreateIntegrationResponse response;
  if (!created.request_id.empty()) {
    ASSIGN_OR_RETURN(const std::optional<KeptIntegration> before,
                     options_.store->FindRequested(created.request_id, created.request_digest));
    if (before) {
      ASSIGN_OR_RETURN(*response.mutable_integration(), RecordOf(*before));
      return response;
    }
  }
  created.uid = created.integration.uid();
  if (created.uid.empty()) created.uid = UidFor(created.integration);
  created.integration.set_uid(created.uid);

  if (!request.skip_checks()) {
    const CheckSteps steps =
        CheckConnections(created.integration, *options_.discovery, *options_.loader);
    RETURN_IF_ERROR(Verdict(steps));
    response.mutable_steps()->Add(steps.begin(), steps.end());
  }
  if (request.validate_only()) {
    RETURN_IF_ERROR(options_.store->TestFree(created));
    const absl::Time now = absl::Now();
    KeptIntegration would_be = {.id = created.id,
                                .uid = created.uid,
                                .integration = created.integration,
                                .created_at = now,
                                .updated_at = now};
    if (created.paused) would_be.paused_at = now;
    *response.mutable_integration() = scheduler::RecordOf(would_be);
    response.mutable_integration()->clear_etag();
    return response;
  }
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.store->Create(created));
  ASSIGN_OR_RETURN(*response.mutable_integration(), RecordOf(kept));
  return response;
}

absl::StatusOr<v1::IntegrationRecord> Integrations::Get(const std::string& name) const {
  ASSIGN_OR_RETURN(const KeptIntegration kept, FindAnyway(name));
  return RecordOf(kept);
}

absl::StatusOr<v1::ListIntegrationsResponse> Integrations::List(
    const v1::ListIntegrationsRequest& request) const {
  const std::string list = absl::StrCat("integrations in state ", request.state());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageSize));
  ASSIGN_OR_RETURN(const std::string after, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const std::vector<KeptIntegration> page,
                   options_.store->List(after, size, request.state()));
  v1::ListIntegrationsResponse response;
  ASSIGN_OR_RETURN(std::vector<v1::IntegrationRecord> records, RecordsOf(page));
  PageRoom room;
  for (v1::IntegrationRecord& record : records) {
    if (!room.Takes(record)) break;
    *response.add_integrations() = std::move(record);
  }
  const int given = response.integrations_size();
  if (given == size || given < static_cast<int>(page.size()))
    response.set_next_page_token(MakePageToken(list, page[given - 1].id));
  return response;
}

absl::StatusOr<v1::UpdateIntegrationResponse> Integrations::Update(
    const v1::UpdateIntegrationRequest& request) const {
  v1::UpdateIntegrationResponse response;
  const auto edit = [&](const KeptIntegration& kept) -> absl::StatusOr<v1::Integration> {
    const bool anew = !kept.readable.ok();
    if (anew && !ReplacesSecrets(kept.integration, request.update_mask())) return kept.readable;
    ASSIGN_OR_RETURN(v1::Integration edited,
                     Edit(kept.integration, request.integration(), request.update_mask()));
    response.clear_steps();
    if (!request.skip_checks() && (anew || ChangesConnections(kept.integration, edited))) {
      RETURN_IF_ERROR(Together(ProblemsOf(edited)));
      const CheckSteps steps = CheckConnections(edited, *options_.discovery, *options_.loader);
      RETURN_IF_ERROR(Verdict(steps));
      response.mutable_steps()->Add(steps.begin(), steps.end());
    }
    return edited;
  };
  ASSIGN_OR_RETURN(Edited edited,
                   SaveAnyway(request.name(), request.etag(), request.validate_only(), edit));
  *response.mutable_integration() = std::move(edited.record);
  response.mutable_changes()->Add(edited.changes.begin(), edited.changes.end());
  return response;
}

absl::StatusOr<v1::ForgottenIntegration> Integrations::Delete(
    const v1::DeleteIntegrationRequest& request, absl::FunctionRef<bool()> cancelled,
    std::stop_token stop) const {
  ASSIGN_OR_RETURN(const KeptIntegration seen, FindAnyway(request.name()));
  ASSIGN_OR_RETURN(const std::optional<int64_t> revision, RevisionOf(request.etag()));
  if (revision && *revision != seen.revision)
    return Error(Reason::kEtagMismatch, "the integration was edited meanwhile");
  if (!request.abandon_destination()) RETURN_IF_ERROR(seen.readable);
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.store->BeginDeletion(seen.id));
  RETURN_IF_ERROR(AwaitNoJob(kept.id, cancelled, stop));

  absl::StatusOr<v1::ForgetIntegrationResponse> forgotten =
      Forget(kept, request.drop_tables(), stop);
  // What was never loaded, or is forgotten by an earlier call, leaves nothing behind.
  const bool unknown = ReasonOf(forgotten.status()) == Reason::kIntegrationNotFound ||
                       ReasonOf(forgotten.status()) == Reason::kDestinationStateMissing;
  if (!forgotten.ok() && !unknown && !request.abandon_destination()) {
    return WithMessage(
        forgotten.status(),
        absl::StrCat("its deletion has begun and goes on when it is repeated: the destination "
                     "could not forget it: ",
                     forgotten.status().message()));
  }
  RETURN_IF_ERROR(options_.store->FinishDeletion(kept.key));
  if (!forgotten.ok()) return v1::ForgottenIntegration();
  return std::move(*forgotten->mutable_forgotten());
}

absl::StatusOr<v1::ForgetIntegrationResponse> Integrations::Forget(const KeptIntegration& kept,
                                                                   bool drop_tables,
                                                                   std::stop_token stop) const {
  RETURN_IF_ERROR(kept.readable);
  v1::ForgetIntegrationRequest request;
  *request.mutable_destination() = kept.integration.destination();
  request.set_integration(kept.integration.name());
  request.set_integration_uid(kept.uid);
  request.set_drop_tables(drop_tables);
  return options_.loader->ForgetIntegration(request, stop);
}

absl::StatusOr<v1::CheckIntegrationResponse> Integrations::Check(const std::string& name) const {
  ASSIGN_OR_RETURN(const KeptIntegration kept, Find(name));
  const CheckSteps steps =
      CheckConnections(kept.integration, *options_.discovery, *options_.loader);
  v1::CheckIntegrationResponse response;
  response.mutable_steps()->Add(steps.begin(), steps.end());
  if (Verdict(steps).ok()) {
    *response.mutable_problems() =
        Validate(kept.integration, *options_.discovery, *options_.loader).problems();
  }
  return response;
}

absl::StatusOr<v1::IntegrationRecord> Integrations::SetPaused(const std::string& name,
                                                              bool paused) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationResource(name));
  ASSIGN_OR_RETURN(const KeptIntegration kept,
                   options_.store->SetPaused(parts.integration, paused));
  return RecordOf(kept);
}

absl::StatusOr<KeptIntegration> Integrations::Find(const std::string& name) const {
  ASSIGN_OR_RETURN(KeptIntegration kept, FindAnyway(name));
  RETURN_IF_ERROR(kept.readable);
  return kept;
}

absl::StatusOr<KeptIntegration> Integrations::FindAnyway(const std::string& name) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationResource(name));
  return options_.store->Get(parts.integration);
}

absl::StatusOr<Integrations::Edited> Integrations::Save(const std::string& name,
                                                        const std::string& etag, bool validate_only,
                                                        const EditSettings& edit) const {
  return SaveAnyway(name, etag, validate_only,
                    [&](const KeptIntegration& kept) -> absl::StatusOr<v1::Integration> {
                      RETURN_IF_ERROR(kept.readable);
                      return edit(kept.integration);
                    });
}

absl::StatusOr<Integrations::Edited> Integrations::SaveAnyway(const std::string& name,
                                                              const std::string& etag,
                                                              bool validate_only,
                                                              const EditKept& edit) const {
  ASSIGN_OR_RETURN(const std::optional<int64_t> revision, RevisionOf(etag));
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(KeptIntegration kept, FindAnyway(name));
    if (kept.deleting_at) return BeingDeleted(kept.id);
    if (revision && *revision != kept.revision)
      return Error(Reason::kEtagMismatch, "the integration was edited meanwhile");
    ASSIGN_OR_RETURN(const v1::Integration edited, edit(kept));
    RETURN_IF_ERROR(Together(ProblemsOf(edited)));
    std::vector<v1::FieldChange> changes = ChangesBetween(kept.integration, edited);
    // What replaces unreadable secrets may look like what is there.
    if (validate_only || (changes.empty() && kept.readable.ok())) {
      kept.integration = edited;
      ASSIGN_OR_RETURN(v1::IntegrationRecord record, RecordOf(kept));
      return Edited{std::move(record), std::move(changes)};
    }
    const absl::StatusOr<KeptIntegration> saved = options_.store->Update(
        kept.id, kept.revision, edited, !Same(kept.integration.schedule(), edited.schedule()));
    if (saved.ok()) {
      ASSIGN_OR_RETURN(v1::IntegrationRecord record, RecordOf(*saved));
      return Edited{std::move(record), std::move(changes)};
    }
    const bool met = ReasonOf(saved.status()) == Reason::kEtagMismatch && !revision;
    if (!met || attempt == kEdits) return saved.status();
  }
}

absl::StatusOr<std::vector<v1::IntegrationRecord>> Integrations::RecordsOf(
    absl::Span<const KeptIntegration> list) const {
  std::vector<int64_t> with_quota;
  for (const KeptIntegration& kept : list) {
    if (kept.integration.has_quota()) with_quota.push_back(kept.key);
  }
  std::map<int64_t, int64_t> rows;
  if (!with_quota.empty()) {
    ASSIGN_OR_RETURN(rows, options_.reports->RowsThisMonth(with_quota, absl::Now()));
  }
  std::vector<v1::IntegrationRecord> records;
  for (const KeptIntegration& kept : list) {
    v1::IntegrationRecord& record = records.emplace_back(scheduler::RecordOf(kept));
    if (!kept.integration.has_quota()) continue;
    if (const auto notice = QuotaNotice(kept.integration.quota(), rows[kept.key]))
      record.add_warnings(*notice);
  }
  return records;
}

absl::StatusOr<v1::IntegrationRecord> Integrations::RecordOf(const KeptIntegration& kept) const {
  ASSIGN_OR_RETURN(std::vector<v1::IntegrationRecord> records,
                   RecordsOf(absl::MakeConstSpan(&kept, 1)));
  return std::move(records.front());
}

std::string Integrations::UidFor(const v1::Integration& integration) const {
  v1::RegisterStreamsRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  *request.mutable_naming() = integration.naming();
  request.set_validate_only(true);
  // A destination that doesn't answer is told by its check.
  const absl::StatusOr<v1::RegisterStreamsResponse> known =
      options_.loader->RegisterStreams(request);
  if (known.ok() && !known->integration_uid().empty()) return known->integration_uid();
  return rpc::RandomId();
}

absl::Status Integrations::AwaitNoJob(const std::string& id, absl::FunctionRef<bool()> cancelled,
                                      std::stop_token stop) const {
  for (int wait = 1; rpc::WaitBeforeAttempt(kJobEndPolicy, wait, stop) && !cancelled(); ++wait) {
    const absl::StatusOr<KeptJob> job = options_.jobs->Get(id, "");
    if (ReasonOf(job.status()) == Reason::kJobNotFound) return absl::OkStatus();
    RETURN_IF_ERROR(job.status());
    if (job->job.has_ended_at()) return absl::OkStatus();
  }
  const bool ends = stop.stop_requested();
  return Error(ends ? Reason::kShuttingDown : Reason::kStopped,
               ends ? "the scheduler is shutting down while a job is ending"
                    : "the caller has gone while a job was ending",
               "Call again: the deletion goes on.");
}

}  // namespace lockstitch::scheduler
