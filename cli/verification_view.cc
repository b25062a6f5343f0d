#include "cli/verification_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/text_table.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string OutcomeOf(const v1::StreamVerification& stream) {
  return std::string(
      absl::StripPrefix(v1::VerificationOutcome_Name(stream.outcome()), "VERIFICATION_OUTCOME_"));
}

std::string MethodOf(const v1::StreamVerification& stream) {
  return std::string(
      absl::StripPrefix(v1::ReplicationMethod_Name(stream.method()), "REPLICATION_METHOD_"));
}

std::string KindOf(const v1::RowDifference& difference) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::RowDifferenceKind_Name(difference.kind()), "ROW_DIFFERENCE_KIND_"));
}

Json Optional(bool has, const std::string& value) { return has ? Json(value) : Json(nullptr); }

// Values stand there only where they were asked for: without one at either end it can't be told.
Json DifferenceAsJson(const v1::RowDifference& difference) {
  Json key = Json::object(), columns = Json::array();
  for (const v1::ColumnValue& value : difference.key())
    key[value.column()] = Optional(value.has_value(), value.value());
  for (const v1::ColumnDifference& column : difference.columns()) {
    columns.push_back({{"column", column.column()},
                       {"source_value", Optional(column.has_source_value(), column.source_value())},
                       {"destination_value",
                        Optional(column.has_destination_value(), column.destination_value())}});
  }
  return {{"kind", KindOf(difference)}, {"key", key}, {"columns", columns}};
}

Json StreamAsJson(const v1::StreamVerification& stream) {
  Json differences = Json::array();
  for (const v1::RowDifference& difference : stream.differences())
    differences.push_back(DifferenceAsJson(difference));
  return {{"stream", stream.stream()},
          {"outcome", OutcomeOf(stream)},
          {"method", MethodOf(stream)},
          {"destination_table", stream.destination_table()},
          {"source_rows", stream.source_rows()},
          {"destination_rows", stream.destination_rows()},
          {"compared_below", Optional(stream.has_compared_below(), stream.compared_below())},
          {"different", stream.different()},
          {"more_differ", stream.more_differ()},
          {"changed_since_load", stream.changed_since_load()},
          {"deleted_at_source", stream.deleted_at_source()},
          {"not_yet_loaded", stream.not_yet_loaded()},
          {"differences", differences},
          {"incomplete_columns", std::vector<std::string>(stream.incomplete_columns().begin(),
                                                          stream.incomplete_columns().end())},
          {"seconds", stream.seconds()}};
}

Json ToldAsJson(const v1::VerifyResponse& told) {
  Json json = StreamAsJson(told.stream());
  json["error"] = nullptr;
  if (told.has_error()) {
    json["error"] = {{"reason", told.error().reason()},
                     {"message", told.error().message()},
                     {"remedy", told.error().remedy()}};
  }
  return json;
}

std::string Shown(bool has, const std::string& value) { return has ? Printable(value) : "NULL"; }

std::string KeyOf(const v1::RowDifference& difference) {
  if (difference.key().empty()) return "a row";
  const auto part = [](std::string* out, const v1::ColumnValue& value) {
    absl::StrAppend(out, Printable(value.column()), "=", Shown(value.has_value(), value.value()));
  };
  return absl::StrJoin(difference.key(), ", ", part);
}

std::string ColumnOf(const v1::ColumnDifference& column) {
  if (!column.has_source_value() && !column.has_destination_value())
    return Printable(column.column());
  return absl::StrCat(Printable(column.column()), " ",
                      Shown(column.has_source_value(), column.source_value()), " -> ",
                      Shown(column.has_destination_value(), column.destination_value()));
}

std::string DifferenceAsText(const v1::RowDifference& difference) {
  const auto column = [](std::string* out, const v1::ColumnDifference& one) {
    out->append(ColumnOf(one));
  };
  return absl::StrCat("  ", KindOf(difference), "  ", KeyOf(difference),
                      difference.columns().empty() ? "" : ": ",
                      absl::StrJoin(difference.columns(), ", ", column), "\n");
}

