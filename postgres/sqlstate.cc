#include "postgres/sqlstate.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kSqlStatePayload = "lockstitch/sqlstate";

// A row matches a SQLSTATE by its two-character class or by all five characters; the first match
// counts.
struct Row {
  absl::string_view prefix;
  Reason source;
  Reason destination;
  Reason catalog = Reason::kCatalogWriteFailed;
};

constexpr Row kRows[] = {
    {"08", Reason::kConnectionLost, Reason::kConnectionLost, Reason::kConnectionLost},
    {"28", Reason::kAuthenticationFailed, Reason::kAuthenticationFailed,
     Reason::kAuthenticationFailed},
    {"3D000", Reason::kDatabaseNotFound, Reason::kDatabaseNotFound, Reason::kDatabaseNotFound},
    {"53300", Reason::kTooManyConnections, Reason::kTooManyConnections,
     Reason::kTooManyConnections},
    {"53100", Reason::kSourceQueryFailed, Reason::kDestinationFull},
    {"57P01", Reason::kConnectionLost, Reason::kConnectionLost, Reason::kConnectionLost},
    {"57P02", Reason::kConnectionLost, Reason::kConnectionLost, Reason::kConnectionLost},
    {"57P03", Reason::kServerStarting, Reason::kServerStarting, Reason::kServerStarting},
    {"57P04", Reason::kDatabaseNotFound, Reason::kDatabaseNotFound, Reason::kDatabaseNotFound},
    {"57P05", Reason::kConnectionLost, Reason::kConnectionLost, Reason::kConnectionLost},
    {"25P03", Reason::kConnectionLost, Reason::kConnectionLost, Reason::kConnectionLost},
    {"25006", Reason::kSourceQueryFailed, Reason::kDestinationReadOnly},
    {"42501", Reason::kSourcePermissionDenied, Reason::kDestinationPermissionDenied},
    {"42P01", Reason::kSourceTableChanged, Reason::kDestinationWriteFailed},
    {"3F000", Reason::kSourceQueryFailed, Reason::kDestinationWriteFailed},
    {"42703", Reason::kSourceTableChanged, Reason::kDestinationWriteFailed},
    {"42804", Reason::kSourceTableChanged, Reason::kDestinationWriteFailed},
    {"42846", Reason::kSourceTableChanged, Reason::kDestinationWriteFailed},
    {"40", Reason::kSourceConflict, Reason::kDestinationConflict, Reason::kCatalogConflict},
    {"55P03", Reason::kSourceTableLocked, Reason::kDestinationTableLocked,
     Reason::kCatalogConflict},
    {"57014", Reason::kSourceQueryFailed, Reason::kDestinationWriteFailed,
     Reason::kCatalogConflict},
    {"2BP01", Reason::kSourceQueryFailed, Reason::kDestinationTableInUse},
    {"21000", Reason::kSourceQueryFailed, Reason::kKeyNotUnique},
    {"23505", Reason::kSourceQueryFailed, Reason::kKeyNotUnique},
    {"54000", Reason::kRowTooLarge, Reason::kDestinationWriteFailed},
    {"23502", Reason::kSourceQueryFailed, Reason::kKeyHasNull},
    {"22", Reason::kSourceValueInvalid, Reason::kValueRejected},
    // No table of ours has any of these.
    {"23503", Reason::kSourceQueryFailed, Reason::kDestinationConstraintViolated},
    {"23514", Reason::kSourceQueryFailed, Reason::kDestinationConstraintViolated},
    {"23P01", Reason::kSourceQueryFailed, Reason::kDestinationConstraintViolated},
    {"23", Reason::kSourceQueryFailed, Reason::kValueRejected},
};

}  // namespace

absl::string_view SideName(Side side) {
  switch (side) {
    case Side::kSource:
      return "source";
    case Side::kDestination:
      return "destination";
    case Side::kCatalog:
      return "catalog";
  }
  return "";
}

Reason OtherReason(Side side) {
  switch (side) {
    case Side::kSource:
      return Reason::kSourceQueryFailed;
    case Side::kDestination:
      return Reason::kDestinationWriteFailed;
    case Side::kCatalog:
      return Reason::kCatalogWriteFailed;
  }
  return Reason::kInternal;
}

Reason ReasonForSqlState(absl::string_view sqlstate, Side side) {
  for (const Row& row : kRows) {
    if (!absl::StartsWith(sqlstate, row.prefix)) continue;
    switch (side) {
      case Side::kSource:
        return row.source;
      case Side::kDestination:
        return row.destination;
      case Side::kCatalog:
        return row.catalog;
    }
  }
  return OtherReason(side);
}

absl::Status SqlError(absl::string_view sqlstate, Side side, absl::string_view message) {
  absl::Status status = Error(ReasonForSqlState(sqlstate, side), message);
  status.SetPayload(kSqlStatePayload, absl::Cord(sqlstate));
  return status;
}

std::string SqlStateOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSqlStatePayload);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace lockstitch::postgres
