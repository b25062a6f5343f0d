#include "schema/catalog_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "schema/catalog_cursor.h"
#include "schema/catalog_queries.h"
#include "schema/catalog_types.h"
#include "schema/obstacles.h"
#include "schema/recommendation.h"
#include "schema/replication_keys.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

// All rows are wanted, not the first ones soon; and the planner takes the recursions for large and
// has them compiled, which costs more than all queries.
constexpr absl::string_view kFetchAll = "SET LOCAL cursor_tuple_fraction = 1";
constexpr absl::string_view kNoJit = "SET LOCAL jit = off";
constexpr absl::string_view kDefaultFetch = "SET LOCAL cursor_tuple_fraction = DEFAULT";
constexpr absl::string_view kDefaultJit = "SET LOCAL jit = DEFAULT";
constexpr absl::string_view kUser = "SELECT current_user";

v1::TableKind TableKindOf(absl::string_view relkind) {
  if (relkind == "p") return v1::TABLE_KIND_PARTITIONED_TABLE;
  if (relkind == "v") return v1::TABLE_KIND_VIEW;
  if (relkind == "m") return v1::TABLE_KIND_MATERIALIZED_VIEW;
  if (relkind == "f") return v1::TABLE_KIND_FOREIGN_TABLE;
  return v1::TABLE_KIND_TABLE;
}

v1::ColumnGeneration GenerationOf(absl::string_view identity, absl::string_view generated) {
  if (generated == "s") return v1::COLUMN_GENERATION_STORED;
  if (generated == "v") return v1::COLUMN_GENERATION_VIRTUAL;
  return identity.empty() ? v1::COLUMN_GENERATION_UNSPECIFIED : v1::COLUMN_GENERATION_IDENTITY;
}

// Visits the rows of `cursor` that belong to the table.
template <typename Visit>
absl::Status ForEach(CatalogCursor& cursor, int64_t table, Visit visit) {
  while (cursor.table() == table) {
    visit();
    RETURN_IF_ERROR(cursor.Next());
  }
  return absl::OkStatus();
}

// Puts tables together from the queries, each of which shows them in the same order.
class Reading {
 public:
  explicit Reading(postgres::Connection& connection)
      : connection_(connection),
        tables_(connection, "tables"),
        columns_(connection, "columns"),
        indexes_(connection, "indexes"),
        parents_(connection, "parents"),
        partitions_(connection, "partitions") {}

  absl::Status Run(std::optional<int64_t> oid, const TableSink& sink) {
    RETURN_IF_ERROR(oid ? OpenOne(*oid) : OpenAll());
    while (tables_.table() != 0) {
      v1::Table table;
      RETURN_IF_ERROR(Read(&table));
      RETURN_IF_ERROR(sink(std::move(table)));
      RETURN_IF_ERROR(tables_.Next());
    }
    return Close(/*all=*/!oid);
  }

 private:
  bool has_jit() const { return connection_.server_version() >= 110000; }

  // A cursor for each query, since there may be many tables.
  absl::Status OpenAll() {
    const CatalogQueries queries = CatalogQueriesFor(connection_.server_version());
    connection_.Defer({std::string(kFetchAll)});
    if (has_jit()) connection_.Defer({std::string(kNoJit)});
    ASSIGN_OR_RETURN(const postgres::Result user, connection_.Query(kUser));
    access_.user = user.String(0, 0);
    ASSIGN_OR_RETURN(const postgres::Result types, connection_.Query(queries.types));
    types_.emplace(types);
    for (const auto& [cursor, query] : Cursors(queries)) RETURN_IF_ERROR(cursor->Open(*query));
    return absl::OkStatus();
  }

  // All queries at once.
  absl::Status OpenOne(int64_t oid) {
    const CatalogQueries queries = CatalogQueriesForOne(connection_.server_version());
    const std::vector<postgres::Connection::Parameter> table = {absl::StrCat(oid)};
    if (has_jit()) connection_.Defer({std::string(kNoJit)});
    std::vector<postgres::Connection::Statement> statements = {postgres::Connection::Lasting(kUser),
                                                               {queries.types, table}};
    std::vector<CatalogCursor*> opened;
    for (const auto& [cursor, query] : Cursors(queries)) {
      if (query->empty()) continue;
      statements.push_back({*query, table});
      opened.push_back(cursor);
    }
    ASSIGN_OR_RETURN(std::vector<postgres::Result> answers,
                     connection_.QueryAll(std::move(statements)));
    access_.user = answers[0].String(0, 0);
    types_.emplace(answers[1]);
    for (size_t i = 0; i < opened.size(); ++i) opened[i]->Open(std::move(answers[i + 2]));
    return absl::OkStatus();
  }

  std::vector<std::pair<CatalogCursor*, const std::string*>> Cursors(
      const CatalogQueries& queries) {
    return {{&tables_, &queries.tables},
            {&columns_, &queries.columns},
            {&indexes_, &queries.indexes},
            {&parents_, &queries.parents},
            {&partitions_, &queries.partitions}};
  }

  // The transaction may go on for hours.
  absl::Status Close(bool all) {
    for (CatalogCursor* cursor : {&tables_, &columns_, &indexes_, &parents_, &partitions_})
      RETURN_IF_ERROR(cursor->Close());
    if (all) connection_.Defer({std::string(kDefaultFetch)});
    if (has_jit()) connection_.Defer({std::string(kDefaultJit)});
    return absl::OkStatus();
  }

