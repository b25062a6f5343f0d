#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/control/all_pages.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

// What flags change of a stream's settings; what isn't given stays.
struct StreamArguments {
  std::string name;
  std::vector<std::string> streams;
  std::vector<std::string> patterns;
  std::optional<std::string> method, replication_key, filter, lookback, time_zone, backfill;
  std::optional<uint32_t> ranges;
  std::vector<std::string> key_columns, include_columns, exclude_columns;
  std::string bookmark;
  bool dry_run = false;
  bool skip_checks = false;
};

using Change = std::function<absl::Status(v1::StreamSettings*)>;

// The settings that the integration has for a stream, or its name alone.
v1::StreamSettings SettingsOf(const v1::Integration& integration, const std::string& stream) {
  for (const v1::StreamSettings& settings : integration.streams()) {
    const auto table = schema::ParseStreamName(settings.stream());
    if (table.ok() && schema::StreamName(*table) == stream) return settings;
  }
  v1::StreamSettings settings;
  settings.set_stream(stream);
  return settings;
}

absl::StatusOr<v1::UpdateStreamsResponse> Edit(const StreamArguments& arguments,
                                               const ControlCall& call, const Change& change) {
  ASSIGN_OR_RETURN(const std::string name, IntegrationNamed(arguments.name));
  v1::GetIntegrationRequest get;
  get.set_name(name);
  ASSIGN_OR_RETURN(const v1::GetIntegrationResponse present,
                   call.client.GetIntegration(get, call.stop));
  v1::UpdateStreamsRequest request;
  request.set_parent(name);
  // What was read is what is edited.
  request.set_etag(present.integration().etag());
  request.set_validate_only(arguments.dry_run);
  request.set_skip_checks(arguments.skip_checks);
  for (const std::string& stream : arguments.streams) {
    ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
    v1::StreamSettings settings =
        SettingsOf(present.integration().integration(), schema::StreamName(table));
    RETURN_IF_ERROR(change(&settings));
    *request.add_streams() = settings;
  }
  return call.client.UpdateStreams(request, call.stop);
}

int RunEdit(const StreamArguments& arguments, const ControlCall& call, const Change& change) {
  const absl::StatusOr<v1::UpdateStreamsResponse> response = Edit(arguments, call, change);
  if (!response.ok()) return Fail(response.status(), call.output);
  const std::string id = IdOf(response->integration().name());
  PrintResult(
      call.output, *response,
      response->changes().empty()
          ? absl::StrCat(id, ": unchanged\n")
          : absl::StrCat(
                id, arguments.dry_run ? ": would be edited\n" : ": edited, from its next job on\n",
                ChangesText(response->changes())));
  return kSucceeded;
}

int RunSelect(const StreamArguments& arguments, const ControlCall& call) {
  return RunEdit(arguments, call, [](v1::StreamSettings* settings) {
    settings->clear_selected();
    return absl::OkStatus();
  });
}

int RunDeselect(const StreamArguments& arguments, const ControlCall& call) {
  return RunEdit(arguments, call, [](v1::StreamSettings* settings) {
    settings->set_selected(false);
    return absl::OkStatus();
  });
}

// An empty list clears the field; one that isn't given leaves it.
void SetList(const std::vector<std::string>& given,
             google::protobuf::RepeatedPtrField<std::string>* field) {
  if (given.empty()) return;
  field->Clear();
  for (const std::string& each : given) {
    if (!each.empty()) *field->Add() = each;
  }
}

