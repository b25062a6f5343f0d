#include "tests/crash/workload.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/time.h"
#include "postgres/connection.h"
#include "testing/database.h"

namespace lockstitch::tests {
namespace {

constexpr int kFullRows = 5000;
constexpr int kLargeRows = 150000;

// Several rows of `wide` are alike. The keys of `large` are spread over a month, so that its first
// load has ranges to be cut into. No table is analysed but that.
constexpr char kMakeTables[] = R"sql(
CREATE TABLE full_keyed (id bigserial PRIMARY KEY, v int NOT NULL, t text);
CREATE TABLE full_keyless (v int, t text);
CREATE VIEW full_view AS SELECT id, v * 2 AS doubled, t FROM full_keyed WHERE v % 2 = 0;
CREATE TABLE ordered (id bigserial PRIMARY KEY, v int NOT NULL, t text, updated_at timestamptz DEFAULT now());
CREATE INDEX ON ordered (updated_at);
CREATE TABLE unordered (id bigserial PRIMARY KEY, v int NOT NULL, t text, updated_at timestamptz DEFAULT now());
CREATE TABLE marked (id bigserial PRIMARY KEY, v int NOT NULL, t text, updated_at timestamptz DEFAULT now());
CREATE INDEX ON marked (updated_at);
CREATE TABLE deleted (id text DEFAULT md5(random()::text), part int NOT NULL, v int NOT NULL, t text,
    updated_at timestamptz DEFAULT now(), PRIMARY KEY (part, id));
CREATE TABLE appended (v int, t text, created_at timestamptz DEFAULT now());
CREATE INDEX ON appended (created_at);
CREATE TABLE appended_unordered (v int, t text, created_at timestamptz DEFAULT now());
CREATE TABLE large (id bigserial PRIMARY KEY, v int NOT NULL, t text, updated_at timestamptz DEFAULT now());
CREATE VIEW newest AS
    SELECT id, v, t, updated_at FROM ordered
    UNION ALL SELECT id, -v, 'older', updated_at - interval '1 hour' FROM ordered;
INSERT INTO full_keyed (v, t) SELECT n % 7, repeat('f', n % 50) FROM generate_series(1, $0) n;
INSERT INTO full_keyless SELECT n % 7, repeat('f', n % 3) FROM generate_series(1, $0) n;
INSERT INTO ordered (v, t) SELECT n, repeat('o', n % 50) FROM generate_series(1, $0) n;
INSERT INTO unordered (v, t) SELECT n, repeat('u', n % 50) FROM generate_series(1, $0) n;
INSERT INTO marked (v, t) SELECT n, repeat('m', n % 50) FROM generate_series(1, $0) n;
INSERT INTO deleted (part, v, t) SELECT n % 100, n, repeat('d', n % 50) FROM generate_series(1, $0) n;
INSERT INTO appended SELECT n % 3, 'a' FROM generate_series(1, $0) n;
INSERT INTO appended_unordered SELECT n % 3, 'a' FROM generate_series(1, $0) n;
INSERT INTO large (v, t, updated_at)
    SELECT n, repeat('l', n % 50), now() - interval '30 days' + n * interval '15 seconds'
    FROM generate_series(1, $1) n;
CREATE INDEX ON large (updated_at);
ANALYZE large;
)sql";

CrashStream FullTable(const std::string& name, const std::string& columns, uint32_t ranges = 1) {
  CrashStream stream;
  stream.settings.set_stream("public." + name);
  stream.settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  stream.settings.set_ranges(ranges);
  stream.columns = columns;
  stream.expected = absl::Substitute("SELECT $0 FROM $1", columns, name);
  return stream;
}

CrashStream Incremental(const std::string& name, const std::string& columns, const std::string& key,
                        uint32_t ranges = 1) {
  CrashStream stream = FullTable(name, absl::StrCat(columns, ", ", key), ranges);
  stream.settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  stream.settings.set_replication_key(key);
  return stream;
}

CrashStream Newest() {
  CrashStream stream = Incremental("newest", "id, v, t", "updated_at");
  stream.settings.add_key_columns("id");
  stream.expected =
      "SELECT DISTINCT ON (id) id, v, t, updated_at FROM newest ORDER BY id, updated_at DESC";
  return stream;
}

// Every load compares keys.
CrashStream Comparing(const std::string& name, const std::string& columns,
                      v1::DeleteAction action) {
  CrashStream stream = Incremental(name, columns, "updated_at");
  stream.settings.mutable_deletes()->mutable_every();
  stream.settings.mutable_deletes()->set_action(action);
  if (action == v1::DELETE_ACTION_MARK) stream.counting = "_sdc_deleted_at IS NULL";
  return stream;
}

// A session that may die at any time; the next statement opens another.
class Session {
 public:
  explicit Session(const std::string& url) {
    options_.side = postgres::Side::kDestination;  // Those with sources don't write.
    options_.application_name = "writer";
    options_.server.set_url(url);
  }