std::string CountsOf(const v1::StreamVerification& stream) {
  std::vector<std::string> counts;
  const auto add = [&](int64_t rows, const char* what) {
    if (rows > 0) counts.push_back(absl::StrCat(GroupedNumber(rows), " ", what));
  };
  add(stream.changed_since_load(), "changed since the load");
  add(stream.deleted_at_source(), "deleted at the source");
  add(stream.not_yet_loaded(), "not yet loaded");
  return absl::StrJoin(counts, ", ");
}

std::string ProblemsOf(const v1::VerifyResponse& told) {
  const v1::StreamVerification& stream = told.stream();
  const std::string name = Printable(stream.stream());
  if (told.has_error()) {
    return absl::StrCat("\n", name, ": ", told.error().reason(), ": ",
                        Printable(told.error().message()), "\n  ", told.error().remedy(), "\n");
  }
  const std::string differences = DifferencesAsText(stream);
  return differences.empty() ? "" : absl::StrCat("\n", name, ": ", differences);
}

bool Is(const v1::VerifyResponse& told, v1::VerificationOutcome outcome) {
  return told.stream().outcome() == outcome;
}

}  // namespace

void VerificationView::Add(const v1::VerifyResponse& told) {
  const auto known =
      std::find_if(streams_.begin(), streams_.end(), [&](const v1::VerifyResponse& stream) {
        return stream.stream().stream() == told.stream().stream();
      });
  if (known == streams_.end()) {
    streams_.push_back(told);
  } else {
    *known = told;
  }
}

bool VerificationView::IsVerified() const {
  return std::all_of(streams_.begin(), streams_.end(), [](const v1::VerifyResponse& told) {
    return Is(told, v1::VERIFICATION_OUTCOME_VERIFIED);
  });
}

std::string VerificationAsJson(const v1::StreamVerification& stream) {
  return StreamAsJson(stream).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DifferencesAsText(const v1::StreamVerification& stream) {
  if (stream.different() == 0) return "";
  std::string text =
      absl::StrCat(stream.more_differ() ? "at least " : "", GroupedNumber(stream.different()),
                   stream.different() == 1 ? " row differs\n" : " rows differ\n");
  for (const v1::RowDifference& difference : stream.differences())
    text += DifferenceAsText(difference);
  if (stream.different() > stream.differences_size() && !stream.differences().empty())
    text += "  ...\n";
  if (!stream.incomplete_columns().empty()) {
    absl::StrAppend(&text, "  Rows that were loaded before ",
                    Printable(absl::StrJoin(stream.incomplete_columns(), ", ")),
                    " came to the table have no values there, unless they have changed since. "
                    "Reset the stream to load them anew.\n");
  }
  return text;
}

std::string VerificationAsJson(const VerificationView& view) {
  Json streams = Json::array();
  for (const v1::VerifyResponse& told : view.streams()) streams.push_back(ToldAsJson(told));
  const Json root = {{"verified", view.IsVerified()}, {"streams", streams}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string VerificationAsTable(const VerificationView& view) {
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const v1::VerifyResponse& told : view.streams()) {
    const v1::StreamVerification& stream = told.stream();
    rows.push_back({stream.stream(), OutcomeOf(stream), GroupedNumber(stream.source_rows()),
                    GroupedNumber(stream.destination_rows()), ReadableSeconds(stream.seconds()),
                    CountsOf(stream)});
    problems += ProblemsOf(told);
  }
  const auto verified =
      std::count_if(view.streams().begin(), view.streams().end(),
                    [](const auto& told) { return Is(told, v1::VERIFICATION_OUTCOME_VERIFIED); });
  if (std::any_of(view.streams().begin(), view.streams().end(), [](const auto& told) {
        return Is(told, v1::VERIFICATION_OUTCOME_DIFFERENT) &&
               told.stream().method() == v1::REPLICATION_METHOD_FULL_TABLE;
      })) {
    problems +=
        "\nA source that changes differs from what was loaded before; sync --verify compares what "
        "a "
        "load has read.\n";
  }
  return absl::StrCat(TextTable({{"STREAM"},
                                 {"OUTCOME"},
                                 {"SOURCE ROWS", true},
                                 {"DESTINATION ROWS", true},
                                 {"TIME", true},
                                 {"BESIDES"}},
                                rows),
                      problems, "\n", verified, " of ", view.streams().size(),
                      " streams verified\n");
}

}  // namespace lockstitch::cli
