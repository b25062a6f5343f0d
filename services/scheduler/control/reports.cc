#include "services/scheduler/control/reports.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "schema/stream_name.h"
#include "services/scheduler/control/page_room.h"
#include "services/scheduler/control/page_token.h"
#include "services/scheduler/control/resource_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kReportsOfAPage = 100;
constexpr int kSlotsOfAPage = 50;
constexpr int kUsageOfAPage = 1'000;

absl::StatusOr<absl::CivilDay> DayOf(const std::string& text, const char* field,
                                     absl::CivilDay fallback) {
  if (text.empty()) return fallback;
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) return day;
  return Error(Reason::kUsageInvalid, absl::StrCat(field, ": '", text, "' is no day"),
               "Write days as 2026-01-31.");
}

// Where a page of usage ends: on that day, with that integration.
struct UsagePosition {
  absl::CivilDay day;
  std::string integration;
};

std::string TextOf(const v1::UsageDay& last) {
  const absl::string_view integration = last.integration();
  return absl::StrCat(last.day(), " ", integration.substr(integration.find('/') + 1));
}

absl::StatusOr<UsagePosition> PositionOf(const std::string& text, absl::CivilDay first) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, ' ');
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOf(parts.first, "page_token", first));
  return UsagePosition{.day = day, .integration = parts.second};
}

}  // namespace

absl::StatusOr<v1::ListLoadReportsResponse> Reports::ListLoadReports(
    const v1::ListLoadReportsRequest& request) const {
  const std::string list = absl::StrCat("load reports of ", request.parent());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kReportsOfAPage));
  ASSIGN_OR_RETURN(const std::string after, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.integrations->FindAnyway(request.parent()));
  ASSIGN_OR_RETURN(const std::vector<v1::LoadReport> reports,
                   options_.store->ListLoadReports(kept.id, after, size, absl::Now()));
  v1::ListLoadReportsResponse response;
  PageRoom room;
  for (const v1::LoadReport& report : reports) {
    if (!room.Takes(report)) break;
    *response.add_reports() = report;
  }
  const int given = response.reports_size();
  if (given == size || given < static_cast<int>(reports.size()))
    response.set_next_page_token(MakePageToken(list, reports[given - 1].stream()));
  if (kept.readable.ok()) AddDestinationRows(kept.integration, &response);
  return response;
}

void Reports::AddDestinationRows(const v1::Integration& integration,
                                 v1::ListLoadReportsResponse* response) const {
  if (response->reports().empty()) return;
  v1::GetStateRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  const absl::StatusOr<v1::GetStateResponse> states = options_.loader->GetState(request);
  // A report is as good without them: see LoadReport.destination_rows.
  if (!states.ok()) return;
  std::map<std::string, const v1::StreamState*> by_stream;
  for (const v1::StreamState& state : states->streams())
    by_stream[schema::StreamName(state.table())] = &state;
  for (v1::LoadReport& report : *response->mutable_reports()) {
    const auto state = by_stream.find(report.stream());
    if (state != by_stream.end() && state->second->has_estimated_rows())
      report.set_destination_rows(state->second->estimated_rows());
  }
}

absl::StatusOr<v1::ListUsageResponse> Reports::ListUsage(
    const v1::ListUsageRequest& request) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationOrAll(request.parent()));
  const absl::CivilDay today = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  const absl::CivilDay of_month(today.year(), today.month(), 1);
  ASSIGN_OR_RETURN(const absl::CivilDay first, DayOf(request.first_day(), "first_day", of_month));
  ASSIGN_OR_RETURN(const absl::CivilDay last, DayOf(request.last_day(), "last_day", today));
  if (last < first) return Error(Reason::kUsageInvalid, "last_day is before first_day");
  const std::string list = absl::StrCat("usage of ", request.parent(), " from ",
                                        request.first_day(), " to ", request.last_day());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kUsageOfAPage));
  ASSIGN_OR_RETURN(const std::string text, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const UsagePosition position, PositionOf(text, first));
  ASSIGN_OR_RETURN(
      const std::vector<v1::UsageDay> days,
      options_.store->ListUsage(parts.integration, position.day, last, position.integration, size));
  v1::ListUsageResponse response;
  response.mutable_days()->Add(days.begin(), days.end());
  if (static_cast<int>(days.size()) == size)
    response.set_next_page_token(MakePageToken(list, TextOf(days.back())));
  return response;
}

absl::StatusOr<v1::ListSkippedSlotsResponse> Reports::ListSkippedSlots(
    const v1::ListSkippedSlotsRequest& request) const {
  const std::string list = absl::StrCat("skipped slots of ", request.parent());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kSlotsOfAPage));
  ASSIGN_OR_RETURN(const int64_t before, ParseNumberedPageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationResource(request.parent()));
  ASSIGN_OR_RETURN(const std::vector<NumberedSlots> slots,
                   options_.store->ListSkippedSlots(parts.integration, before, size));
  v1::ListSkippedSlotsResponse response;
  for (const NumberedSlots& numbered : slots) *response.add_slots() = numbered.slots;
  if (static_cast<int>(slots.size()) == size)
    response.set_next_page_token(MakePageToken(list, absl::StrCat(slots.back().number)));
  return response;
}

}  // namespace lockstitch::scheduler
