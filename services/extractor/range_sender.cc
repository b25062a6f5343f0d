#include "services/extractor/range_sender.h"

#include <memory>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
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
constexpr absl::string_view kRelease = "RELEASE SAVEPOINT range";

bool MayTryAgain(const absl::Status& loader_failure) {
  // Only this sender opens the range: a superseded call was one of its own that came late.
  return rpc::IsOutOfReach(loader_failure, /*reached=*/true) ||
         ReasonOf(loader_failure) == Reason::kRangeSuperseded;
}

// Why a Load call ended of itself.
absl::Status FailureOf(LoadStream& load) {
  const absl::Status status = load.Finish();
  return status.ok()
             ? Error(Reason::kProtocolViolated, "the loader ended a range before its answer")
             : status;
}

// What the loader answered to a chunk's end, or to the open. A run that has ended is an error
// here.
absl::StatusOr<v1::LoadResponse> ReadAnswer(LoadStream& load, rpc::ProgressDeadline& deadline) {
  v1::LoadResponse response;
  do {
    if (!load.Read(&response)) return FailureOf(load);
    deadline.Touch();
  } while (response.has_committing());
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

}  // namespace

// One Load call, from its open to the range's end.
class RangeSender::Call {
 public:
  Call(const RangeSender& sender, Connection& source, const RangeRead& read, LoadStream& load,
       rpc::ProgressDeadline& deadline, Attempt* attempt)
      : options_(sender.options_),
        source_(source),
        read_(read),
        load_(load),
        deadline_(deadline),
        attempt_(*attempt),
        builder_(batch_.mutable_batch(), options_.batch_bytes, [this] { return SendBatch(); }) {
    *open_.mutable_open()->mutable_claim() = sender.claim_;
    open_.mutable_open()->set_range(read.number);
  }

  absl::StatusOr<v1::Extent> Run() {
    if (!read_.unchanged || attempt_.opened) RETURN_IF_ERROR(Open());
    if (opened_.complete()) return durable_;
    source_.Defer({std::string(kSavepoint)});
    const bool anew = opened_.durable_chunks() == 0;
    ASSIGN_OR_RETURN(
        CopyReader reader,
        CopyReader::Start(source_,
                          CopyOf(anew ? read_.query : QueryPast(read_, opened_.last_key()))));
    bool read_all = false;
    const absl::Status sent = SendRows(reader, &read_all);
    if (sent.ok()) {
      source_.Defer({std::string(kRelease)});
      return durable_;
    }
    if (!attempt_.loader_failure.ok() && !read_all) {
      reader.Cancel();
      RETURN_IF_ERROR(source_.Execute(kRollback));
    }
    return sent;
  }

 private:
  absl::Status Open() {
    is_open_ = attempt_.opened = true;
    load_.Write(open_);
    const absl::StatusOr<v1::LoadResponse> answer = ReadAnswer(load_, deadline_);
    if (!answer.ok()) return LoaderFailed(answer.status());
    opened_ = answer->opened();
    const bool in_part = !opened_.complete() && opened_.durable_chunks() > 0;
    if (in_part && !(read_.ordered && opened_.has_last_key())) {
      return LoaderFailed(
          Error(Reason::kProtocolViolated,
                absl::StrCat("range ", read_.number, " is durable in part, and ends nowhere")));
    }
    SetDurable(opened_.durable());
    next_chunk_ = opened_.durable_chunks();
    Failpoint("extractor.range.opened");
    return absl::OkStatus();
  }

  // Opens a range that turns out to have changed, and sends what was held of it.
  absl::Status OpenLate() {
    if (is_open_) return absl::OkStatus();
    RETURN_IF_ERROR(Open());
    if (opened_.complete() || opened_.durable_chunks() > 0) {
      return LoaderFailed(Error(Reason::kProtocolViolated,
                                absl::StrCat("range ", read_.number, " was opened by another")));
    }
    return held_.has_batch() && !load_.Write(held_) ? LoaderFailed(FailureOf(load_))
                                                    : absl::OkStatus();
  }

