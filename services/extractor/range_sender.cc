#include "services/extractor/range_sender.h"

#include <memory>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "batch/builder.h"
#include "batch/checksum.h"
#include "failpoint/failpoint.h"
#include "postgres/copy_reader.h"
#include "rpc/progress_deadline.h"
#include "rpc/retry.h"
#include "services/extractor/source/row_locator.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

using postgres::Connection;
using postgres::CopyReader;
using LoadStream = loader::LoaderClient::LoadStream;
using telemetry::Metric;

// A cancelled COPY must not take the snapshot's transaction with it.
constexpr absl::string_view kSavepoint = "SAVEPOINT range";
constexpr absl::string_view kRollback = "ROLLBACK TO SAVEPOINT range";

bool MayTryAgain(const absl::Status& loader_failure) {
  // Only this sender opens the range: a superseded call was one of its own that came late.
  return loader_failure.code() == absl::StatusCode::kUnavailable ||
         ReasonOf(loader_failure) == Reason::kRangeSuperseded;
}

// Why a Load call ended of itself.
absl::Status FailureOf(LoadStream& load) {
  const absl::Status status = load.Finish();
  return status.ok()
             ? Error(Reason::kProtocolViolated, "the loader ended a range before its answer")
             : status;
}

// What the loader answered to the chunk's end, or to the open. A run that has ended is an error
// here.
absl::StatusOr<v1::LoadResponse> ReadAnswer(LoadStream& load) {
  v1::LoadResponse response;
  if (!load.Read(&response)) return FailureOf(load);
  if (!response.has_result()) return response;
  return Error(Reason::kRunAborted, "the run has ended at the destination");
}

// Which row of the range the failure of one end is about; 0 if it is about none. The loader tells
// it, the source broke off behind the last row that it sent.
int64_t FailedRow(const absl::Status& source_failure, const absl::Status& loader_failure,
                  int64_t rows_read) {
  int64_t row = 0;
  const auto payload = loader_failure.GetPayload(kRowPayload);
  if (payload && absl::SimpleAtoi(std::string(*payload), &row)) return row;
  const std::optional<Reason> reason = ReasonOf(source_failure);
  const bool of_a_row = loader_failure.ok() &&
                        (reason == Reason::kSourceValueInvalid || reason == Reason::kRowTooLarge);
  return of_a_row ? rows_read + 1 : 0;
}

// False once the builder's sender has given up. `rows` counts those that came.
absl::StatusOr<bool> Fill(CopyReader& reader, batch::Builder& builder, int64_t* rows) {
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<absl::string_view> row, reader.Next());
    if (!row) return true;
    ++*rows;
    if (!builder.AddRow(*row)) return false;
  }
}

}  // namespace

absl::StatusOr<v1::Extent> RangeSender::Send(Connection& source, uint32_t range,
                                             const RangeQuery& query) const {
  const rpc::RetryPolicy policy;
  absl::Status failure;
  for (int attempt = 1; attempt <= policy.attempts; ++attempt) {
    if (!rpc::WaitBeforeAttempt(policy, attempt, options_.stop)) break;
    absl::Status loader_failure;
    int64_t rows_read = 0;
    absl::StatusOr<v1::Extent> extent = SendOnce(source, range, query, &loader_failure, &rows_read);
    if (const int64_t row = FailedRow(extent.status(), loader_failure, rows_read); row > 0)
      return NameFailedRow(extent.status(), source, query, row);
    if (extent.ok() || loader_failure.ok() || !MayTryAgain(loader_failure)) return extent;
    options_.metrics->Add(Metric::kExtractorRangeRetries, {Explain(loader_failure).reason}, 1);
    failure = loader_failure;
  }
  return failure.ok() ? Error(Reason::kStopped, "stopped before a range was sent") : failure;
}

absl::Status RangeSender::NameFailedRow(const absl::Status& failure, Connection& source,
                                        const RangeQuery& query, int64_t row) const {
  const std::stop_callback on_stop(options_.stop, [&] { source.Interrupt(); });
  RETURN_IF_ERROR(source.Execute(kRollback));
  return NameRow(failure, source, query, row);
}

absl::StatusOr<v1::Extent> RangeSender::SendOnce(Connection& source, uint32_t range,
                                                 const RangeQuery& query,
                                                 absl::Status* loader_failure,
                                                 int64_t* rows_read) const {
  const std::unique_ptr<LoadStream> load = options_.loader->Load();
  const auto break_off = [&] {
    load->Cancel();
    source.Interrupt();
  };
  rpc::ProgressDeadline deadline(options_.progress_deadline, break_off);
  const std::stop_callback on_stop(options_.stop, break_off);
  absl::StatusOr<v1::Extent> extent =
      Transfer(source, range, query, *load, deadline, loader_failure, rows_read);
  if (extent.ok() || !deadline.stalled()) return extent;
  *loader_failure = absl::OkStatus();
  return Error(Reason::kProgressStalled,
               absl::StrCat("range ", range, " did not move for ",
                            absl::FormatDuration(options_.progress_deadline)));
}

absl::StatusOr<v1::Extent> RangeSender::Transfer(Connection& source, uint32_t range,
                                                 const RangeQuery& query, LoadStream& load,
                                                 rpc::ProgressDeadline& deadline,
                                                 absl::Status* loader_failure,
                                                 int64_t* rows_read) const {
  v1::LoadRequest request;
  *request.mutable_open()->mutable_claim() = claim_;
  request.mutable_open()->set_range(range);
  load.Write(request);
  const absl::StatusOr<v1::LoadResponse> answer = ReadAnswer(load);
  if (!answer.ok()) return *loader_failure = answer.status();
  const v1::LoadOpened& opened = answer->opened();
  if (opened.complete()) {
    options_.progress->AddLoaded(opened.durable().rows());
    return opened.durable();
  }
  Failpoint("extractor.range.opened");

  RETURN_IF_ERROR(source.Execute(kSavepoint));
  ASSIGN_OR_RETURN(CopyReader reader, CopyReader::Start(source, CopyOf(query)));
  v1::LoadRequest batch;
  batch::Builder builder(batch.mutable_batch(), [&] {
    deadline.Touch();
    options_.progress->AddExtracted(batch.batch().rows(), batch.batch().data().size());
    Failpoint("extractor.batch.built");
    return load.Write(batch);
  });
  v1::LoadRequest end;
  v1::ChunkEnd& chunk = *end.mutable_chunk_end();
  chunk.set_chunk(opened.durable_chunks());
  chunk.set_ends_range(true);
  ASSIGN_OR_RETURN(const bool filled, Fill(reader, builder, rows_read));
  const bool sent = filled && builder.EndChunk(chunk.mutable_extent()) && load.Write(end);
  if (!sent) {
    *loader_failure = FailureOf(load);
    reader.Cancel();
    RETURN_IF_ERROR(source.Execute(kRollback));
    return *loader_failure;
  }
  Failpoint("extractor.range.sent");
  const absl::StatusOr<v1::LoadResponse> durable = ReadAnswer(load);
  if (!durable.ok()) return *loader_failure = durable.status();
  load.Finish().IgnoreError();
  options_.progress->AddLoaded(chunk.extent().rows());
  v1::Extent extent;
  batch::AddChunk(chunk.extent(), &extent);
  return extent;
}

}  // namespace lockstitch::extractor
