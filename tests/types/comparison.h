#ifndef LOCKSTITCH_TESTS_TYPES_COMPARISON_H_
#define LOCKSTITCH_TESTS_TYPES_COMPARISON_H_

#include <functional>
#include <string>
#include <vector>

#include "testing/database.h"
#include "tests/types/sample_columns.h"

namespace lockstitch::tests {

// A table of samples, with an int4 column "id".
struct SampleTable {
  std::string source;       // As SQL.
  std::string destination;  // As SQL.
  std::vector<SampleColumn> columns;
};

// What is not as it must be at the destination: columns of another type, rows missing or doubled,
// values that differ. Empty if nothing. `show` tells what a row's value of a column was made from.
std::vector<std::string> Differences(testing::Database& source, testing::Database& destination,
                                     const SampleTable& table,
                                     const std::function<std::string(size_t column, int id)>& show);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_TYPES_COMPARISON_H_
