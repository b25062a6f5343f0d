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
  if (edited.name() != kept.name()) changed.push_back("name");
  if (edited.uid() != kept.uid()) changed.push_back("uid");
  if (!MessageDifferencer::Equivalent(edited.naming(), kept.naming())) changed.push_back("naming");
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

// Where streams have been chosen neither by name nor by pattern, all replicate; one that is named
// must not take that away.
void KeepAllSelected(v1::Integration* integration) {
  if (integration->streams().empty() && integration->selection().patterns().empty())
    integration->mutable_selection()->add_patterns("*.*");
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

absl::StatusOr<v1::Integration> EditStreams(const v1::Integration& kept,
                                            const std::vector<v1::StreamSettings>& streams) {
  if (streams.empty())
    return Error(Reason::kUsageInvalid, "streams is empty",
                 "Give the settings of at least one stream.");
  v1::Integration result = kept;
  KeepAllSelected(&result);
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
  KeepResets(kept, &result);
  return result;
}

absl::StatusOr<v1::Integration> EditResets(const v1::Integration& kept,
                                           const std::vector<std::string>& streams) {
  v1::Integration result = kept;
  if (streams.empty()) {
    result.set_reset(result.reset() + 1);
    ForgetBookmarks(&result);
  } else {
    KeepAllSelected(&result);
  }
  for (const std::string& stream : streams) {
    ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
    v1::StreamSettings* settings = SettingsOf(schema::StreamName(table), &result);
    settings->set_reset(settings->reset() + 1);
    settings->clear_set_bookmark();
  }
  return result;
}

absl::StatusOr<v1::Integration> EditBookmark(const v1::Integration& kept, const std::string& stream,
                                             const std::string& bookmark) {
  ASSIGN_OR_RETURN(v1::Integration result, EditResets(kept, {stream}));
  ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
  SettingsOf(schema::StreamName(table), &result)->set_set_bookmark(bookmark);
  return result;
}

}  // namespace lockstitch::scheduler
