#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_LOAD_OPENING_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_LOAD_OPENING_H_

#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/extractor/source/snapshot.h"

namespace lockstitch::extractor {

// What an extraction tells the loader of a snapshot and of the columns that are `selected` of it,
// whatever the method: ranges and what is INCREMENTAL's own are left out.
v1::BeginLoadRequest DescribeLoad(const v1::ExtractOffer& offer, const v1::Claim& claim,
                                  const Snapshot& snapshot, const v1::Table& selected);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_LOAD_OPENING_H_
