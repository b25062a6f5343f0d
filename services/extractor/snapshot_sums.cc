#include "services/extractor/snapshot_sums.h"

#include <algorithm>
#include <string>

#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

// A sent row's checksum is of its bytes as they are; of arrays only a part is compared.
bool SentAsCompared(const v1::LoadPlan& plan) {
  return plan.mode() == v1::LOAD_MODE_REPLACE &&
         std::none_of(plan.columns().begin(), plan.columns().end(),
                      [](const v1::ColumnMapping& column) { return column.wire_array(); });
}

}  // namespace

absl::StatusOr<v1::RowSums> SumSnapshot(Snapshot& snapshot, const v1::ExtractOffer& offer,
                                        const v1::LoadPlan& plan,
                                        const std::map<uint32_t, v1::Extent>& sent,
                                        const verification::ReadingOptions& options) {
  v1::RowSums sums;
  if (SentAsCompared(plan)) {
    for (const auto& [range, extent] : sent) {
      sums.set_rows(sums.rows() + extent.rows());
      sums.set_row_sum(sums.row_sum() + extent.row_sum());
    }
    return sums;
  }
  v1::ChecksumRequest request;
  *request.mutable_source() = offer.source();
  *request.mutable_table() = offer.target().table();
  *request.mutable_columns() = plan.columns();
  request.set_filter(offer.settings().filter());
  request.mutable_sum();
  if (plan.mode() != v1::LOAD_MODE_REPLACE) {
    std::map<std::string, uint32_t> places;
    for (const v1::ColumnMapping& column : plan.columns())
      places[column.source_column()] = static_cast<uint32_t>(places.size());
    const uint32_t replication_key = places.at(plan.replication_key());
    request.mutable_compare_below()->set_column(replication_key);
    if (plan.duplicate_keys()) {
      for (const std::string& column : offer.settings().key_columns())
        request.add_key(places.at(column));
      request.set_greatest_by(replication_key);
    }
  }
  RETURN_IF_ERROR(verification::ReadChecksums(snapshot.connection(), request, options,
                                              [&](const v1::ChecksumResponse& response) {
                                                if (response.has_sums()) sums = response.sums();
                                                return absl::OkStatus();
                                              }));
  sums.clear_bucket_sums();
  sums.clear_bucket_rows();
  return sums;
}

}  // namespace lockstitch::extractor
