#include "services/scheduler/control/integration_edit.h"

#include <google/protobuf/util/field_mask_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/stream_name.h"
#include "services/scheduler/secrets/integration_secrets.h"
#include "services/scheduler/selection.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::util::FieldMaskUtil;
using google::protobuf::util::MessageDifferencer;

absl::StatusOr<FieldMask> Expanded(const FieldMask& mask) {
  FieldMask expanded;
  std::vector<std::string> unknown;
  for (const std::string& path : mask.paths()) {
    if (path == "*") {
      expanded = FieldMaskUtil::GetFieldMaskForAllFields<v1::Integration>();
    } else if (FieldMaskUtil::IsValidPath<v1::Integration>(path)) {
      expanded.add_paths(path);
    } else {
      unknown.push_back(path);
    }
  }
  if (!unknown.empty()) {
    return Error(Reason::kUsageInvalid, absl::StrCat("update_mask: no fields of an integration: ",
                                                     absl::StrJoin(unknown, ", ")));
  }
  if (expanded.paths().empty())
    return Error(Reason::kUsageInvalid, "update_mask is empty",
                 "Name the fields to replace, or give * for all.");
  return expanded;
}

absl::Status TestUnchanging(const v1::Integration& kept, const v1::Integration& edited) {
  std::vector<std::string> changed;
  if (edited.name() != kept.name()) changed.emplace_back("name");
  if (edited.uid() != kept.uid()) changed.emplace_back("uid");
  if (!MessageDifferencer::Equivalent(edited.naming(), kept.naming()))
    changed.emplace_back("naming");
  if (changed.empty()) return absl::OkStatus();
  return Error(Reason::kIntegrationInvalid,
               absl::StrCat("never changes: ", absl::StrJoin(changed, ", ")),
               "Create another integration, or leave the field as it is.");
}

// The streams' settings by the streams' names, as the catalog writes them.
absl::StatusOr<std::string> NameOf(const v1::StreamSettings& settings) {
  ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(settings.stream()));
  return schema::StreamName(table);
}

// The settings of a stream, added where it has none of its own.
v1::StreamSettings* SettingsOf(const std::string& stream, v1::Integration* integration) {
  for (v1::StreamSettings& settings : *integration->mutable_streams()) {
    if (NameOf(settings).value_or("") == stream) return &settings;
  }
  v1::StreamSettings* added = integration->add_streams();
  added->set_stream(stream);
  return added;
}

// Without patterns, the streams that are named replicate alone, and where none is, all do: an edit
// of some must not come to change the others.
void KeepOthers(const v1::Integration& kept, v1::Integration* edited) {
  const bool named = SelectsByName(kept);
  if (!kept.selection().patterns().empty() || named == SelectsByName(*edited)) return;
  edited->mutable_selection()->add_patterns(named ? "!*.*" : "*.*");
}

// A bookmark belongs to the reset that it was set by: a later one of all streams must not apply it
// again.
void ForgetBookmarks(v1::Integration* integration) {
  for (v1::StreamSettings& settings : *integration->mutable_streams())
    settings.clear_set_bookmark();
}

void KeepResets(const v1::Integration& kept, v1::Integration* edited) {
  const bool raised = edited->reset() > kept.reset();
  edited->set_reset(std::max(edited->reset(), kept.reset()));
  std::map<std::string, const v1::StreamSettings*> before;
  for (const v1::StreamSettings& settings : kept.streams())
    before[NameOf(settings).value_or("")] = &settings;
  for (v1::StreamSettings& settings : *edited->mutable_streams()) {
    const auto found = before.find(NameOf(settings).value_or(""));
    if (found == before.end() || found->second->reset() < settings.reset()) continue;
    settings.set_reset(found->second->reset());
    if (found->second->has_set_bookmark() && !raised)
      settings.set_set_bookmark(found->second->set_bookmark());
    else
      settings.clear_set_bookmark();
  }
}

