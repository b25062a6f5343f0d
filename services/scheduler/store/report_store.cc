#include "services/scheduler/store/report_store.h"

#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/column_value.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;
using postgres::Result;

// $1 an integration's id: its key. Where it was deleted and the id is used again, the later one's.
constexpr absl::string_view kFindIntegration =
    "SELECT max(key) FROM lockstitch.integrations WHERE id = $1";

// $1 integration's key, $2 the stream after which they come, $3 how many, $4 now, $5 the first day
// of this month.
constexpr absl::string_view kListReports = R"sql(
SELECT s.stream, s.last_load_at, s.last_load_rows, s.replication_key, s.bookmark, s.destination_table,
       s.schema_changes, s.error,
       coalesce(d.rows, 0), coalesce(u.this_month, 0), coalesce(u.last_month, 0)
FROM (SELECT * FROM lockstitch.streams WHERE integration_key = $1 AND stream > $2 ORDER BY stream LIMIT $3) s
     LEFT JOIN (SELECT stream, sum(rows) AS rows FROM lockstitch.runs
                WHERE integration_key = $1 AND ended_at > $4::timestamptz - interval '24 hours'
                GROUP BY stream) d ON d.stream = s.stream
     LEFT JOIN (SELECT stream, sum(rows) FILTER (WHERE day >= $5::date) AS this_month,
                       sum(rows) FILTER (WHERE day < $5) AS last_month
                FROM lockstitch.usage
                WHERE integration_key = $1 AND day >= $5::date - interval '1 month'
                GROUP BY stream) u ON u.stream = s.stream
ORDER BY s.stream)sql";

// $1 first and $2 last day, $3 the id after which they come on the first one, $4 how many; with $5
// an integration's key.
constexpr absl::string_view kListUsage = R"sql(
SELECT i.id, u.day, sum(u.rows), sum(u.historical_rows)
FROM lockstitch.usage u JOIN lockstitch.integrations i ON i.key = u.integration_key
WHERE u.day BETWEEN $1 AND $2 AND (u.day > $1 OR i.id > $3))sql";
constexpr absl::string_view kOfIntegration = " AND u.integration_key = $5";
constexpr absl::string_view kByDay = " GROUP BY u.day, i.id ORDER BY u.day, i.id LIMIT $4";

// $1 integrations' keys, $2 the first day of a month. What comes after it counts with it.
constexpr absl::string_view kRowsThisMonth = R"sql(
SELECT integration_key, sum(rows - historical_rows)::bigint FROM lockstitch.usage
WHERE integration_key = ANY ($1::bigint[]) AND day >= $2 GROUP BY integration_key)sql";

// $1 integration's key, $2 the number before which they come, $3 how many.
constexpr absl::string_view kListSkippedSlots = R"sql(
SELECT number, first_slot, last_slot, slots, reason, recorded_at FROM lockstitch.skipped_slots
WHERE integration_key = $1 AND number < $2 ORDER BY number DESC LIMIT $3)sql";

// As a parameter.
absl::StatusOr<std::string> KeyOf(Connection& connection, const std::string& integration) {
  ASSIGN_OR_RETURN(const Result found, connection.Query(kFindIntegration, {integration}));
  if (!found.IsNull(0, 0)) return found.String(0, 0);
  return Error(Reason::kIntegrationNotFound, absl::StrCat("there is no integration ", integration));
}

std::string DayValue(absl::CivilDay day) { return absl::FormatCivilTime(day); }

std::string MonthOf(absl::Time now) {
  return DayValue(absl::CivilDay(absl::ToCivilMonth(now, absl::UTCTimeZone())));
}

void SetTime(const Result& result, int row, int column, google::protobuf::Timestamp* timestamp) {
  *timestamp = rpc::ToTimestamp(TimeAt(result, row, column).value_or(absl::UnixEpoch()));
}

}  // namespace

