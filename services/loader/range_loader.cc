#include "services/loader/range_loader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "batch/checksum.h"
#include "failpoint/failpoint.h"
#include "postgres/copy_writer.h"
#include "postgres/sqlstate.h"
#include "postgres/transaction.h"
#include "rpc/ticker.h"
#include "services/loader/destination/changes.h"
#include "services/loader/destination/claimed_load.h"
#include "services/loader/destination/deletes.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination_session.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::CopyWriter;
using postgres::SessionPool;
using postgres::Transaction;
using telemetry::Metric;

// VALUE_REJECTED with the row, if `failure` tells one. PostgreSQL tells it in the error's context:
// "COPY table, line 5, column c", the words in the server's language.
absl::Status WithRow(absl::Status failure, absl::string_view table) {
  const absl::string_view message = failure.message();
  const size_t context = message.find(absl::StrCat("COPY ", table, ", "));
  if (context == absl::string_view::npos) return failure;
  const size_t digits = message.find_first_of("0123456789", context + 7 + table.size());
  if (digits == absl::string_view::npos) return failure;
  const size_t end = std::min(message.find_first_not_of("0123456789", digits), message.size());
  const absl::Cord row(message.substr(digits, end - digits));
  if (ReasonOf(failure) != Reason::kValueRejected)
    failure = Error(Reason::kValueRejected, std::string(message));
  failure.SetPayload(kRowPayload, row);
  return failure;
}

// Input functions fail with all sorts of SQLSTATEs: jsonpath's with that of a syntax error,
// tsquery's with that of an internal one. Not about a value are those of the connection, the
// transaction, the server's resources, and its operators.
bool MayBeOfAValue(const absl::Status& failure) {
  const std::string sqlstate = postgres::SqlStateOf(failure);
  for (const absl::string_view other : {"08", "40", "53", "55", "57", "58"}) {
    if (absl::StartsWith(sqlstate, other)) return false;
  }
  return !sqlstate.empty();
}

// The commit is not waited for to reach the disk. A range's attempt number refuses the commits of
// earlier calls; a crash that takes it back ends their sessions as well, and a commit of this call
// brings it to the disk before itself.
constexpr absl::string_view kMayBeLost = "SET LOCAL synchronous_commit = off";

// What COPY's errors name as its table.
std::string CopiedTable(const LoadRecord& load) {
  return load.load_table.empty() ? std::string(kStagingName) : load.load_table;
}

// `failure` as its user knows the table.
absl::Status WithoutCopiedTable(const absl::Status& failure, const LoadRecord& load) {
  return WithMessage(failure, absl::StrReplaceAll(failure.message(),
                                                  {{CopiedTable(load), load.destination_table}}));
}

absl::Status RunEnded(const v1::Claim& claim) {
  return Error(Reason::kRunAborted, absl::StrCat("run ", claim.run_id(), " has ended"));
}

// A write that failed because the load was taken away says so, rather than what the server saw.
absl::Status ExplainFailure(SessionPool& sessions, const v1::Claim& claim,
                            const absl::Status& failure) {
  absl::StatusOr<SessionPool::Lease> session = OpenSession(sessions, claim);
  if (!session.ok()) return failure;
  const Transaction transaction = Transaction::Begin(**session);
  const absl::StatusOr<ClaimedLoad> claimed = LockClaimedLoad(**session, claim);
  if (claimed.ok() && claimed->result) return RunEnded(claim);
  return ReasonOf(claimed.status()) == Reason::kSuperseded ? claimed.status() : failure;
}

}  // namespace

