#include "services/scheduler/stream_verifier.h"

#include <thread>

#include "rpc/retry.h"
#include "services/scheduler/row_differences.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/call_context.h"

namespace lockstitch::scheduler {
namespace {

// Rows listed at once of each end: 24 bytes each.
constexpr uint64_t kMostListed = 2'000'000;
// Rows described, of which the least keys are told.
constexpr size_t kMostDescribed = 1'000;
// Nothing was changed: a connection that is lost is tried again.
constexpr rpc::RetryPolicy kReadPolicy = {.attempts = 3, .reached = false};

void AddListed(const v1::ListedRows& listed, std::vector<ListedRow>* rows) {
  for (int i = 0; i < listed.keys_size(); ++i)
    rows->push_back({.key = listed.keys(i), .row = listed.rows(i), .place = listed.places(i)});
}

}  // namespace

StreamVerifier::StreamVerifier(const ComparedStream& stream, const Options& options,
                               v1::StreamVerification* verification, Listener listener)
    : stream_(stream),
      options_(options),
      listener_(std::move(listener)),
      verification_(*verification) {}

absl::Status StreamVerifier::Run() { return Compare(/*must_be_there=*/false); }

absl::Status StreamVerifier::Compare(bool must_be_there) {
  {
    absl::MutexLock lock(&mutex_);
    const v1::CompareBelow& below = stream_.source.compare_below();
    if (below.has_bound()) verification_.set_compared_below(below.bound());
    verification_.mutable_incomplete_columns()->Add(stream_.incomplete_columns.begin(),
                                                    stream_.incomplete_columns.end());
  }
  v1::RowSums source, destination;
  RETURN_IF_ERROR(Sum(&source, &destination));
  if (!SameRows(source, destination)) RETURN_IF_ERROR(Narrow(source, destination, must_be_there));
  absl::MutexLock lock(&mutex_);
  verification_.set_source_rows(static_cast<int64_t>(source.rows()));
  verification_.set_destination_rows(static_cast<int64_t>(destination.rows()));
  verification_.set_outcome(verification_.different() > 0 ? v1::VERIFICATION_OUTCOME_DIFFERENT
                                                          : v1::VERIFICATION_OUTCOME_VERIFIED);
  return absl::OkStatus();
}

absl::Status StreamVerifier::RunAgainst(const v1::RowSums& snapshot) {
  v1::ChecksumRequest request = stream_.destination;
  if (in_part()) request.mutable_compare_below()->clear_bound();
  request.mutable_sum();
  v1::RowSums destination;
  std::stop_source stop;
  const std::stop_callback on_stop(options_.stop, [&] { stop.request_stop(); });
  RETURN_IF_ERROR(Ask(
      *options_.destination, request,
      [&](const v1::ChecksumResponse& response) {
        if (response.has_sums()) destination = response.sums();
      },
      stop));
  const bool same = SameRows(snapshot, destination);
  if (!same) RETURN_IF_ERROR(Compare(/*must_be_there=*/true));
  absl::MutexLock lock(&mutex_);
  verification_.set_source_rows(static_cast<int64_t>(snapshot.rows()));
  verification_.set_destination_rows(static_cast<int64_t>(destination.rows()));
  if (same) {
    verification_.set_outcome(v1::VERIFICATION_OUTCOME_VERIFIED);
  } else if (!in_part() && verification_.different() == 0) {
    // By now the source has become what the destination is.
    verification_.set_outcome(v1::VERIFICATION_OUTCOME_DIFFERENT);
    verification_.set_different(1);
    verification_.set_more_differ(true);
  }
  return absl::OkStatus();
}

absl::Status StreamVerifier::Sum(v1::RowSums* source, v1::RowSums* destination) {
  return AskBoth([](v1::ChecksumRequest* request) { request->mutable_sum(); },
                 [&](const v1::ChecksumResponse& response) {
                   if (response.has_sums()) *source = response.sums();
                   if (!response.has_rows_read()) return;
                   absl::MutexLock lock(&mutex_);
                   verification_.set_source_rows(response.rows_read());
                   listener_(verification_);
                 },
                 [&](const v1::ChecksumResponse& response) {
                   if (response.has_sums()) *destination = response.sums();
                   if (!response.has_rows_read()) return;
                   absl::MutexLock lock(&mutex_);
                   verification_.set_destination_rows(response.rows_read());
                   listener_(verification_);
                 });
}

absl::Status StreamVerifier::Narrow(const v1::RowSums& source, const v1::RowSums& destination,
                                    bool must_be_there) {
  const absl::MutexLock listing(options_.listing);
  const bool leave_to_next = in_part() && !must_be_there;
  RowClasses all;
  bool more = false;
  for (const std::vector<uint32_t>& buckets : PlanRounds(source, destination, kMostListed)) {
    // What is known suffices to tell that, and some of how, the stream differs.
    if ((more = all.different > 0)) break;
    std::vector<ListedRow> at_source, at_destination;
    RETURN_IF_ERROR(AskBoth(
        [&](v1::ChecksumRequest* request) {
          request->mutable_list()->mutable_buckets()->Add(buckets.begin(), buckets.end());
          if (leave_to_next && stream_.next_lower_bound)
            request->mutable_compare_below()->set_bound(*stream_.next_lower_bound);
        },
        [&](const auto& response) {
          if (response.has_listed()) AddListed(response.listed(), &at_source);
        },
        [&](const auto& response) {
          if (response.has_listed()) AddListed(response.listed(), &at_destination);
        }));
    if (leave_to_next && !stream_.next_lower_bound) {
      for (ListedRow& row : at_source) row.place = v1::ROW_PLACE_PAST_BOUND;
    }
    const RowClasses classes =
        ClassRows(std::move(at_source), std::move(at_destination), in_part(), kMostDescribed);
    all.different += classes.different;
    all.changed_since_load += classes.changed_since_load;
    all.not_yet_loaded += classes.not_yet_loaded;
    all.deleted_at_source += classes.deleted_at_source;
    all.different_keys = classes.different_keys;
  }
  {
    absl::MutexLock lock(&mutex_);
    verification_.set_different(all.different);
    verification_.set_more_differ(more);
    verification_.set_changed_since_load(all.changed_since_load);
    verification_.set_not_yet_loaded(all.not_yet_loaded);
    verification_.set_deleted_at_source(all.deleted_at_source);
    listener_(verification_);
  }
  return all.different_keys.empty() ? absl::OkStatus() : Describe(all.different_keys);
}

absl::Status StreamVerifier::Describe(const std::vector<uint64_t>& keys) {
  const std::vector<uint32_t> shown = ShownColumns(stream_.source, options_.show_values);
  v1::ChecksumRequest asked = stream_.source;
  const auto want = [&](v1::ChecksumRequest* request) {
    request->mutable_describe()->mutable_keys()->Add(keys.begin(), keys.end());
    request->mutable_describe()->mutable_shown()->Add(shown.begin(), shown.end());
  };
  want(&asked);
  std::vector<v1::DescribedRow> at_source, at_destination;
  RETURN_IF_ERROR(AskBoth(
      want,
      [&](const auto& response) {
        if (response.has_described()) at_source.push_back(response.described());
      },
      [&](const auto& response) {
        if (response.has_described()) at_destination.push_back(response.described());
      }));
  const auto told = TellDifferences(asked, at_source, at_destination, options_.max_differences);
  absl::MutexLock lock(&mutex_);
  verification_.mutable_differences()->Add(told.begin(), told.end());
  return absl::OkStatus();
}

absl::Status StreamVerifier::AskBoth(const std::function<void(v1::ChecksumRequest*)>& want,
                                     const Responses& at_source, const Responses& at_destination) {
  v1::ChecksumRequest source = stream_.source, destination = stream_.destination;
  want(&source);
  want(&destination);
  std::stop_source both;
  const std::stop_callback on_stop(options_.stop, [&] { both.request_stop(); });
  absl::Status from_destination;
  std::thread other(telemetry::InContext(
      [&] { from_destination = Ask(*options_.destination, destination, at_destination, both); }));
  const absl::Status from_source = Ask(*options_.source, source, at_source, both);
  other.join();
  // The end that was stopped for the other one's failure has nothing to say.
  const bool source_failed = !from_source.ok() && ReasonOf(from_source) != Reason::kStopped;
  return source_failed || from_destination.ok() ? from_source : from_destination;
}

absl::Status StreamVerifier::Ask(const verification::ChecksumClient& client,
                                 const v1::ChecksumRequest& request, const Responses& listener,
                                 std::stop_source& both) const {
  bool answered = false;
  const auto listen = [&](const v1::ChecksumResponse& response) {
    answered = answered || !response.has_rows_read();
    listener(response);
  };
  absl::Status status;
  // Of an answer that has begun nothing may come twice.
  const absl::Status retried = rpc::Retry(kReadPolicy, both.get_token(), [&] {
    status = client.Checksum(
        request, listen,
        {.progress_deadline = options_.progress_deadline, .stop = both.get_token()});
    return answered ? absl::OkStatus() : status;
  });
  if (!answered) status = retried;
  if (!status.ok()) both.request_stop();
  return status;
}

}  // namespace lockstitch::scheduler