  absl::Status Read(v1::Table* table) {
    const int64_t oid = tables_.table();
    const bool has_children = ReadHead(table);
    places_.clear();
    indexed_.clear();
    RETURN_IF_ERROR(ForEach(columns_, oid, [&] { ReadColumn(table); }));
    RETURN_IF_ERROR(ForEach(indexes_, oid, [&] { ReadIndex(table); }));
    RETURN_IF_ERROR(ForEach(parents_, oid, [&] { ReadParent(table); }));
    RETURN_IF_ERROR(ForEach(partitions_, oid, [&] { ReadPartitions(table); }));
    AddReplicationKeys(indexed_, table);
    SetObstacle(access_, table);
    if (!table->has_obstacle()) *table->mutable_recommendation() = Recommend(*table, has_children);
    return absl::OkStatus();
  }

  // Whether others inherit from it.
  bool ReadHead(v1::Table* table) {
    table->mutable_name()->set_schema(tables_.String(1));
    table->mutable_name()->set_name(tables_.String(2));
    table->set_oid(tables_.table());
    table->set_kind(TableKindOf(tables_.Text(3)));
    // Servers before 14 say 0 for "never analyzed", and later ones for views.
    const int64_t estimate = tables_.Int(4);
    const bool view = table->kind() == v1::TABLE_KIND_VIEW;
    const bool unknown = view || (estimate == 0 && connection_.server_version() < 140000);
    table->set_row_estimate(unknown ? -1 : estimate);
    table->set_size_bytes(tables_.Int(5));
    access_.may_select = tables_.Bool(6);
    access_.may_use_schema = tables_.Bool(7);
    access_.row_security = tables_.Bool(8);
    access_.populated = tables_.Bool(9);
    table->set_comment(tables_.String(11));
    return tables_.Bool(10);
  }

  void ReadColumn(v1::Table* table) {
    v1::Column* column = table->add_columns();
    column->set_name(columns_.String(2));
    column->set_number(static_cast<int32_t>(columns_.Int(1)));
    places_[columns_.Int(1)] = table->columns_size() - 1;
    *column->mutable_type() = types_->Get(columns_.Int(3), static_cast<int>(columns_.Int(4)));
    if (!columns_.Text(5).empty()) column->mutable_type()->set_display(columns_.String(5));
    column->set_nullable(!columns_.Bool(6));
    column->set_generation(GenerationOf(columns_.Text(7), columns_.Text(8)));
    column->set_default_expression(columns_.String(9));
    column->set_comment(columns_.String(10));
    column->set_fills_older_rows(columns_.Bool(12));
    SetObstacle(access_, table->name(), /*granted=*/columns_.Bool(11), column);
  }

  void ReadIndex(v1::Table* table) {
    std::vector<const v1::Column*> key;
    for (absl::string_view number : absl::StrSplit(indexes_.Text(6), ' ')) {
      if (static_cast<int64_t>(key.size()) == indexes_.Int(5)) break;
      int64_t attribute = 0;
      const auto found =
          absl::SimpleAtoi(number, &attribute) ? places_.find(attribute) : places_.end();
      // Of an expression, or of a system column.
      key.push_back(found == places_.end() ? nullptr : &table->columns(found->second));
    }
    if (indexes_.Bool(4) && key.front() != nullptr) indexed_.insert(key.front()->name());
    if (indexes_.Bool(2)) {
      for (const v1::Column* column : key) table->add_primary_key(column->name());
    } else if (indexes_.Bool(3) && std::find(key.begin(), key.end(), nullptr) == key.end()) {
      AddUnique(key, table);
    }
  }

  void AddUnique(const std::vector<const v1::Column*>& key, v1::Table* table) {
    v1::UniqueIndex* index = table->add_unique_indexes();
    index->set_name(indexes_.String(1));
    index->set_identifies_rows(true);
    for (const v1::Column* column : key) {
      index->add_columns(column->name());
      if (column->nullable()) index->set_identifies_rows(false);
    }
  }

  void ReadParent(v1::Table* table) {
    v1::TableName* parent = table->add_inherits();
    parent->set_schema(parents_.String(1));
    parent->set_name(parents_.String(2));
  }

  void ReadPartitions(v1::Table* table) {
    table->set_partitions(static_cast<uint32_t>(partitions_.Int(1)));
    if (partitions_.Int(2) >= 0) table->set_row_estimate(partitions_.Int(2));
    table->set_size_bytes(partitions_.Int(3));
  }

  postgres::Connection& connection_;
  CatalogCursor tables_, columns_, indexes_, parents_, partitions_;
  std::optional<CatalogTypes> types_;
  // Of the present table.
  TableAccess access_;
  std::map<int64_t, int> places_;  // Of its columns, by attnum.
  std::set<std::string> indexed_;  // Columns in whose order an index gives the rows.
};

}  // namespace

absl::Status ReadTables(postgres::Connection& connection, const TableSink& sink) {
  return Reading(connection).Run(std::nullopt, sink);
}

absl::StatusOr<v1::Table> ReadTable(postgres::Connection& connection, int64_t oid) {
  std::optional<v1::Table> found;
  RETURN_IF_ERROR(Reading(connection).Run(oid, [&](v1::Table table) {
    found = std::move(table);
    return absl::OkStatus();
  }));
  if (!found) return Error(Reason::kStreamNotFound, "the table is gone");
  return *std::move(found);
}

}  // namespace lockstitch::schema