absl::Status RangeLoader::Run() {
  if (options_.stop.stop_requested())
    return Error(Reason::kShuttingDown, "the loader is shutting down");
  if (!stream_.Read(&request_) || !request_.has_open()) {
    return Error(Reason::kProtocolViolated, "a Load call begins with open");
  }
  const v1::LoadOpen open = request_.open();
  ASSIGN_OR_RETURN(SessionPool::Lease session, OpenSession(*options_.sessions, open.claim()));
  Connection& connection = *session;

  // Whatever this call waits for, its client or its server, breaks when it is stopped or nothing
  // moves.
  const auto break_off = [&] {
    stream_.Cancel();
    connection.Interrupt();
  };
  rpc::ProgressDeadline deadline(options_.progress_deadline, break_off);
  deadline_ = &deadline;
  const std::stop_callback on_stop(options_.stop, break_off);

  const absl::Status status = Serve(connection, open);
  if (status.ok()) return status;
  if (options_.stop.stop_requested())
    return Error(Reason::kShuttingDown, "the loader is shutting down");
  if (deadline.stalled()) {
    return Error(
        Reason::kProgressStalled,
        absl::StrCat("nothing moved for ", absl::FormatDuration(options_.progress_deadline)));
  }
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason == Reason::kKeyHasNull) return WithoutCopiedTable(status, load_);
  if (reason == Reason::kValueRejected || MayBeOfAValue(status)) {
    const absl::Status refused = WithRow(status, CopiedTable(load_));
    if (ReasonOf(refused) == Reason::kValueRejected) return WithoutCopiedTable(refused, load_);
  }
  if (reason == Reason::kDestinationWriteFailed || reason == Reason::kConnectionLost) {
    return ExplainFailure(*options_.sessions, open.claim(), status);
  }
  return status;
}

