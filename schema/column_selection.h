#ifndef LOCKSTITCH_SCHEMA_COLUMN_SELECTION_H_
#define LOCKSTITCH_SCHEMA_COLUMN_SELECTION_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::schema {

// What a stream's settings make of its table.
struct ColumnSelection {
  v1::Table table;  // With the selected columns only, and with the key that the destination gets.
  std::vector<absl::Status> problems;  // What keeps the stream from being run.
  std::vector<std::string> notes;      // What its user should know.
  // The only problem is that the replication key isn't there, or has a type that no key can have.
  // What that means depends on whether it had another one when the stream was loaded last.
  bool replication_key_lost = false;
};

// Applies a stream's settings to its table: all columns, the included ones, or all but the excluded
// ones; the primary key, key columns and replication key always. What can't be read is left out,
// with a note, unless the settings name it. Of `known` columns, those that the stream's last load
// knew, included and excluded ones may be gone: a note. Finds every problem at once: obstacles by
// their own reasons, COLUMN_NOT_FOUND, SELECTION_INVALID, METHOD_NOT_AVAILABLE,
// REPLICATION_KEY_UNFIT, FILTER_INVALID. Whether an interval or a time zone is one is for the
// source to tell.
ColumnSelection SelectColumns(const v1::Table& table, const v1::StreamSettings& settings,
                              const std::set<std::string>& known = {});

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_COLUMN_SELECTION_H_
