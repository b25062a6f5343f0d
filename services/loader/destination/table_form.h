#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_FORM_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_FORM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What columns a destination table has, whoever made them.
struct TableForm {
  struct Column {
    std::string name;
    std::string type;  // As SQL shows it.
    // Views, policies, triggers and the like need it as it is, so that its type can't be altered.
    bool fixed = false;
  };
  std::vector<Column> columns;  // In their order; empty if there is no table.
  int numbers = 0;              // How many there are, with those that were dropped.

  // Columns of the constraints by which rows are told apart, in the constraints' order.
  std::vector<std::vector<std::string>> keys;

  // nullptr if there is none.
  const Column* Find(const std::string& name) const;
  bool HasKey(const std::vector<std::string>& key_columns) const;
};

absl::StatusOr<TableForm> ReadTableForm(postgres::Connection& connection, int64_t oid);

// Alters the stream's destination table by `actions`, the parts of one ALTER TABLE; none do
// nothing. Within a transaction of the caller's, in which nothing waits for a lock for more than a
// second from then on: so that no queue of readers forms behind, what fails with lock_not_available
// is to be tried again in a new transaction. DESTINATION_TABLE_IN_USE if PostgreSQL refuses for
// what users have put on the table; DESTINATION_CONFLICT if the table is no longer that which the
// stream's row tells of.
absl::Status AlterTable(postgres::Connection& connection, const StreamState& state,
                        const std::string& table, const std::vector<std::string>& actions);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_FORM_H_
