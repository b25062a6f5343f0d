// Puts so many integrations into a catalog, each of a source and a destination of its own, of one
// stream, and with a schedule of an hour: `keep_integrations CATALOG_URL SECRET_KEYS COUNT`.

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "rpc/random_id.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/store/catalog.h"
#include "services/scheduler/store/integration_store.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

absl::Status Keep(const std::string& url, const std::string& keys, int count) {
  ASSIGN_OR_RETURN(const SecretBox secrets, SecretBox::Open(keys));
  v1::PostgresConnection server;
  server.set_url(url);
  ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, Catalog::Open(server));
  const IntegrationStore store(catalog.get(), &secrets);
  for (int i = 0; i < count; ++i) {
    NewIntegration created = {.id = absl::StrCat("i", i), .uid = rpc::RandomId()};
    v1::Integration& integration = created.integration;
    integration.set_name(created.id);
    integration.mutable_source()->mutable_postgres()->set_url(
        absl::StrCat("postgres://user:secret@source-", i, ".example/shop"));
    integration.mutable_destination()->mutable_postgres()->set_url(
        absl::StrCat("postgres://user:secret@warehouse-", i, ".example/dwh"));
    integration.add_streams()->set_stream("public.t");
    integration.mutable_schedule()->mutable_every()->set_seconds(3600);
    RETURN_IF_ERROR(store.Create(created).status());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace lockstitch::scheduler

int main(int argc, char** argv) {
  if (argc != 4) return EXIT_FAILURE;
  const absl::Status kept = lockstitch::scheduler::Keep(argv[1], argv[2], std::atoi(argv[3]));
  if (!kept.ok()) std::cerr << kept << std::endl;
  return kept.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
