#include "services/extractor/source/horizon.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "postgres/sqlstate.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

using postgres::Connection;
using Parameter = Connection::Parameter;

// Each statement about times answers the horizon, and whether the look-back can be one.

// $1 the clock; $2 the moment's horizon or NULL; $3 the look-back or NULL where that is known.
constexpr absl::string_view kInstant = R"sql(
WITH moment AS (
  SELECT least($2::pg_catalog.timestamptz, $1::pg_catalog.timestamptz - $3::pg_catalog.interval) AS instant,
         coalesce($3::pg_catalog.interval >= '0' AND pg_catalog.isfinite($3::pg_catalog.interval), true) AS fits
))sql";
constexpr absl::string_view kAsInstant = " SELECT instant, fits FROM moment";

// $4 the time zone. A clock that is turned back shows less for a time than it has shown before;
// clocks are turned at quarters of an hour of UTC, which is the session's zone.
constexpr absl::string_view kAsLocalTime = R"sql(
SELECT pg_catalog.min(greatest(instant, pg_catalog.date_trunc('hour', instant) + step * '15 min'::pg_catalog.interval)
                      AT TIME ZONE $4::pg_catalog.text),
       pg_catalog.bool_and(fits)
FROM moment, pg_catalog.generate_series(0, 16) step)sql";

// $1 the clock; $2 the look-back; $$0: the key's type.
constexpr absl::string_view kOfUnknownZones = R"sql(
SELECT (($$1::pg_catalog.timestamptz AT TIME ZONE 'UTC') - $$2::pg_catalog.interval)::pg_catalog.$0,
       $$2::pg_catalog.interval >= '0' AND pg_catalog.isfinite($$2::pg_catalog.interval))sql";

// $0: the key, less the look-back; $1: the table; $2: whether the key is finite; $3: the key.
constexpr absl::string_view kGreatest = "SELECT $0 FROM $1 WHERE $2 ORDER BY $3 DESC LIMIT 1";

constexpr absl::string_view kOfTransactions = "5 minutes";
constexpr absl::string_view kOfZones = "1 day";

// Class 22: a value that isn't one.
absl::Status Understood(const absl::Status& failure, const v1::StreamSettings& settings) {
  if (!absl::StartsWith(postgres::SqlStateOf(failure), "22")) return failure;
  return Error(Reason::kSelectionInvalid,
               absl::StrCat("lookback '", settings.lookback(), "' or time_zone '",
                            settings.time_zone(), "': ", failure.message()));
}

absl::StatusOr<std::string> Ask(Connection& source, absl::string_view sql,
                                const std::vector<Parameter>& parameters,
                                const v1::StreamSettings& settings) {
  const absl::StatusOr<postgres::Result> answer = source.Query(sql, parameters);
  if (!answer.ok()) return Understood(answer.status(), settings);
  if (answer->Bool(0, 1)) return answer->String(0, 0);
  return Error(Reason::kSelectionInvalid,
               absl::StrCat("lookback '", settings.lookback(), "' is no span of time back"));
}

Parameter OrNull(const std::string& text) { return text.empty() ? Parameter() : Parameter(text); }

// Of keys whose instant is known: timestamptz, and timestamp in a known zone.
absl::StatusOr<Horizon> OfInstants(Connection& source, const SourceMoment& moment,
                                   const ReplicationKey& key, const v1::StreamSettings& settings) {
  Horizon horizon;
  Parameter lookback = OrNull(settings.lookback());
  if (!moment.horizon) {
    if (!lookback) lookback = std::string(kOfTransactions);
    horizon.note = absl::StrCat(
        "the bookmark stays ", *lookback, " behind the source's clock: ", moment.unknown,
        ", so that open transactions can't be told. Rows of those that take longer are missed; "
        "lookback in the stream's settings changes it");
  }
  const bool local = key.type == "timestamp";
  if (!local && !lookback) {
    horizon.key = moment.horizon;
    return horizon;
  }
  std::vector<Parameter> parameters = {moment.clock, moment.horizon, lookback};
  if (local) parameters.emplace_back(settings.time_zone());
  ASSIGN_OR_RETURN(
      horizon.key,
      Ask(source, absl::StrCat(kInstant, local ? kAsLocalTime : kAsInstant), parameters, settings));
  return horizon;
}

absl::StatusOr<Horizon> OfUnknownZones(Connection& source, const SourceMoment& moment,
                                       const ReplicationKey& key,
                                       const v1::StreamSettings& settings) {
  const std::string lookback =
      settings.lookback().empty() ? std::string(kOfZones) : settings.lookback();
  Horizon horizon;
  ASSIGN_OR_RETURN(horizon.key, Ask(source, absl::Substitute(kOfUnknownZones, key.type),
                                    {moment.clock, lookback}, settings));
  horizon.note = absl::StrCat(
      "the bookmark stays ", lookback, " behind the source's clock at UTC: the time zone of ",
      key.column, " is not known. ",
      key.type == "timestamp" ? "time_zone and lookback in the stream's settings change it"
                              : "lookback in the stream's settings changes it");
  return horizon;
}

bool IsNumber(absl::string_view type) {
  return type == "int2" || type == "int4" || type == "int8" || type == "numeric";
}

// Of numbers; what is less than the least one is that. $0 the key.
std::string LessLookback(const ReplicationKey& key) {
  const std::string less =
      absl::StrCat(key.order.expression(), "::pg_catalog.numeric - $1::pg_catalog.numeric");
  if (key.type == "numeric") return less;
  const absl::string_view least = key.type == "int2"   ? "-32768"
                                  : key.type == "int4" ? "-2147483648"
                                                       : "-9223372036854775808";
  return absl::StrCat("greatest(", less, ", ", least, ")::pg_catalog.", key.type);
}

absl::StatusOr<Horizon> OfGreatestKeys(Connection& source, const ReplicationKey& key,
                                       const v1::StreamSettings& settings) {
  Horizon horizon;
  const bool looks_back = !settings.lookback().empty();
  const std::string sql = absl::Substitute(
      kGreatest, looks_back ? LessLookback(key) : key.order.expression(), key.table,
      key.order.IsFinite(source.server_version()), key.order.expression());
  if (!looks_back) {
    horizon.note = absl::StrCat(
        "the bookmark follows the greatest ", key.column,
        ": rows that are committed later with a smaller one are missed",
        IsNumber(key.type) ? "; lookback in the stream's settings reads so much again" : "");
    ASSIGN_OR_RETURN(const bool in_order, ComesInOrder(source, sql));
    if (!in_order) return horizon;
  }
  const absl::StatusOr<postgres::Result> greatest = source.Query(
      sql, looks_back ? std::vector<Parameter>{settings.lookback()} : std::vector<Parameter>());
  if (!greatest.ok()) return Understood(greatest.status(), settings);
  if (!greatest->empty()) horizon.key = greatest->String(0, 0);
  return horizon;
}

}  // namespace

absl::StatusOr<Horizon> FindHorizon(Connection& source, const SourceMoment& moment,
                                    const ReplicationKey& key, const v1::StreamSettings& settings) {
  const bool zoned = key.type == "timestamp" && !settings.time_zone().empty();
  if (key.type == "timestamptz" || zoned) return OfInstants(source, moment, key, settings);
  if (key.type == "timestamp" || key.type == "date")
    return OfUnknownZones(source, moment, key, settings);
  return OfGreatestKeys(source, key, settings);
}

}  // namespace lockstitch::extractor