absl::StatusOr<std::vector<v1::LoadReport>> ReportStore::ListLoadReports(
    const std::string& integration, const std::string& after, int limit, absl::Time now) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const std::string key, KeyOf(*session, integration));
  ASSIGN_OR_RETURN(
      const Result found,
      session->Query(kListReports, {key, after, NumberValue(limit), TimeValue(now), MonthOf(now)}));
  std::vector<v1::LoadReport> reports;
  for (int row = 0; row < found.rows(); ++row) {
    v1::LoadReport& report = reports.emplace_back();
    RETURN_IF_ERROR(ReadMessage(found, row, 6, &report));  // The schema changes.
    report.set_stream(found.String(row, 0));
    if (!found.IsNull(row, 1)) SetTime(found, row, 1, report.mutable_last_load_at());
    report.set_last_load_rows(found.Int(row, 2));
    report.set_replication_key(found.String(row, 3));
    if (const std::optional<std::string> bookmark = found.Optional(row, 4))
      report.set_bookmark(*bookmark);
    report.set_destination_table(found.String(row, 5));
    if (!found.IsNull(row, 7)) RETURN_IF_ERROR(ReadMessage(found, row, 7, report.mutable_error()));
    report.set_rows_last_day(found.Int(row, 8));
    report.set_rows_this_month(found.Int(row, 9));
    report.set_rows_last_month(found.Int(row, 10));
  }
  return reports;
}

absl::StatusOr<std::vector<v1::UsageDay>> ReportStore::ListUsage(const std::string& integration,
                                                                 absl::CivilDay first,
                                                                 absl::CivilDay last,
                                                                 const std::string& after,
                                                                 int limit) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  std::vector<Connection::Parameter> parameters = {DayValue(first), DayValue(last), after,
                                                   NumberValue(limit)};
  if (!integration.empty()) {
    ASSIGN_OR_RETURN(const std::string key, KeyOf(*session, integration));
    parameters.emplace_back(key);
  }
  ASSIGN_OR_RETURN(
      const Result found,
      session->Query(absl::StrCat(kListUsage, integration.empty() ? "" : kOfIntegration, kByDay),
                     parameters));
  std::vector<v1::UsageDay> days;
  for (int row = 0; row < found.rows(); ++row) {
    v1::UsageDay& day = days.emplace_back();
    day.set_integration(absl::StrCat("integrations/", found.Text(row, 0)));
    day.set_day(found.String(row, 1));
    day.set_rows(found.Int(row, 2));
    day.set_historical_rows(found.Int(row, 3));
  }
  return days;
}

absl::StatusOr<std::map<int64_t, int64_t>> ReportStore::RowsThisMonth(
    const std::vector<int64_t>& integrations, absl::Time now) const {
  ArrayValue keys;
  for (const int64_t key : integrations) keys.Add(NumberValue(key));
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found, session->Query(kRowsThisMonth, {keys.text(), MonthOf(now)}));
  std::map<int64_t, int64_t> rows;
  for (int row = 0; row < found.rows(); ++row) rows[found.Int(row, 0)] = found.Int(row, 1);
  return rows;
}

absl::StatusOr<std::vector<NumberedSlots>> ReportStore::ListSkippedSlots(
    const std::string& integration, int64_t before, int limit) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const std::string key, KeyOf(*session, integration));
  if (before == 0) before = std::numeric_limits<int64_t>::max();
  ASSIGN_OR_RETURN(const Result found, session->Query(kListSkippedSlots, {key, NumberValue(before),
                                                                          NumberValue(limit)}));
  std::vector<NumberedSlots> list;
  for (int row = 0; row < found.rows(); ++row) {
    NumberedSlots& numbered = list.emplace_back();
    numbered.number = found.Int(row, 0);
    SetTime(found, row, 1, numbered.slots.mutable_first());
    SetTime(found, row, 2, numbered.slots.mutable_last());
    numbered.slots.set_count(static_cast<uint64_t>(found.Int(row, 3)));
    numbered.slots.set_reason(found.String(row, 4));
    SetTime(found, row, 5, numbered.slots.mutable_recorded_at());
  }
  return list;
}

}  // namespace lockstitch::scheduler
