#ifndef LOCKSTITCH_POSTGRES_RESULT_H_
#define LOCKSTITCH_POSTGRES_RESULT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

struct pg_result;

namespace lockstitch::postgres {

// The answer to a statement, in text format. Rows and columns count from 0; asking outside of them
// is a defect. Views live as long as the result.
class Result {
 public:
  explicit Result(pg_result* result);

  int rows() const;
  bool empty() const { return rows() == 0; }
  // Rows that an INSERT, UPDATE, DELETE or COPY changed.
  int64_t affected() const;

  // The OID of a column's type; of a domain, that of its base type.
  uint32_t Type(int column) const;
  bool IsNull(int row, int column) const;
  // The value's text; empty for NULL.
  absl::string_view Text(int row, int column) const;
  std::string String(int row, int column) const { return std::string(Text(row, column)); }
  // nullopt for NULL.
  std::optional<std::string> Optional(int row, int column) const;
  // 0 for NULL.
  int64_t Int(int row, int column) const;
  // For columns that hold 64 unsigned bits as bigint.
  uint64_t Bits(int row, int column) const { return static_cast<uint64_t>(Int(row, column)); }
  // false for NULL.
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_RESULT_H_