int RunSet(const StreamArguments& arguments, const ControlCall& call) {
  return RunEdit(arguments, call, [&](v1::StreamSettings* settings) {
    if (arguments.method) {
      v1::ReplicationMethod method = v1::REPLICATION_METHOD_UNSPECIFIED;
      v1::ReplicationMethod_Parse("REPLICATION_METHOD_" + *arguments.method, &method);
      settings->set_method(method);
      if (method != v1::REPLICATION_METHOD_INCREMENTAL) settings->clear_replication_key();
    }
    if (arguments.replication_key) settings->set_replication_key(*arguments.replication_key);
    if (arguments.filter) settings->set_filter(*arguments.filter);
    if (arguments.lookback) settings->set_lookback(*arguments.lookback);
    if (arguments.time_zone) settings->set_time_zone(*arguments.time_zone);
    if (arguments.ranges) settings->set_ranges(*arguments.ranges);
    if (arguments.backfill) {
      v1::Backfill backfill = v1::BACKFILL_UNSPECIFIED;
      v1::Backfill_Parse("BACKFILL_" + *arguments.backfill, &backfill);
      settings->set_backfill(backfill);
    }
    SetList(arguments.key_columns, settings->mutable_key_columns());
    SetList(arguments.include_columns, settings->mutable_include_columns());
    SetList(arguments.exclude_columns, settings->mutable_exclude_columns());
    return absl::OkStatus();
  });
}

int RunList(const StreamArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::ListStreamsRequest request;
  request.set_parent(*name);
  request.mutable_patterns()->Add(arguments.patterns.begin(), arguments.patterns.end());
  const absl::StatusOr<v1::ListStreamsResponse> all =
      AllPages(call, &scheduler::ControlClient::ListStreams, request);
  if (!all.ok()) return Fail(all.status(), call.output);
  PrintResult(call.output, *all, StreamsText(all->streams()));
  return kSucceeded;
}

int RunReset(const StreamArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::ResetStreamsRequest request;
  request.set_parent(*name);
  request.mutable_streams()->Add(arguments.streams.begin(), arguments.streams.end());
  const absl::StatusOr<v1::ResetStreamsResponse> response =
      call.client.ResetStreams(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  PrintResult(call.output, *response,
              absl::StrCat(IdOf(*name),
                           ": the streams will be loaded anew by the next job; readers see what is "
                           "there until then\n  Next: lockstitch run ",
                           IdOf(*name), " --wait\n"));
  return kSucceeded;
}

absl::StatusOr<std::string> StreamResource(const StreamArguments& arguments) {
  ASSIGN_OR_RETURN(const std::string name, IntegrationNamed(arguments.name));
  ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(arguments.streams.front()));
  return absl::StrCat(name, "/streams/", schema::StreamName(table));
}

int RunBookmark(const StreamArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = StreamResource(arguments);
  if (!name.ok()) return Fail(name.status(), call.output);
  if (!arguments.bookmark.empty()) {
    v1::SetBookmarkRequest request;
    request.set_name(*name);
    request.set_bookmark(arguments.bookmark);
    const absl::StatusOr<v1::SetBookmarkResponse> response =
        call.client.SetBookmark(request, call.stop);
    if (!response.ok()) return Fail(response.status(), call.output);
    PrintResult(call.output, *response,
                absl::StrCat("the next job goes on from there\n  Next: lockstitch run ",
                             arguments.name, " --wait\n"));
    return kSucceeded;
  }
  v1::GetBookmarkRequest request;
  request.set_name(*name);
  const absl::StatusOr<v1::GetBookmarkResponse> response =
      call.client.GetBookmark(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  const v1::StreamBookmark& bookmark = response->bookmark();
  PrintResult(call.output, *response,
              bookmark.has_bookmark()
                  ? absl::StrCat(bookmark.replication_key(), ": ", bookmark.bookmark(), "\n")
                  : "no bookmark\n");
  return kSucceeded;
}

void AddSettings(CLI::App* set, StreamArguments& arguments) {
  set->add_option("--method", arguments.method, "how it replicates")
      ->check(CLI::IsMember({"FULL_TABLE", "INCREMENTAL"}))
      ->option_text("FULL_TABLE|INCREMENTAL");
  set->add_option("--replication-key", arguments.replication_key,
                  "the column that an incremental stream is read by")
      ->option_text("COLUMN");
  set->add_option("--key-columns", arguments.key_columns,
                  "of a view: the columns that tell rows apart")
      ->delimiter(',')
      ->option_text("COLUMN,...");
  set->add_option("--include-columns", arguments.include_columns, "the columns to replicate")
      ->delimiter(',')
      ->option_text("COLUMN,...");
  set->add_option("--exclude-columns", arguments.exclude_columns, "the columns not to replicate")
      ->delimiter(',')
      ->option_text("COLUMN,...");
  set->add_option("--filter", arguments.filter, "which rows, as it would stand after WHERE")
      ->option_text("SQL");
  set->add_option("--lookback", arguments.lookback, "how far behind the bookmark stays")
      ->option_text("LOOKBACK");
  set->add_option("--time-zone", arguments.time_zone, "the zone that a timestamp key is written in")
      ->option_text("ZONE");
  set->add_option("--backfill", arguments.backfill, "what becomes of rows that were loaded before")
      ->check(CLI::IsMember({"NONE", "RELOAD"}))
      ->option_text("NONE|RELOAD");
  set->add_option(
         "--ranges", arguments.ranges,
         "parts that a full table is read in, each by a connection of its own [by its size]")
      ->option_text("N");
}

}  // namespace

