#include "cli/control/result_text.h"

#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/enum_name.h"
#include "cli/message_json.h"
#include "cli/text_table.h"
#include "rpc/timestamp.h"

namespace lockstitch::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

template <typename Enum>
std::string Short(const google::protobuf::EnumDescriptor* type, Enum value) {
  const auto* found = type->FindValueByNumber(value);
  return found == nullptr ? absl::StrCat(value) : ShortName(*found);
}

std::string StateOf(const v1::IntegrationRecord& record) {
  return Short(v1::IntegrationState_descriptor(), record.state());
}

std::string StateOf(const v1::Job& job) { return Short(v1::JobState_descriptor(), job.state()); }

std::string MethodOf(const v1::StreamSettings& settings) {
  return settings.method() == v1::REPLICATION_METHOD_UNSPECIFIED
             ? "FULL_TABLE"
             : Short(v1::ReplicationMethod_descriptor(), settings.method());
}

std::string TookText(const v1::Job& job) {
  if (!job.has_started_at() || !job.has_ended_at()) return "";
  return ReadableSeconds(absl::ToDoubleSeconds(rpc::FromTimestamp(job.ended_at()) -
                                               rpc::FromTimestamp(job.started_at())));
}

// Why it stands so, and what else is to be known of it.
std::string WhyText(const v1::IntegrationRecord& record, absl::string_view separator) {
  std::string text = record.state_reason();
  for (const std::string& warning : record.warnings()) absl::StrAppend(&text, separator, warning);
  return text;
}

std::string ErrorText(const v1::Error& error) {
  return absl::StrCat(error.reason(), ": ", Printable(error.message()), "\n  ", error.remedy(),
                      "\n");
}

}  // namespace

void PrintResult(Output output, const google::protobuf::Message& message,
                 const std::string& table) {
  std::cout << (output == Output::kTable ? table : Structured(output, MessageAsJsonText(message)));
}

std::string TimeText(bool set, const google::protobuf::Timestamp& time) {
  if (!set) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", rpc::FromTimestamp(time), absl::UTCTimeZone());
}

std::string IdOf(const std::string& resource) { return resource.substr(resource.rfind('/') + 1); }

std::string ChangesText(const google::protobuf::RepeatedPtrField<v1::FieldChange>& changes) {
  std::string text;
  for (const v1::FieldChange& change : changes) {
    absl::StrAppend(&text, "  ", change.path(), ": ",
                    change.before().empty() ? "(not set)" : Printable(change.before()), " -> ",
                    change.after().empty() ? "(not set)" : Printable(change.after()), "\n");
  }
  return text;
}

std::string StepsText(const google::protobuf::RepeatedPtrField<v1::IntegrationCheckStep>& steps) {
  Rows rows;
  std::string remedies;
  for (const v1::IntegrationCheckStep& each : steps) {
    const v1::CheckStep& step = each.step();
    rows.push_back({each.end(), step.name(), Short(v1::CheckResult_descriptor(), step.result()),
                    step.message()});
    if (step.result() == v1::CHECK_RESULT_FAILED) {
      absl::StrAppend(&remedies, "\n", each.end(), " ", step.name(), ": ", step.reason(), "\n  ",
                      step.remedy(), "\n");
    }
  }
  return absl::StrCat(TextTable({{"END"}, {"STEP"}, {"RESULT"}, {"FOUND"}}, rows), remedies);
}

std::string ProblemsText(const google::protobuf::RepeatedPtrField<v1::Problem>& problems) {
  std::string text;
  for (const v1::Problem& problem : problems) {
    absl::StrAppend(
        &text, "\n", problem.stream().empty() ? "integration" : Printable(problem.stream()), ": ",
        problem.reason(), ": ", Printable(problem.message()), "\n  ", problem.remedy(), "\n");
  }
  return text;
}

