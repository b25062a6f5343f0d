#include "services/extractor/load_opening.h"

#include <set>
#include <string>

#include "rpc/timestamp.h"
#include "schema/protocol_version.h"

namespace lockstitch::extractor {

v1::BeginLoadRequest DescribeLoad(const v1::ExtractOffer& offer, const v1::Claim& claim,
                                  const Snapshot& snapshot, const v1::Table& selected) {
  v1::BeginLoadRequest request;
  *request.mutable_claim() = claim;
  *request.mutable_table() = selected;
  std::set<std::string> names;
  for (const v1::Column& column : selected.columns()) names.insert(column.name());
  for (const v1::Column& column : snapshot.table().columns()) {
    if (names.count(column.name()) == 0) request.add_other_columns(column.name());
  }
  request.set_new_columns(offer.new_columns());
  *request.mutable_named_columns() = offer.settings().include_columns();
  request.set_lc_monetary(snapshot.money_locale());
  request.set_source_encoding(snapshot.encoding());
  request.set_source_version(snapshot.server_version());
  request.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  request.set_system_columns(offer.system_columns());
  request.set_filter(offer.settings().filter());
  *request.mutable_settings() = offer.settings();
  request.set_protocol(schema::kProtocol);
  request.set_reset_generation(offer.reset_generation());
  request.set_reset(offer.reset());
  *request.mutable_source() = snapshot.source();
  *request.mutable_extracted_at() = rpc::ToTimestamp(snapshot.taken_at());
  return request;
}

}  // namespace lockstitch::extractor
