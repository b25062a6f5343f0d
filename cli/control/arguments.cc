#include "cli/control/arguments.h"

#include <CLI/CLI.hpp>

#include "schema/destination_names.h"
#include "status/macros.h"

namespace lockstitch::cli {

void AddIntegrationArgument(CLI::App* app, std::string& name) {
  app->add_option("NAME", name, "the integration's name or id")->required()->option_text(" ");
}

absl::StatusOr<std::string> IntegrationNamed(const std::string& name) {
  // Ids may have hyphens; what is no id is the name that one was made from.
  const bool id =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  if (id) return "integrations/" + name;
  ASSIGN_OR_RETURN(const std::string made, schema::DestinationSchema(name));
  return "integrations/" + made;
}

}  // namespace lockstitch::cli
