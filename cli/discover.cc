#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/catalog_view.h"
#include "cli/commands.h"
#include "cli/local_services.h"
#include "lockstitch/v1/catalog.pb.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

using Sink = std::function<void(const v1::Table&)>;
using Read = std::function<absl::Status(const Sink&)>;

// The catalog, or of it the one table that the command names.
absl::Status ReadChosen(const Read& read, const std::string& chosen, const Sink& sink) {
  if (chosen.empty()) return read(sink);
  ASSIGN_OR_RETURN(const v1::TableName name, schema::ParseStreamName(chosen));
  const std::string stream = schema::StreamName(name);
  bool found = false;
  RETURN_IF_ERROR(read([&](const v1::Table& table) {
    if (schema::StreamName(table.name()) != stream) return;
    found = true;
    sink(table);
  }));
  return found ? absl::OkStatus()
               : Error(Reason::kStreamNotFound,
                       absl::StrCat("the source has no table or view ", stream));
}

// Prints tables as they come. What fails before the first is the command's failure; what fails
// later stands behind them in the same object.
int PrintJson(const Read& read, const std::string& chosen, std::ostream& out) {
  bool begun = false;
  const absl::Status status = ReadChosen(read, chosen, [&](const v1::Table& table) {
    out << (begun ? ",\n" : "{\"streams\": [\n") << TableJson(table);
    begun = true;
  });
  if (!status.ok() && !begun) return Fail(status, Output::kJson);
  out << (begun ? "\n]" : "{\"streams\": []");
  if (!status.ok()) out << ",\n\"error\": " << FailureJson(status);
  out << "}\n";
  return status.ok() ? kSucceeded : kFailed;
}

// YAML can't be begun before all is known.
int PrintYaml(const Read& read, const std::string& chosen) {
  std::ostringstream json;
  const int exit_status = PrintJson(read, chosen, json);
  if (!json.str().empty()) std::cout << Structured(Output::kYaml, json.str());
  return exit_status;
}

int PrintText(const Read& read, const std::string& chosen) {
  CatalogText catalog;
  std::string details;
  const absl::Status status = ReadChosen(read, chosen, [&](const v1::Table& table) {
    if (chosen.empty()) {
      catalog.Add(table);
    } else {
      details = TableText(table);
    }
  });
  if (!status.ok()) return Fail(status, Output::kTable);
  std::cout << (chosen.empty() ? catalog.Text() : details);
  return kSucceeded;
}

}  // namespace

int Run(const DiscoverCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<std::unique_ptr<LocalServices>> services = LocalServices::Start();
  if (!services.ok()) return Fail(services.status(), output);
  v1::Source source;
  source.mutable_postgres()->set_url(command.source);
  const Read read = [&](const Sink& sink) {
    return (*services)->discovery().Discover(source, sink, stop);
  };
  if (output == Output::kJson) return PrintJson(read, command.stream, std::cout);
  if (output == Output::kYaml) return PrintYaml(read, command.stream);
  return PrintText(read, command.stream);
}

}  // namespace lockstitch::cli
