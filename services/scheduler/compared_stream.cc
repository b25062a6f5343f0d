#include "services/scheduler/compared_stream.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using NameOf = const std::string& (v1::ColumnMapping::*)() const;

// The place of the column that has this name at one end.
std::optional<uint32_t> PlaceOf(const v1::LoadPlan& plan, NameOf name, const std::string& column) {
  for (int i = 0; i < plan.columns_size(); ++i) {
    if ((plan.columns(i).*name)() == column) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

absl::Status PlanIsOdd(const v1::StreamState& state) {
  return Error(Reason::kInternal,
               absl::StrCat("the kept plan of ", schema::StreamName(state.table()),
                            " names no column for its key or replication key"));
}

}  // namespace

absl::StatusOr<ComparedStream> CompareByState(const v1::Integration& integration,
                                              const v1::StreamState& state) {
  const v1::LoadPlan& plan = state.plan();
  if (state.destination_table().empty() || plan.columns().empty()) {
    return Error(Reason::kStreamNotLoaded,
                 absl::StrCat("no load of ", schema::StreamName(state.table()),
                              " has been published at the destination"));
  }
  const bool incremental = state.method() == v1::REPLICATION_METHOD_INCREMENTAL;
  // A reset forgets the source until a load has been published: what the table lacks can't be told.
  if (incremental && state.source().database().empty()) {
    return Error(Reason::kStreamNotLoaded,
                 absl::StrCat("the reset of ", schema::StreamName(state.table()),
                              " is pending: no load has been published since, and the table holds "
                              "what was loaded before"),
                 "Run `lockstitch sync`.");
  }
  ComparedStream stream = {
      .method = state.method(),
      .destination_table = absl::StrCat(state.destination_schema(), ".", state.destination_table()),
      .incomplete_columns = {plan.incomplete().begin(), plan.incomplete().end()}};
  v1::ChecksumRequest& source = stream.source;
  *source.mutable_columns() = plan.columns();
  for (const std::string& column : state.key_columns()) {
    const auto place = PlaceOf(plan, &v1::ColumnMapping::destination_column, column);
    if (!place) return PlanIsOdd(state);
    source.add_key(*place);
  }
  if (incremental) {
    const auto place = PlaceOf(plan, &v1::ColumnMapping::source_column, plan.replication_key());
    if (!place) return PlanIsOdd(state);
    if (plan.duplicate_keys() && !source.key().empty()) source.set_greatest_by(*place);
    // Below the last load's horizon everything is there, and whatever changes comes to be at or
    // past it; the bookmark stands for one that wasn't known. A stream without a bookmark has only
    // rows that are read whole by each run: NULL keys, and odd ones.
    source.mutable_compare_below()->set_column(*place);
    if (state.has_bookmark()) {
      source.mutable_compare_below()->set_bound(plan.has_horizon() ? plan.horizon()
                                                                   : state.bookmark());
      stream.next_lower_bound = state.bookmark();
    }
  }
  stream.destination = source;
  *source.mutable_source() = integration.source();
  *source.mutable_table() = state.table();
  source.set_filter(plan.filter());
  *stream.destination.mutable_destination() = integration.destination();
  stream.destination.mutable_table()->set_schema(state.destination_schema());
  stream.destination.mutable_table()->set_name(state.destination_table());
  stream.destination.set_without_marked(plan.marks_deletes());
  return stream;
}

}  // namespace lockstitch::scheduler