std::vector<CLI::App*> AddStreamCommands(CLI::App& app, ControlCommand& command) {
  CLI::App* group = app.add_subcommand("streams", "The streams of an integration.");
  group->require_subcommand(1);
  group->footer("Example:\n  lockstitch streams list shop");
  std::vector<CLI::App*> added;
  const auto add = [&](const std::string& name, const std::string& help, auto run, int streams) {
    CLI::App* each = group->add_subcommand(name, help);
    const auto arguments = std::make_shared<StreamArguments>();
    AddIntegrationArgument(each, arguments->name);
    if (streams != 0) {
      each->add_option("STREAM", arguments->streams, "a table or view as SCHEMA.TABLE")
          ->required()
          ->expected(1, streams)
          ->option_text(streams == 1 ? " " : "...");
    }
    each->footer("Example:\n  lockstitch streams " + name + " shop" +
                 (streams != 0 ? " public.orders" : ""));
    OnParsed(each, command, arguments, run);
    added.push_back(each);
    return std::pair(each, arguments);
  };
  constexpr int kMany = 100'000;
  const auto add_edit = [&](const std::string& name, const std::string& help, auto run) {
    const auto [each, arguments] = add(name, help, run, kMany);
    each->add_flag("--dry-run", arguments->dry_run, "only show what would change");
    each->add_flag("--skip-checks", arguments->skip_checks,
                   "save it though the source can't be asked whether it fits");
    return std::pair(each, arguments);
  };
  const auto [list, list_arguments] =
      add("list", "List what the source has, what is selected, and how far it is.", RunList, 0);
  list->add_option("--stream", list_arguments->patterns,
                   "only those that this pattern selects; may be repeated [all]")
      ->option_text("PATTERN");
  add_edit("select", "Have streams replicate, with the settings that they had.", RunSelect);
  add_edit("deselect", "Have streams replicate no more; their tables stay.", RunDeselect);
  const auto [set, set_arguments] =
      add_edit("set", "Change settings of streams, all or none of them.", RunSet);
  set->footer(
      "Example:\n"
      "  lockstitch streams set shop public.orders --method INCREMENTAL --replication-key "
      "updated_at\n"
      "\n"
      "An empty text clears a setting.");
  AddSettings(set, *set_arguments);
  add("reset", "Have streams loaded anew by the next job.", RunReset, kMany);
  const auto [bookmark, bookmark_arguments] =
      add("bookmark", "Tell how far a stream is, or have it go on from elsewhere.", RunBookmark, 1);
  bookmark->add_option("--set", bookmark_arguments->bookmark, "the value to go on from")
      ->option_text("VALUE");
  return added;
}

}  // namespace lockstitch::cli
