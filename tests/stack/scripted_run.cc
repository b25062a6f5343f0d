#include "tests/stack/scripted_run.h"

#include <endian.h>

#include "absl/time/clock.h"
#include "batch/checksum.h"
#include "rpc/random_id.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::tests {
namespace {

// A tuple of binary COPY with int4 fields, fewer than 256.
std::string Tuple(const std::vector<int32_t>& values) {
  std::string tuple(1, '\0');
  tuple.push_back(static_cast<char>(values.size()));
  for (const int32_t value : values) {
    const uint32_t big_endian = htobe32(static_cast<uint32_t>(value));
    tuple.append("\0\0\0\4", 4);
    tuple.append(reinterpret_cast<const char*>(&big_endian), sizeof(big_endian));
  }
  return tuple;
}

v1::Column IntColumn(const std::string& name) {
  v1::Column column;
  column.set_name(name);
  column.mutable_type()->set_schema("pg_catalog");
  column.mutable_type()->set_name("int4");
  column.mutable_type()->set_kind(v1::TYPE_KIND_BASE);
  column.mutable_type()->set_binary(true);
  column.mutable_type()->set_modifier(-1);
  return column;
}

}  // namespace

ScriptedRun::ScriptedRun(const std::string& destination_url, int version, bool keyed)
    : version_(version), keyed_(keyed) {
  v1::StreamTarget& target = *claim_.mutable_target();
  target.mutable_destination()->mutable_postgres()->set_url(destination_url);
  target.set_integration("s");
  target.mutable_table()->set_schema("public");
  target.mutable_table()->set_name("t");
  claim_.set_run_id(rpc::RandomId());
}

