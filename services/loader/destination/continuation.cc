#include "services/loader/destination/continuation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "services/loader/destination/publish.h"
#include "status/macros.h"

namespace lockstitch::loader {
namespace {

// $1, $2 write-ahead log positions as text, neither empty.
constexpr absl::string_view kIsBehind = "SELECT $1::pg_lsn < $2::pg_lsn";

// $1 a table's OID.
constexpr absl::string_view kColumns =
    "SELECT attname, pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute "
    "WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped";

// $1 a table's OID, $2 columns in their order.
constexpr absl::string_view kHasKey = R"sql(
SELECT EXISTS (
  SELECT 1 FROM pg_catalog.pg_constraint c
  WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'u') AND NOT c.condeferrable AND
        ARRAY(SELECT a.attname::text
              FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
              ORDER BY k.place) = $2::text[]))sql";

bool SameColumns(const v1::LoadPlan& a, const v1::LoadPlan& b) {
  const auto same = [](const v1::ColumnMapping& one, const v1::ColumnMapping& other) {
    return one.SerializeAsString() == other.SerializeAsString();
  };
  return std::equal(a.columns().begin(), a.columns().end(), b.columns().begin(), b.columns().end(),
                    same);
}

// What differs between two loads so that the rows of one are not those of the other.
std::optional<std::string> Difference(const LoadRecord& old, const LoadRecord& wanted) {
  if (old.method != wanted.method) return "the replication method has changed";
  if (old.plan.replication_key() != wanted.plan.replication_key()) {
    return absl::StrCat("the replication key was ", old.plan.replication_key(), " and is now ",
                        wanted.plan.replication_key());
  }
  if (old.key_columns != wanted.key_columns) return "the primary key has changed";
  if (old.plan.filter() != wanted.plan.filter()) return "the filter has changed";
  if (old.plan.system().columns() != wanted.plan.system().columns())
    return "the choice of system columns has changed";
  if (!SameColumns(old.plan, wanted.plan)) return "the columns, or their types, have changed";
  return std::nullopt;
}

// What is missing in the destination table that changes are written by.
absl::StatusOr<std::optional<std::string>> DefectOf(postgres::Connection& connection, int64_t oid,
                                                    const LoadRecord& wanted) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kColumns, {absl::StrCat(oid)}));
  std::map<std::string, std::string> types;
  for (int row = 0; row < rows.rows(); ++row) types[rows.String(row, 0)] = rows.String(row, 1);
  if (types.empty()) return "the destination table is gone";
  for (const v1::ColumnMapping& column : wanted.plan.columns()) {
    const auto found = types.find(column.destination_column());
    if (found == types.end() || found->second != column.destination_type()) {
      return absl::StrCat("the destination table's column ", column.destination_column(),
                          " is not as it was made");
    }
  }
  for (const schema::SystemColumn& column :
       schema::SystemColumnsOf(wanted.plan.system().columns())) {
    if (types.count(std::string(column.name)) == 0)
      return absl::StrCat("the destination table has no column ", column.name);
  }
  if (wanted.key_columns.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(
      const postgres::Result key,
      connection.Query(kHasKey, {absl::StrCat(oid), postgres::ArrayText(wanted.key_columns)}));
  if (key.Bool(0, 0)) return std::nullopt;
  return "the destination table has lost its primary key";
}

}  // namespace

absl::StatusOr<std::optional<std::string>> WhyFromTheBeginning(
    postgres::Connection& connection, const StreamState& state,
    const std::optional<LoadRecord>& last, const LoadRecord& wanted) {
  if (!last) return std::nullopt;
  if (const auto difference = Difference(*last, wanted)) return difference;
  if (!state.bookmark)
    return "there is no bookmark: the stream was reset, or no row had a replication key";
  // By its name: a table that was renamed or moved is gone as well.
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, wanted.destination_table));
  return DefectOf(connection, oid, wanted);
}

absl::StatusOr<Unfinished> FindUnfinished(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& wanted) {
  ASSIGN_OR_RETURN(std::optional<LoadRecord> load, UnfinishedFirstLoad(connection, state));
  if (!load) return Unfinished();
  if (!load->plan.has_horizon())
    return Unfinished{.obstacle = "how far the bookmark may move was not known when it began"};
  if (auto difference = Difference(*load, wanted))
    return Unfinished{.obstacle = *std::move(difference)};
  if (load->source.system_identifier() != wanted.source.system_identifier() ||
      load->source.database() != wanted.source.database())
    return Unfinished{.obstacle = "it read another source"};
  if (load->destination_table != wanted.destination_table)
    return Unfinished{.obstacle = "the destination table has another name"};
  ASSIGN_OR_RETURN(const bool behind,
                   IsBehind(connection, wanted.source, load->source.wal_position()));
  if (behind) return Unfinished{.obstacle = "the source is behind where it was read"};
  return Unfinished{.load = std::move(load)};
}

absl::StatusOr<bool> IsBehind(postgres::Connection& connection, const v1::SourceIdentity& source,
                              const std::string& position) {
  if (position.empty() || source.wal_position().empty()) return false;
  ASSIGN_OR_RETURN(const postgres::Result behind,
                   connection.Query(kIsBehind, {source.wal_position(), position}));
  return behind.Bool(0, 0);
}

}  // namespace lockstitch::loader