std::string IntegrationsText(
    const google::protobuf::RepeatedPtrField<v1::IntegrationRecord>& integrations) {
  Rows rows;
  for (const v1::IntegrationRecord& record : integrations) {
    const v1::Job& job = record.last_job();
    rows.push_back({IdOf(record.name()), StateOf(record),
                    TimeText(record.has_next_run_at(), record.next_run_at()),
                    record.has_last_job() ? StateOf(job) : "-",
                    TimeText(job.has_ended_at(), job.ended_at()), WhyText(record, "; ")});
  }
  return TextTable({{"NAME"}, {"STATE"}, {"NEXT RUN (UTC)"}, {"LAST JOB"}, {"ENDED"}, {"WHY"}},
                   rows);
}

std::string IntegrationText(const v1::IntegrationRecord& record) {
  std::string text =
      absl::StrCat(IdOf(record.name()), ": ", StateOf(record), "\n  ", WhyText(record, "\n  "),
                   "\n", "next run:  ", TimeText(record.has_next_run_at(), record.next_run_at()),
                   "\n", "created:   ", TimeText(true, record.created_at()), "\n",
                   "edited:    ", TimeText(true, record.updated_at()), "\n");
  if (record.has_paused_at())
    absl::StrAppend(&text, "paused:    ", TimeText(true, record.paused_at()), "\n");
  if (record.has_last_job()) {
    const v1::Job& job = record.last_job();
    absl::StrAppend(&text, "last job:  ", job.job_id(), ", ", StateOf(job), ", ",
                    job.streams_succeeded(), " of ", job.streams(), " streams, ",
                    GroupedNumber(job.rows_loaded()), " rows\n");
    if (job.has_error()) absl::StrAppend(&text, "  ", ErrorText(job.error()));
  }
  return text;
}

std::string StreamsText(const google::protobuf::RepeatedPtrField<v1::StreamRecord>& streams) {
  Rows rows;
  std::string problems;
  for (const v1::StreamRecord& stream : streams) {
    const v1::LoadReport& report = stream.report();
    rows.push_back({stream.stream(), stream.selected() ? "yes" : "no",
                    stream.selected() ? MethodOf(stream.settings()) : "",
                    stream.settings().replication_key(),
                    TimeText(report.has_last_load_at(), report.last_load_at()), report.bookmark(),
                    stream.destination_table()});
    problems += ProblemsText(stream.problems());
  }
  return absl::StrCat(TextTable({{"STREAM"},
                                 {"SELECTED"},
                                 {"METHOD"},
                                 {"REPLICATION KEY"},
                                 {"LAST LOAD (UTC)"},
                                 {"BOOKMARK"},
                                 {"DESTINATION TABLE"}},
                                rows),
                      problems);
}

std::string JobsText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs) {
  Rows rows;
  for (const v1::Job& job : jobs) {
    const std::string integration = job.name().substr(0, job.name().find("/jobs/"));
    rows.push_back({job.job_id(), IdOf(integration), StateOf(job),
                    Short(v1::JobTrigger_descriptor(), job.trigger()),
                    TimeText(job.has_started_at(), job.started_at()), TookText(job),
                    absl::StrCat(job.streams_succeeded(), "/", job.streams()),
                    GroupedNumber(job.rows_loaded()), job.error().reason()});
  }
  return TextTable({{"JOB"},
                    {"INTEGRATION"},
                    {"STATE"},
                    {"TRIGGER"},
                    {"STARTED (UTC)"},
                    {"TOOK", true},
                    {"STREAMS", true},
                    {"ROWS", true},
                    {"REASON"}},
                   rows);
}