  absl::Status SendRows(CopyReader& reader, bool* read_all) {
    std::optional<ChunkCutter> cutter;
    if (read_.ordered)
      cutter.emplace(read_.ordered->field, options_.chunks, [] { return absl::Now(); });
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<absl::string_view> row, reader.Next());
      if (!row) break;
      ++attempt_.rows_read;
      if (cutter && cutter->EndsBefore(*row)) RETURN_IF_ERROR(EndChunk(/*ends_range=*/false));
      if (!builder_.AddRow(*row)) return attempt_.loader_failure;
    }
    *read_all = true;
    RETURN_IF_ERROR(EndChunk(/*ends_range=*/true));
    if (is_open_) load_.Finish().IgnoreError();
    return absl::OkStatus();
  }

  bool SendBatch() {
    deadline_.Touch();
    if (!read_.keys)
      options_.progress->AddExtracted(batch_.batch().rows(), batch_.batch().data().size());
    Failpoint("extractor.batch.built");
    // As long as the range may be unchanged, its first batch is held.
    if (!is_open_ && !held_.has_batch()) {
      held_ = batch_;
      return true;
    }
    if (!OpenLate().ok()) return false;
    const absl::Time start = absl::Now();
    const bool taken = load_.Write(batch_);
    options_.progress->AddBackpressure(absl::Now() - start);
    if (!taken) LoaderFailed(FailureOf(load_)).IgnoreError();
    return taken;
  }

  // Has what was sent since the last end committed, and waits for it.
  absl::Status EndChunk(bool ends_range) {
    v1::LoadRequest end;
    v1::ChunkEnd& chunk = *end.mutable_chunk_end();
    if (!builder_.EndChunk(chunk.mutable_extent())) return attempt_.loader_failure;
    if (!is_open_ && ends_range && batch::SameExtent(chunk.extent(), *read_.unchanged)) {
      durable_ = chunk.extent();
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(OpenLate());
    chunk.set_chunk(next_chunk_++);
    chunk.set_ends_range(ends_range);
    if (!load_.Write(end)) return LoaderFailed(FailureOf(load_));
    Failpoint("extractor.chunk.sent");
    if (ends_range) Failpoint("extractor.range.sent");
    const absl::Time start = absl::Now();
    const absl::StatusOr<v1::LoadResponse> answer = ReadAnswer(load_, deadline_);
    options_.progress->AddBackpressure(absl::Now() - start);
    if (!answer.ok()) return LoaderFailed(answer.status());
    Failpoint("extractor.chunk.acknowledged");
    v1::Extent durable = durable_;
    batch::AddChunk(chunk.extent(), &durable);
    SetDurable(durable);
    return absl::OkStatus();
  }

  // Rows are told once, however often the range is opened.
  void SetDurable(const v1::Extent& durable) {
    durable_ = durable;
    if (durable_.rows() <= attempt_.rows_durable) return;
    if (!read_.keys) options_.progress->AddLoaded(durable_.rows() - attempt_.rows_durable);
    attempt_.rows_durable = durable_.rows();
  }

  absl::Status LoaderFailed(const absl::Status& failure) {
    return attempt_.loader_failure = failure;
  }

  const Options& options_;
  Connection& source_;
  const RangeRead& read_;
  LoadStream& load_;
  rpc::ProgressDeadline& deadline_;
  Attempt& attempt_;
  v1::LoadRequest open_;
  v1::LoadOpened opened_;
  bool is_open_ = false;
  v1::LoadRequest held_;  // The first batch of a range that may be unchanged.
  v1::LoadRequest batch_;
  batch::Builder builder_;
  v1::Extent durable_;
  uint32_t next_chunk_ = 0;
};

absl::StatusOr<v1::Extent> RangeSender::Send(Connection& source, const RangeRead& read) const {
  const rpc::RetryPolicy policy;
  ProgressCounter::SentRange range(*options_.progress);
  Attempt attempt;
  absl::Status failure;
  for (int number = 1; number <= policy.attempts; ++number) {
    if (!rpc::WaitBeforeAttempt(policy, number, options_.stop)) break;
    const uint64_t durable_before = attempt.rows_durable;
    attempt.loader_failure = absl::OkStatus();
    attempt.rows_read = 0;
    absl::StatusOr<v1::Extent> extent = SendOnce(source, read, &attempt);
    const absl::Status& loader_failure = attempt.loader_failure;
    if (const int64_t row = FailedRow(extent.status(), loader_failure, attempt.rows_read); row > 0)
      return NameFailedRow(extent.status(), source, read.query, row);
    if (extent.ok()) range.Finish();
    if (extent.ok() || loader_failure.ok() || !MayTryAgain(loader_failure)) return extent;
    options_.metrics->Add(Metric::kExtractorRangeRetries, {Explain(loader_failure).reason}, 1);
    failure = loader_failure;
    // A range that gets on may take as many loaders as it needs.
    if (attempt.rows_durable > durable_before) number = 1;
    if (number < policy.attempts) {
      options_.note(absl::StrCat("range ", read.number, " is opened again, with ",
                                 attempt.rows_durable, " rows durable: ", Explain(failure).reason,
                                 ": ", failure.message()));
    }
  }
  return failure.ok() ? Error(Reason::kStopped, "stopped before a range was sent") : failure;
}

absl::Status RangeSender::NameFailedRow(const absl::Status& failure, Connection& source,
                                        const RangeQuery& query, int64_t row) const {
  const std::stop_callback on_stop(options_.stop, [&] { source.Interrupt(); });
  RETURN_IF_ERROR(source.Execute(kRollback));
  return NameRow(failure, source, query, row);
}

absl::StatusOr<v1::Extent> RangeSender::SendOnce(Connection& source, const RangeRead& read,
                                                 Attempt* attempt) const {
  const std::unique_ptr<LoadStream> load = options_.loader->Load();
  const auto break_off = [&] {
    load->Cancel();
    source.Interrupt();
  };
  rpc::ProgressDeadline deadline(options_.progress_deadline, break_off);
  const std::stop_callback on_stop(options_.stop, break_off);
  absl::StatusOr<v1::Extent> extent = Call(*this, source, read, *load, deadline, attempt).Run();
  if (extent.ok() || !deadline.stalled()) return extent;
  attempt->loader_failure = absl::OkStatus();
  return Error(Reason::kProgressStalled,
               absl::StrCat("range ", read.number, " did not move for ",
                            absl::FormatDuration(options_.progress_deadline)));
}

}  // namespace lockstitch::extractor
