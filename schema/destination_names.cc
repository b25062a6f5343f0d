#include "schema/destination_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

constexpr size_t kNameLimit = 63;  // NAMEDATALEN - 1 bytes

bool IsReserved(absl::string_view schema) {
  return schema == kStateSchema || schema == "information_schema" ||
         absl::StartsWith(schema, "pg_");
}

}  // namespace

absl::StatusOr<std::string> DestinationSchema(absl::string_view integration_name) {
  std::string schema = absl::AsciiStrToLower(integration_name);
  for (char& c : schema) {
    if (!absl::ascii_isalnum(c)) c = '_';
  }
  absl::string_view problem;
  if (schema.empty()) {
    problem = "is empty";
  } else if (absl::ascii_isdigit(schema.front())) {
    problem = "begins with a digit";
  } else if (schema.size() > kNameLimit) {
    problem = "is longer than 63 bytes";
  } else if (IsReserved(schema)) {
    problem = "gives a reserved schema name";
  } else {
    return schema;
  }
  return Error(Reason::kIntegrationInvalid,
               absl::StrCat("the integration name '", integration_name, "' ", problem),
               "Choose a name that begins with a letter, of at most 63 letters, digits, spaces and "
               "underscores.");
}

std::vector<SystemColumn> SystemColumnsOf(v1::SystemColumns choice) {
  if (choice == v1::SYSTEM_COLUMNS_NONE) return {};
  return {{"_sdc_received_at", "timestamptz"},
          {"_sdc_batched_at", "timestamptz"},
          {"_sdc_sequence", "bigint"},
          {"_sdc_table_version", "bigint"}};
}

}  // namespace lockstitch::schema
