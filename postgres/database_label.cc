#include "postgres/database_label.h"

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/connection_settings.h"

namespace lockstitch::postgres {

std::string DatabaseLabel(const v1::PostgresConnection& server) {
  const absl::StatusOr<ConnectionSettings> settings = ReadConnectionSettings(server);
  if (!settings.ok()) {
    return absl::StrJoin({server.url_file(), server.service(), server.host(),
                          absl::StrCat(server.port()), server.database()},
                         " ");
  }
  const auto append_host = [](std::string* out, const Host& host) {
    absl::StrAppend(out, absl::AsciiStrToLower(host.name.empty() ? host.address : host.name), ":",
                    host.port);
  };
  return absl::StrCat(absl::StrJoin(settings->hosts, ",", append_host), "/", settings->database);
}

}  // namespace lockstitch::postgres