absl::Status ScriptedRun::Reserve(const loader::LoaderClient& loader) {
  ASSIGN_OR_RETURN(const int64_t fence, Draw(loader, ++draws_));
  claim_.set_fence(fence);
  claim_.set_extraction_id(rpc::RandomId());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ScriptedRun::Draw(const loader::LoaderClient& loader, uint32_t draw) {
  v1::ReserveRunRequest request;
  *request.mutable_target() = claim_.target();
  request.set_run_id(claim_.run_id());
  request.set_draw(draw);
  ASSIGN_OR_RETURN(const v1::ReserveRunResponse response, loader.ReserveRun(request));
  if (response.has_result()) return Error(Reason::kRunAborted, "the run has a result already");
  return response.fence();
}

absl::StatusOr<v1::BeginLoadResponse> ScriptedRun::Begin(const loader::LoaderClient& loader) {
  v1::BeginLoadRequest request;
  *request.mutable_claim() = claim_;
  *request.mutable_table()->mutable_name() = claim_.target().table();
  *request.mutable_table()->add_columns() = IntColumn("id");
  *request.mutable_table()->add_columns() = IntColumn("version");
  if (keyed_) request.mutable_table()->add_primary_key("id");
  request.set_method(method_);
  request.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  if (method_ == v1::REPLICATION_METHOD_INCREMENTAL) {
    request.set_replication_key("version");
    request.add_ranges();
  } else {
    request.add_ranges()->set_upper("(1,0)");
    request.add_ranges()->set_lower("(1,0)");
  }
  request.mutable_source()->set_database(database_);
  request.mutable_source()->set_wal_position(position_);
  if (horizon_) request.set_horizon(*horizon_);
  request.set_reset_generation(reset_generation_);
  *request.mutable_settings() = settings_;
  request.set_protocol(protocol_);
  request.mutable_extracted_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  return loader.BeginLoad(request);
}

absl::Status ScriptedRun::SendRange(const loader::LoaderClient& loader, uint32_t range) {
  Range call(*this, loader, range);
  ASSIGN_OR_RETURN(const v1::LoadResponse opened, call.Open());
  if (opened.has_result()) return Error(Reason::kRunAborted, "the run has a result already");
  if (opened.opened().complete()) {
    extents_[range] = opened.opened().durable();
    return absl::OkStatus();
  }
  call.SendBatch();
  return call.EndChunk().status();
}

absl::Status ScriptedRun::SendRows(const loader::LoaderClient& loader,
                                   const std::vector<Row>& rows) {
  Range call(*this, loader, 0);
  RETURN_IF_ERROR(call.Open().status());
  call.SendRows(rows);
  return call.EndChunk().status();
}

absl::StatusOr<v1::LoadResult> ScriptedRun::Finish(const loader::LoaderClient& loader) {
  v1::FinishLoadRequest request;
  *request.mutable_claim() = claim_;
  for (const auto& [range, extent] : extents_) {
    v1::RangeExtent* reported = request.add_ranges();
    reported->set_range(range);
    *reported->mutable_extent() = extent;
  }
  ASSIGN_OR_RETURN(const v1::FinishLoadResponse response, loader.FinishLoad(request));
  return response.result();
}

absl::StatusOr<v1::LoadResult> ScriptedRun::Abort(const loader::LoaderClient& loader) {
  v1::AbortLoadRequest request;
  *request.mutable_claim() = claim_;
  ASSIGN_OR_RETURN(const v1::AbortLoadResponse response, loader.AbortLoad(request));
  return response.result();
}

absl::StatusOr<v1::LoadResult> ScriptedRun::RunAll(const loader::LoaderClient& loader) {
  RETURN_IF_ERROR(Reserve(loader));
  RETURN_IF_ERROR(Begin(loader).status());
  RETURN_IF_ERROR(SendRange(loader, 0));
  RETURN_IF_ERROR(SendRange(loader, 1));
  return Finish(loader);
}

absl::StatusOr<v1::LoadResult> ScriptedRun::RunAll(const loader::LoaderClient& loader,
                                                   const std::vector<Row>& rows) {
  RETURN_IF_ERROR(Reserve(loader));
  RETURN_IF_ERROR(Begin(loader).status());
  RETURN_IF_ERROR(SendRows(loader, rows));
  return Finish(loader);
}

ScriptedRun::Range::Range(ScriptedRun& run, const loader::LoaderClient& loader, uint32_t range)
    : run_(run),
      number_(range),
      stream_(loader.Load()),
      builder_(batch_.mutable_batch(), batch::kBatchBytes, [this] {
        if (corrupt_) (*batch_.mutable_batch()->mutable_data())[8] ^= 1;
        return stream_->Write(batch_);
      }) {}

absl::StatusOr<v1::LoadResponse> ScriptedRun::Range::Open() {
  v1::LoadRequest request;
  *request.mutable_open()->mutable_claim() = run_.claim_;
  request.mutable_open()->set_range(number_);
  stream_->Write(request);
  ASSIGN_OR_RETURN(const v1::LoadResponse response, Answer());
  next_chunk_ = response.opened().durable_chunks();
  durable_ = response.opened().durable();
  return response;
}

void ScriptedRun::Range::SendBatch() {
  SendRows({{.id = static_cast<int32_t>(number_) + 1, .version = run_.version_}});
}

void ScriptedRun::Range::SendRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) builder_.AddRow(Tuple({row.id, row.version}));
  builder_.EndChunk(&chunk_);
}

void ScriptedRun::Range::SendKeys(const std::vector<int32_t>& ids) {
  for (const int32_t id : ids) builder_.AddRow(Tuple({id}));
  builder_.EndChunk(&chunk_);
}

absl::StatusOr<v1::LoadResponse> ScriptedRun::Range::EndChunk(bool ends_range) {
  v1::LoadRequest request;
  request.mutable_chunk_end()->set_chunk(next_chunk_++);
  *request.mutable_chunk_end()->mutable_extent() = chunk_;
  request.mutable_chunk_end()->set_ends_range(ends_range);
  stream_->Write(request);
  ASSIGN_OR_RETURN(const v1::LoadResponse response, Answer());
  batch::AddChunk(chunk_, &durable_);
  run_.extents_[number_] = durable_;
  return response;
}

absl::StatusOr<v1::LoadResponse> ScriptedRun::Range::Answer() {
  v1::LoadResponse response;
  if (stream_->Read(&response)) return response;
  const absl::Status status = stream_->Finish();
  return status.ok() ? absl::InternalError("the call ended without an answer") : status;
}

}  // namespace lockstitch::tests