std::string ReportsText(const google::protobuf::RepeatedPtrField<v1::LoadReport>& reports) {
  Rows rows;
  std::string more;
  for (const v1::LoadReport& report : reports) {
    rows.push_back(
        {report.stream(), TimeText(report.has_last_load_at(), report.last_load_at()),
         GroupedNumber(report.rows_last_day()), GroupedNumber(report.rows_this_month()),
         GroupedNumber(report.rows_last_month()),
         report.has_bookmark() ? absl::StrCat(report.replication_key(), ": ", report.bookmark())
                               : "-",
         report.has_destination_rows() ? absl::StrCat("~", GroupedNumber(report.destination_rows()))
                                       : "-",
         report.has_error() ? report.error().reason() : ""});
    for (const std::string& change : report.schema_changes())
      absl::StrAppend(&more, "\n", Printable(report.stream()), ": ", Printable(change), "\n");
    if (report.has_error())
      absl::StrAppend(&more, "\n", Printable(report.stream()), ": ", ErrorText(report.error()));
  }
  return absl::StrCat(TextTable({{"STREAM"},
                                 {"LAST LOAD (UTC)"},
                                 {"ROWS 24 H", true},
                                 {"THIS MONTH", true},
                                 {"LAST MONTH", true},
                                 {"BOOKMARK"},
                                 {"DESTINATION ROWS", true},
                                 {"ERROR"}},
                                rows),
                      more);
}

std::string UsageText(const google::protobuf::RepeatedPtrField<v1::UsageDay>& days) {
  Rows rows;
  int64_t all = 0, historical = 0;
  for (const v1::UsageDay& day : days) {
    rows.push_back({day.day(), IdOf(day.integration()), GroupedNumber(day.rows()),
                    GroupedNumber(day.historical_rows())});
    all += day.rows();
    historical += day.historical_rows();
  }
  return absl::StrCat(
      TextTable({{"DAY (UTC)"}, {"INTEGRATION"}, {"ROWS", true}, {"OF THEM HISTORICAL", true}},
                rows),
      "\n", GroupedNumber(all), " rows, ", GroupedNumber(all - historical), " of them count\n");
}

std::string SlotsText(const google::protobuf::RepeatedPtrField<v1::SkippedSlots>& slots) {
  Rows rows;
  for (const v1::SkippedSlots& slot : slots) {
    rows.push_back({TimeText(true, slot.first()), TimeText(true, slot.last()),
                    GroupedNumber(static_cast<int64_t>(slot.count())), slot.reason()});
  }
  return TextTable({{"FIRST (UTC)"}, {"LAST (UTC)"}, {"SLOTS", true}, {"WHY"}}, rows);
}

std::string TokensText(const google::protobuf::RepeatedPtrField<v1::Token>& tokens) {
  Rows rows;
  for (const v1::Token& token : tokens) {
    rows.push_back({IdOf(token.name()), Short(v1::Role_descriptor(), token.role()),
                    token.certificate_name().empty() ? "-" : Printable(token.certificate_name()),
                    TimeText(true, token.created_at()),
                    TimeText(token.has_expires_at(), token.expires_at()),
                    TimeText(token.has_last_used_at(), token.last_used_at()),
                    TimeText(token.has_revoked_at(), token.revoked_at())});
  }
  return TextTable({{"NAME"},
                    {"ROLE"},
                    {"CERTIFICATE"},
                    {"CREATED (UTC)"},
                    {"EXPIRES"},
                    {"LAST USED"},
                    {"REVOKED"}},
                   rows);
}

std::string AuditText(const google::protobuf::RepeatedPtrField<v1::AuditEntry>& entries) {
  Rows rows;
  for (const v1::AuditEntry& entry : entries) {
    rows.push_back({TimeText(true, entry.time()), Printable(entry.principal()),
                    IdOf(entry.method()), Printable(entry.resource()), entry.outcome(),
                    entry.reason(), Printable(entry.peer())});
  }
  return TextTable(
      {{"TIME (UTC)"}, {"WHO"}, {"WHAT"}, {"OF WHAT"}, {"OUTCOME"}, {"REASON"}, {"FROM"}}, rows);
}

std::string LogLine(const v1::LogEntry& entry) {
  const std::string time = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ",
                                            rpc::FromTimestamp(entry.time()), absl::UTCTimeZone());
  return absl::StrFormat("%s %-7s %-9s %s%s\n", time,
                         Short(v1::Severity_descriptor(), entry.severity()), entry.origin(),
                         entry.stream().empty() ? "" : Printable(entry.stream()) + ": ",
                         Printable(entry.message()));
}

}  // namespace lockstitch::cli
