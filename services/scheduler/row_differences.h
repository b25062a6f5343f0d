#ifndef LOCKSTITCH_SERVICES_SCHEDULER_ROW_DIFFERENCES_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_ROW_DIFFERENCES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/verification.pb.h"

namespace lockstitch::scheduler {

// The columns that rows are described by: those of the key, or, of a stream without one, its
// replication key if it has one; then every column, where values are wanted.
std::vector<uint32_t> ShownColumns(const v1::ChecksumRequest& request, bool show_values);

// Tells described rows of the same keys apart. `request` is what both ends were asked, with the
// shown columns above. What is the same at both is left out; the least keys come first, as text;
// at most `most`.
std::vector<v1::RowDifference> TellDifferences(const v1::ChecksumRequest& request,
                                               const std::vector<v1::DescribedRow>& source,
                                               const std::vector<v1::DescribedRow>& destination,
                                               size_t most);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_ROW_DIFFERENCES_H_