uint32_t OwnResets(const std::string& stream, const v1::Integration& integration) {
  for (const v1::StreamSettings& settings : integration.streams()) {
    if (NameOf(settings).value_or("") == stream) return settings.reset();
  }
  return 0;
}

// What a counter must exceed for its sum with `other` to exceed what was applied.
uint32_t LeastBeside(uint32_t other, int64_t applied) {
  return static_cast<uint32_t>(std::max<int64_t>(applied - other, 0));
}

}  // namespace

absl::StatusOr<v1::Integration> Edit(const v1::Integration& kept, const v1::Integration& edited,
                                     const FieldMask& mask) {
  ASSIGN_OR_RETURN(const FieldMask paths, Expanded(mask));
  FieldMaskUtil::MergeOptions replace;
  replace.set_replace_message_fields(true);
  replace.set_replace_repeated_fields(true);
  v1::Integration result = kept;
  FieldMaskUtil::MergeMessageTo(edited, paths, replace, &result);
  // Who replaces all need not know the uid.
  if (result.uid().empty()) result.set_uid(kept.uid());
  RETURN_IF_ERROR(TestUnchanging(kept, result));
  KeepResets(kept, &result);
  return WithKeptSecrets(result, kept);
}

bool ReplacesSecrets(const v1::Integration& kept, const FieldMask& mask) {
  const absl::StatusOr<FieldMask> paths = Expanded(mask);
  const auto replaces = [&](const char* path) {
    return paths.ok() && FieldMaskUtil::IsPathInFieldMask(path, *paths);
  };
  return replaces("source.postgres") && replaces("destination.postgres") &&
         (kept.webhooks().empty() || replaces("webhooks"));
}

absl::StatusOr<v1::Integration> EditStreams(const v1::Integration& kept,
                                            const std::vector<v1::StreamSettings>& streams) {
  if (streams.empty())
    return Error(Reason::kUsageInvalid, "streams is empty",
                 "Give the settings of at least one stream.");
  v1::Integration result = kept;
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (const v1::StreamSettings& settings : streams) {
    const absl::StatusOr<std::string> name = NameOf(settings);
    if (!name.ok()) {
      problems.emplace_back(name.status().message());
    } else if (!seen.insert(*name).second) {
      problems.push_back(absl::StrCat(*name, " is there twice"));
    } else {
      v1::StreamSettings* replaced = SettingsOf(*name, &result);
      *replaced = settings;
      replaced->set_stream(*name);
    }
  }
  if (!problems.empty()) return Error(Reason::kUsageInvalid, absl::StrJoin(problems, "; "));
  KeepOthers(kept, &result);
  KeepResets(kept, &result);
  return result;
}

absl::StatusOr<v1::Integration> EditResets(const v1::Integration& kept,
                                           const std::vector<std::string>& streams,
                                           const AppliedResets& applied) {
  v1::Integration result = kept;
  if (streams.empty()) {
    uint32_t before = kept.reset();
    for (const auto& [stream, generation] : applied)
      before = std::max(before, LeastBeside(OwnResets(stream, kept), generation));
    result.set_reset(before + 1);
    ForgetBookmarks(&result);
  }
  for (const std::string& stream : streams) {
    ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
    const std::string name = schema::StreamName(table);
    v1::StreamSettings* settings = SettingsOf(name, &result);
    const auto found = applied.find(name);
    const int64_t generation = found == applied.end() ? 0 : found->second;
    settings->set_reset(std::max(settings->reset(), LeastBeside(kept.reset(), generation)) + 1);
    settings->clear_set_bookmark();
  }
  KeepOthers(kept, &result);
  return result;
}

absl::StatusOr<v1::Integration> EditBookmark(const v1::Integration& kept, const std::string& stream,
                                             const std::string& bookmark,
                                             const AppliedResets& applied) {
  ASSIGN_OR_RETURN(v1::Integration result, EditResets(kept, {stream}, applied));
  ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
  SettingsOf(schema::StreamName(table), &result)->set_set_bookmark(bookmark);
  return result;
}

}  // namespace lockstitch::scheduler
