#ifndef LOCKSTITCH_VERIFICATION_TABLE_QUERY_H_
#define LOCKSTITCH_VERIFICATION_TABLE_QUERY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/checksum.pb.h"

namespace lockstitch::verification {

// The statement that reads a table for a request, a COPY TO STDOUT in binary. Behind the request's
// columns its tuples have
//
// | wanted   | fields                                                                 |
// |----------|------------------------------------------------------------------------|
// | sum      | none; rows that can't be compared don't come                           |
// | list     | whether the row can be compared, a boolean, NULL where the key is NULL |
// | describe | the columns to show, as text                                           |
struct TableQuery {
  std::string sql;
  size_t more_fields = 0;
};

// `wire_typed` tells by their places which columns are of their wire types as they are: their casts
// would only cost the server time, and are left out. FILTER_INVALID if the row filter isn't one
// expression; PROTOCOL_VIOLATED for places outside of the columns.
absl::StatusOr<TableQuery> QueryTable(const v1::ChecksumRequest& request,
                                      const std::vector<bool>& wire_typed);

// The statement whose answer shows, without a row, the types of the request's columns: of all of
// them as they are, then of all as they are read. It locks the table, so that these stay to the end
// of its transaction.
std::string QueryTypes(const v1::ChecksumRequest& request);

}  // namespace lockstitch::verification

#endif  // LOCKSTITCH_VERIFICATION_TABLE_QUERY_H_