  bool Try(const std::string& sql) {
    if (!connection_) {
      absl::StatusOr<postgres::Connection> opened = postgres::Connection::Open(options_);
      if (!opened.ok()) return false;
      connection_.emplace(*std::move(opened));
      if (!connection_->Execute("RESET search_path").ok()) return Lost();
    }
    return connection_->Execute(sql).ok() || Lost();
  }

 private:
  // After whatever error: a transaction may be left open.
  bool Lost() {
    connection_.reset();
    return false;
  }

  postgres::Connection::Options options_;
  std::optional<postgres::Connection> connection_;
};

using Random = std::mt19937_64;

int64_t Between(Random& random, int64_t least, int64_t most) {
  return std::uniform_int_distribution<int64_t>(least, most)(random);
}

// A statement that some writer might run. Updates stamp the row, as an application's trigger would.
std::string RandomStatement(Random& random) {
  const int64_t rows = Between(random, 1, 40);
  const int64_t id = Between(random, 1, kFullRows);
  const std::string v = absl::StrCat(Between(random, 0, 1000));
  const bool marked = Between(random, 0, 1) == 0;
  static constexpr const char* kKeyed[] = {"ordered", "unordered", "large", "marked"};
  static constexpr const char* kAppended[] = {"appended", "appended_unordered"};
  switch (Between(random, 0, 10)) {
    case 0:
      return absl::Substitute(
          "INSERT INTO full_keyed (v, t) SELECT n, 'new' FROM generate_series(1, $0) n", rows);
    case 1:
      return absl::Substitute("UPDATE full_keyed SET v = $0 WHERE id BETWEEN $1 AND $1 + $2", v, id,
                              rows);
    case 2:
      return absl::Substitute(
          "DELETE FROM full_keyed WHERE id BETWEEN $0 AND $0 + $1; DELETE FROM full_keyless WHERE "
          "ctid IN (SELECT ctid FROM full_keyless LIMIT $1)",
          id, rows / 2);
    case 3:
      return absl::Substitute(
          "INSERT INTO full_keyless SELECT n % 3, 'new' FROM generate_series(1, $0) n; UPDATE "
          "full_keyless SET v = $1 WHERE v = $2",
          rows, v, Between(random, 0, 1000));
    case 4:
      return absl::Substitute("INSERT INTO $0 (v, t) SELECT n, 'new' FROM generate_series(1, $1) n",
                              kKeyed[Between(random, 0, 3)], rows);
    case 5:
    case 6:
      // Now and then far in the past, as long as the stamp is new.
      return absl::Substitute(
          "UPDATE $0 SET v = $1, updated_at = now() WHERE id BETWEEN $2 AND $2 + $3",
          kKeyed[Between(random, 0, 3)], v, id, rows);
    case 7:
      return absl::Substitute("DELETE FROM $0 WHERE $1 BETWEEN $2 AND $2 + $3",
                              marked ? "marked" : "deleted", marked ? "id" : "v", id, rows);
    case 8:
      // Some of them come back.
      return absl::Substitute(
          "INSERT INTO marked (id, v, t) SELECT n, $0, 'again' FROM generate_series($1, $1 + $2) n "
          "ON CONFLICT DO NOTHING",
          v, id, rows);
    case 9:
      return absl::Substitute(
          "INSERT INTO deleted (part, v, t) SELECT n % 100, $0, 'new' FROM generate_series(1, $1) "
          "n; "
          "UPDATE deleted SET t = 'updated', updated_at = now() WHERE v BETWEEN $2 AND $2 + $1",
          v, rows, id);
    default:
      return absl::Substitute("INSERT INTO $0 SELECT n % 3, 'new' FROM generate_series(1, $1) n",
                              kAppended[Between(random, 0, 1)], rows);
  }
}

// `expected` or a table, each row as text, in an order that both databases share.
std::string RowsQuery(const std::string& query) {
  return absl::Substitute("SELECT r::text COLLATE \"C\" FROM ($0) r ORDER BY r::text COLLATE \"C\"",
                          query);
}

std::vector<std::string> Minus(const std::vector<std::string>& a,
                               const std::vector<std::string>& b) {
  std::vector<std::string> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

std::vector<CrashStream> CrashStreams() {
  return {FullTable("full_keyed", "id, v, t", 2),
          FullTable("full_keyless", "v, t"),
          FullTable("full_view", "id, doubled, t"),
          Incremental("ordered", "id, v, t", "updated_at"),
          Incremental("unordered", "id, v, t", "updated_at"),
          Incremental("appended", "v, t", "created_at"),
          Incremental("appended_unordered", "v, t", "created_at"),
          Incremental("large", "id, v, t", "updated_at", 4),
          Comparing("marked", "id, v, t", v1::DELETE_ACTION_MARK),
          Comparing("deleted", "part, id, v, t", v1::DELETE_ACTION_DELETE),
          Newest()};
}

void MakeCrashTables(const std::string& source_url) {
  testing::Database(source_url).Run(absl::Substitute(kMakeTables, kFullRows, kLargeRows));
}

Writers::Writers(const std::string& source_url, uint64_t seed) {
  for (uint64_t writer = 0; writer < 4; ++writer)
    threads_.emplace_back([=, this] { Write(source_url, seed * 4 + writer); });
}

Writers::~Writers() {
  stop_.Notify();
  for (std::thread& thread : threads_) thread.join();
}

void Writers::Write(const std::string& source_url, uint64_t seed) {
  Random random(seed);
  Session session(source_url);
  const auto pause = [&](int64_t most) {
    stop_.WaitForNotificationWithTimeout(absl::Milliseconds(Between(random, 0, most)));
  };
  while (!stop_.HasBeenNotified()) {
    const bool slow = Between(random, 0, 9) == 0;
    bool alive = session.Try("BEGIN");
    for (int64_t statements = Between(random, 1, 4); alive && statements > 0; --statements) {
      alive = session.Try(RandomStatement(random));
      if (slow) pause(1500);
    }
    const bool ends = Between(random, 0, 19) > 0;
    if (alive && session.Try(ends ? "COMMIT" : "ROLLBACK") && ends) ++transactions_;
    pause(alive ? 60 : 300);
  }
}

Difference Compare(const CrashStream& stream, const std::string& source_url,
                   const std::string& destination_url, const std::string& destination_schema) {
  const std::string name = stream.settings.stream().substr(stream.settings.stream().find('.') + 1);
  const std::vector<std::string> source =
      testing::Database(source_url).List(RowsQuery(stream.expected));
  const std::vector<std::string> destination =
      testing::Database(destination_url)
          .List(RowsQuery(absl::Substitute("SELECT $0 FROM $1.$2 WHERE $3", stream.columns,
                                           destination_schema, name, stream.counting)));
  return {.lost = Minus(source, destination), .doubled = Minus(destination, source)};
}

}  // namespace lockstitch::tests
