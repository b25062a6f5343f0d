#include "services/scheduler/notification/notifications.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "rpc/timestamp.h"

namespace lockstitch::scheduler {
namespace {

using Json = nlohmann::ordered_json;

bool Wants(const v1::Webhook& webhook, v1::WebhookEvent event) {
  return webhook.events().empty() || std::find(webhook.events().begin(), webhook.events().end(),
                                               event) != webhook.events().end();
}

Json TimeOf(bool set, const google::protobuf::Timestamp& time) {
  if (!set) return nullptr;
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", rpc::FromTimestamp(time), absl::UTCTimeZone());
}

Json ErrorOf(const v1::Error& error) {
  return {{"reason", error.reason()}, {"message", error.message()}, {"remedy", error.remedy()}};
}

std::string Text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string LoadBody(const v1::Integration& integration, const v1::Job& job,
                     const v1::StreamRun& run) {
  const v1::PublishedLoad& published = run.published();
  Json bookmarks = Json::array(), keys = Json::array();
  if (published.has_bookmark()) {
    bookmarks.push_back({{"key", published.replication_key()},
                         {"min_value", nullptr},
                         {"max_value", published.bookmark()}});
  }
  for (const std::string& column : published.key_columns()) keys.push_back(column);
  const Json table = {{"source_table_name", run.stream()},
                      {"destination_table_name", run.destination_table()},
                      {"num_rows", run.progress().rows_loaded()},
                      {"num_rows_rejected", 0},
                      {"primary_keys", keys},
                      {"bookmark_metadata", bookmarks}};
  return Text({{"version", "1.0"},
               {"event", "load"},
               {"integration_name", integration.name()},
               {"job", job.name()},
               {"run_id", run.run_id()},
               {"source_root_table_name", run.stream()},
               {"destination_root_table_name", run.destination_table()},
               {"new_version", published.replaced()},
               {"table_version", published.table_version()},
               {"minimum_sdc_batched_at", TimeOf(run.has_started_at(), run.started_at())},
               {"max_time_extracted", TimeOf(run.has_ended_at(), run.ended_at())},
               {"tables", Json::array({table})}});
}

std::string FailureBody(const v1::Integration& integration, const v1::Job& job,
                        const std::vector<v1::StreamRun>& runs) {
  Json streams = Json::array();
  for (const v1::StreamRun& run : runs) {
    if (run.state() != v1::STREAM_RUN_STATE_FAILED) continue;
    streams.push_back({{"stream", run.stream()}, {"error", ErrorOf(run.error())}});
  }
  return Text({{"version", "1.0"},
               {"event", "failure"},
               {"integration_name", integration.name()},
               {"job", job.name()},
               {"started_at", TimeOf(job.has_started_at(), job.started_at())},
               {"ended_at", TimeOf(job.has_ended_at(), job.ended_at())},
               {"error", job.has_error() ? ErrorOf(job.error()) : Json()},
               {"streams", streams}});
}

}  // namespace

std::vector<Notification> NotificationsOf(const v1::Integration& integration, const v1::Job& job,
                                          const std::vector<v1::StreamRun>& runs) {
  std::vector<Notification> notifications;
  for (const v1::Webhook& webhook : integration.webhooks()) {
    if (Wants(webhook, v1::WEBHOOK_EVENT_LOAD)) {
      for (const v1::StreamRun& run : runs) {
        if (run.state() != v1::STREAM_RUN_STATE_SUCCEEDED) continue;
        notifications.push_back({.webhook = webhook, .body = LoadBody(integration, job, run)});
      }
    }
    if (job.state() == v1::JOB_STATE_FAILED && Wants(webhook, v1::WEBHOOK_EVENT_FAILURE))
      notifications.push_back({.webhook = webhook, .body = FailureBody(integration, job, runs)});
  }
  return notifications;
}

}  // namespace lockstitch::scheduler