absl::Status RangeLoader::Serve(Connection& connection, const v1::LoadOpen& open) {
  const std::string& integration = open.claim().target().integration();
  add_rows_ = options_.metrics->AdderOf(Metric::kLoaderRows, {integration});
  add_bytes_ = options_.metrics->AdderOf(Metric::kLoaderBytes, {integration});
  add_starved_ = options_.metrics->AdderOf(Metric::kLoaderStarvedSeconds, {});
  ASSIGN_OR_RETURN(bool more, Open(connection, open));
  while (more) {
    ASSIGN_OR_RETURN(more, WriteChunk(connection, open));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RangeLoader::Open(Connection& connection, const v1::LoadOpen& open) {
  Transaction transaction = Transaction::Begin(connection);
  connection.Defer({std::string(kMayBeLost)});
  ASSIGN_OR_RETURN(ClaimedLoad claimed, LockClaimedLoad(connection, open.claim()));
  v1::LoadResponse response;
  if (claimed.result) {
    *response.mutable_result() = *std::move(claimed.result);
    stream_.Write(response);
    return false;
  }
  load_ = *std::move(claimed.load);
  state_ = claimed.state;
  ASSIGN_OR_RETURN(opened_, OpenRange(std::move(transaction), load_, open.range()));
  next_chunk_ = opened_.answer.durable_chunks();
  *response.mutable_opened() = opened_.answer;
  if (!stream_.Write(response)) return CutOff();
  return !opened_.answer.complete();
}

bool RangeLoader::ReadRequest() {
  const absl::Time start = absl::Now();
  const bool read = stream_.Read(&request_);
  add_starved_(absl::ToDoubleSeconds(absl::Now() - start));
  if (read) deadline_->Touch();
  return read;
}

absl::StatusOr<bool> RangeLoader::WriteChunk(Connection& connection, const v1::LoadOpen& open) {
  if (!ReadRequest()) {
    if (stream_.cancelled()) return CutOff();
    return false;
  }
  Transaction transaction = Transaction::Begin(connection);
  RETURN_IF_ERROR(CopyChunk(connection, open));
  const v1::ChunkEnd& chunk = request_.chunk_end();
  Failpoint("loader.chunk.copied");
  {
    // It may take long; each wait for a lock in it has its own limit.
    const rpc::Ticker alive([this] {
      v1::LoadResponse committing;
      committing.mutable_committing();
      stream_.Write(committing);
      deadline_->Touch();
    });
    RETURN_IF_ERROR(Commit(connection, open, chunk));
  }
  Failpoint("loader.chunk.recorded");
  RETURN_IF_ERROR(transaction.Commit());
  Failpoint("loader.chunk.committed");
  deadline_->Touch();
  if (!opened_.keys) {
    add_rows_(static_cast<double>(chunk.extent().rows()));
    add_bytes_(static_cast<double>(chunk.extent().bytes()));
  }
  options_.metrics->Add(Metric::kLoaderChunks, {}, 1);

  v1::LoadResponse response;
  response.mutable_durable()->set_chunk(next_chunk_++);
  response.mutable_durable()->set_rows(chunk.extent().rows());
  if (!stream_.Write(response)) return CutOff();
  return !chunk.ends_range();
}

absl::Status RangeLoader::CopyChunk(Connection& connection, const v1::LoadOpen& open) {
  ASSIGN_OR_RETURN(const std::string into, PrepareCopy(connection));
  ASSIGN_OR_RETURN(CopyWriter copy, CopyWriter::Start(connection, into));
  while (request_.has_batch()) {
    RETURN_IF_ERROR(verifier_.Add(request_.batch()));
    RETURN_IF_ERROR(copy.Write(request_.batch().data()));
    Failpoint("loader.batch.written");
    if (!ReadRequest()) return CutOff();
  }
  RETURN_IF_ERROR(EndChunk(open));
  const v1::Extent& sent = request_.chunk_end().extent();
  ASSIGN_OR_RETURN(const int64_t rows, copy.Finish());
  if (static_cast<uint64_t>(rows) == sent.rows()) return absl::OkStatus();
  return Error(Reason::kLoadMismatch,
               absl::StrCat("the destination took ", rows, " rows of ", sent.rows()));
}

absl::Status RangeLoader::EndChunk(const v1::LoadOpen& open) {
  if (!request_.has_chunk_end() || request_.chunk_end().chunk() != next_chunk_) {
    return Error(Reason::kProtocolViolated,
                 absl::StrCat("expected the end of chunk ", next_chunk_));
  }
  const v1::ChunkEnd& chunk = request_.chunk_end();
  // What is left of a range that was read in no order could not be told.
  const bool has_order = load_.plan.mode() == v1::LOAD_MODE_CHANGES && !opened_.keys;
  if (!chunk.ends_range() && !has_order) {
    return Error(Reason::kProtocolViolated,
                 absl::StrCat("range ", open.range(), " is to be one chunk"));
  }
  return verifier_.EndChunk(chunk.extent());
}

absl::StatusOr<std::string> RangeLoader::PrepareCopy(Connection& connection) const {
  if (opened_.keys) {
    ASSIGN_OR_RETURN(const std::string staging, CreateKeyStaging(connection, state_, load_));
    return CopyKeysInto(staging, load_.plan);
  }
  if (load_.plan.mode() == v1::LOAD_MODE_CHANGES) {
    ASSIGN_OR_RETURN(const std::string staging, CreateStaging(connection, load_));
    return CopyInto(staging, load_.plan);
  }
  if (opened_.closing && load_.key_columns.empty())
    RETURN_IF_ERROR(MakeRoomForClosing(connection, load_));
  return CopyInto(QuotedLoadTable(load_), load_.plan);
}

absl::Status RangeLoader::Commit(Connection& connection, const v1::LoadOpen& open,
                                 const v1::ChunkEnd& chunk) {
  const bool changes = load_.plan.mode() == v1::LOAD_MODE_CHANGES;
  if (changes) RETURN_IF_ERROR(LockDestination(connection, load_, state_.schema));
  ASSIGN_OR_RETURN(const ClaimedLoad claimed, LockClaimedLoad(connection, open.claim()));
  if (claimed.result) return RunEnded(open.claim());
  const LoadRecord& load = *claimed.load;
  RETURN_IF_ERROR(TestAttempt(connection, load, open.range(), opened_.answer.attempt()));
  ChunkOutcome outcome;
  if (changes) {
    ASSIGN_OR_RETURN(outcome, Apply(connection, claimed.state, load, chunk));
  }
  InsertChunk(connection, load, open.range(), chunk, outcome);
  return absl::OkStatus();
}

absl::StatusOr<ChunkOutcome> RangeLoader::Apply(Connection& connection, const StreamState& state,
                                                const LoadRecord& load,
                                                const v1::ChunkEnd& chunk) const {
  if (opened_.keys) return ApplyDeletes(connection, state, load);
  ASSIGN_OR_RETURN(StagedKeys keys, ReadStagedKeys(connection, state, load));
  RETURN_IF_ERROR(ApplyChanges(connection, state, load, chunk.chunk() == 0));
  if (keys.bookmark && keys.bookmark != state.bookmark)
    SetBookmark(connection, state, *keys.bookmark);
  return ChunkOutcome{.last_key = std::move(keys.last_key)};
}

absl::Status RangeLoader::CutOff() const {
  return Error(Reason::kStopped, "the extractor's call ended before its chunk did");
}

}  // namespace lockstitch::loader
