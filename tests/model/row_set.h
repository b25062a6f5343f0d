#ifndef LOCKSTITCH_TESTS_MODEL_ROW_SET_H_
#define LOCKSTITCH_TESTS_MODEL_ROW_SET_H_

#include <cstdint>

namespace lockstitch::model {

// Row versions, one bit each, by the order in which the source committed them.
using RowSet = uint8_t;
constexpr int kMostVersions = 8;

constexpr bool Has(RowSet rows, int version) { return (rows >> version & 1) != 0; }
constexpr RowSet Only(int version) { return static_cast<RowSet>(1 << version); }
constexpr RowSet Without(RowSet rows, RowSet others) { return rows & static_cast<RowSet>(~others); }

// The row versions of a table that may hold one more than once.
struct TableRows {
  RowSet present = 0;
  RowSet doubled = 0;  // Those that are there twice or more.

  void Append(RowSet rows) {
    doubled |= present & rows;
    present |= rows;
  }
  void Delete(RowSet rows) {
    present = Without(present, rows);
    doubled = Without(doubled, rows);
  }
  bool IsExactly(RowSet rows) const { return present == rows && doubled == 0; }
  bool HasOnce(int version) const { return Has(present, version) && !Has(doubled, version); }
  bool operator==(const TableRows&) const = default;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_ROW_SET_H_
