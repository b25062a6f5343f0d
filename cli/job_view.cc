#include "cli/job_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "cli/change_view.h"
#include "cli/text_table.h"
#include "cli/verification_view.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string StateOf(const v1::StreamRun& run) {
  return std::string(absl::StripPrefix(v1::StreamRunState_Name(run.state()), "STREAM_RUN_STATE_"));
}

std::string StateOf(const v1::Job& job) {
  return std::string(absl::StripPrefix(v1::JobState_Name(job.state()), "JOB_STATE_"));
}

std::string MethodOf(const v1::StreamRun& run) {
  return std::string(
      absl::StripPrefix(v1::ReplicationMethod_Name(run.method()), "REPLICATION_METHOD_"));
}

Json ErrorAsJson(bool has_error, const v1::Error& error) {
  if (!has_error) return nullptr;
  return {{"reason", error.reason()}, {"message", error.message()}, {"remedy", error.remedy()}};
}

Json VerificationOf(const v1::StreamRun& run) {
  return run.has_verification() ? Json::parse(VerificationAsJson(run.verification())) : Json();
}

// Of a job whose streams are compared: how many rows were found as they should be.
std::string VerifiedRows(const v1::StreamRun& run) {
  if (run.verification().outcome() != v1::VERIFICATION_OUTCOME_VERIFIED) return "";
  return GroupedNumber(run.verification().destination_rows());
}

double Seconds(const google::protobuf::Timestamp& timestamp) {
  return static_cast<double>(timestamp.seconds()) + 1e-9 * timestamp.nanos();
}

}  // namespace

void JobView::Add(const v1::JobEvent& event) {
  if (event.has_job()) job_ = event.job();
  if (!event.has_stream_run()) return;
  const v1::StreamRun& run = event.stream_run();
  const auto known =
      std::find_if(streams_.begin(), streams_.end(),
                   [&](const v1::StreamRun& stream) { return stream.run_id() == run.run_id(); });
  if (known == streams_.end()) {
    streams_.push_back(run);
  } else {
    *known = run;
  }
}

double SecondsOf(const v1::StreamRun& run) {
  if (!run.has_started_at()) return 0;
  const double end = run.has_ended_at() ? Seconds(run.ended_at())
                                        : absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  return std::max(0.0, end - Seconds(run.started_at()));
}

std::string JobAsJson(const JobView& view) {
  Json streams = Json::array();
  for (const v1::StreamRun& run : view.streams()) {
    streams.push_back({{"stream", run.stream()},
                       {"state", StateOf(run)},
                       {"method", MethodOf(run)},
                       {"rows_extracted", run.progress().rows_extracted()},
                       {"rows_loaded", run.progress().rows_loaded()},
                       {"bytes", run.progress().bytes_extracted()},
                       {"seconds", SecondsOf(run)},
                       {"rows_deleted", run.rows_deleted()},
                       {"destination_table", run.destination_table()},
                       {"attempts", run.attempts()},
                       {"run_id", run.run_id()},
                       {"changes", ChangesAsJson(run.changes())},
                       {"verification", VerificationOf(run)},
                       {"error", ErrorAsJson(run.has_error(), run.error())}});
  }
  const Json root = {{"job",
                      {{"state", StateOf(view.job())},
                       {"integration", view.job().integration()},
                       {"job_id", view.job().job_id()},
                       {"error", ErrorAsJson(view.job().has_error(), view.job().error())}}},
                     {"streams", streams}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string JobAsTable(const JobView& view) {
  std::vector<std::vector<std::string>> rows;
  std::string changes, failures;
  int64_t total_rows = 0, succeeded = 0;
  const bool compared =
      std::any_of(view.streams().begin(), view.streams().end(),
                  [](const v1::StreamRun& run) { return run.has_verification(); });
  const bool deleted = std::any_of(view.streams().begin(), view.streams().end(),
                                   [](const v1::StreamRun& run) { return run.rows_deleted() > 0; });
  for (const v1::StreamRun& run : view.streams()) {
    const double seconds = SecondsOf(run);
    const auto bytes = static_cast<double>(run.progress().bytes_extracted());
    rows.push_back({run.stream(), StateOf(run), GroupedNumber(run.progress().rows_loaded()),
                    ReadableBytes(bytes), ReadableSeconds(seconds),
                    seconds > 0 ? absl::StrCat(ReadableBytes(bytes / seconds), "/s") : "",
                    run.destination_table()});
    if (deleted) rows.back().push_back(GroupedNumber(run.rows_deleted()));
    if (compared) rows.back().push_back(VerifiedRows(run));
    changes += ChangesAsText(run.stream(), run.changes());
    total_rows += run.progress().rows_loaded();
    if (run.state() == v1::STREAM_RUN_STATE_SUCCEEDED) ++succeeded;
    if (run.has_error()) {
      absl::StrAppend(&failures, "\n", Printable(run.stream()), ": ", run.error().reason(), ": ",
                      Printable(run.error().message()), "\n  ", run.error().remedy(), "\n",
                      DifferencesAsText(run.verification()));
    }
  }
  if (view.job().has_error()) {
    absl::StrAppend(&failures, view.job().error().reason(), ": ",
                    Printable(view.job().error().message()), "\n  ", view.job().error().remedy(),
                    "\n");
  }
  std::string text;
  if (!rows.empty()) {
    std::vector<TextColumn> columns = {{"STREAM"},           {"STATE"},      {"ROWS", true},
                                       {"BYTES", true},      {"TIME", true}, {"RATE", true},
                                       {"DESTINATION TABLE"}};
    if (deleted) columns.push_back({"DELETED ROWS", true});
    if (compared) columns.push_back({"VERIFIED ROWS", true});
    text = TextTable(columns, rows);
  }
  if (!changes.empty()) absl::StrAppend(&text, "\n", changes);
  absl::StrAppend(&text, failures, rows.empty() && failures.empty() ? "" : "\n",
                  view.job().integration(), ": ", StateOf(view.job()), ", ", succeeded, " of ",
                  view.streams().size(), " streams, ", GroupedNumber(total_rows), " rows\n");
  return text;
}

}  // namespace lockstitch::cli
