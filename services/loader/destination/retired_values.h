#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_RETIRED_VALUES_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_RETIRED_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// What rows hold in columns that are loaded no more, where the whole table is read again: nobody
// else has it.

// Whether the rows of both loads can be told apart by the same columns of the source, of the same
// types. `wanted` is as if it came first. Pure.
bool HasSameKey(const LoadRecord& last, const LoadRecord& wanted);

// Gives the rows of the load table, which has its key, what the retired columns of the table of OID
// `old_oid` hold for their keys, where the load's plan keeps that: not those that are empty. May be
// repeated. Within a transaction of the caller's. Answers lines for the job's log.
absl::StatusOr<std::vector<std::string>> KeepRetired(postgres::Connection& connection,
                                                     const LoadRecord& load, int64_t old_oid);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_RETIRED_VALUES_H_
