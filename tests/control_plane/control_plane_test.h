#ifndef LOCKSTITCH_TESTS_CONTROL_PLANE_CONTROL_PLANE_TEST_H_
#define LOCKSTITCH_TESTS_CONTROL_PLANE_CONTROL_PLANE_TEST_H_

#include <memory>
#include <string>
#include <vector>

#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/store/catalog.h"
#include "services/scheduler/store/integration_store.h"
#include "services/scheduler/store/job_store.h"
#include "services/scheduler/store/report_store.h"
#include "testing/database.h"
#include "testing/temporary_folder.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// A test with a catalog database of its own, on a cluster that the program's tests share, and with
// as many schedulers as it wants. Integrations are put into the catalog without the API.
class ControlPlaneTest : public ClustersTest {
 protected:
  static testing::PostgresCluster& CatalogCluster();

  ControlPlaneTest();

  // Starts loader, extractor and discovery, with the loader's failpoints.
  void StartServices(const std::string& loader_failpoints = "");
  // A scheduler of the catalog, once it serves.
  std::unique_ptr<ServiceProcess> StartScheduler(std::vector<std::string> flags = {});
  // The same, once it leads: what is kept from then on is due at once.
  std::unique_ptr<ServiceProcess> StartLeader(std::vector<std::string> flags = {});

  // Keeps an integration of public.t, read in two ranges, that runs every hour, from now on.
  v1::Integration Settings(const std::string& name);
  void Keep(const v1::Integration& integration);

  // Makes public.t of so many rows at the source.
  void MakeTable(int rows);

  // Blocks until the integration's last job is in that state, and answers it.
  scheduler::KeptJob AwaitJob(const std::string& integration, v1::JobState state);
  scheduler::KeptJob LastJob(const std::string& integration);
  // The lines of its log.
  std::vector<std::string> LogOf(const std::string& integration);
  // Rows that it was counted with.
  int64_t Usage(const std::string& integration);

  const std::string catalog_url_;
  std::unique_ptr<testing::Database> catalog_database_;
  std::unique_ptr<scheduler::SecretBox> secrets_;
  std::unique_ptr<scheduler::Catalog> catalog_;
  std::unique_ptr<scheduler::IntegrationStore> integrations_;
  std::unique_ptr<scheduler::JobStore> jobs_;
  std::unique_ptr<scheduler::ReportStore> reports_;
  std::unique_ptr<ServiceProcess> loader_;
  std::unique_ptr<ServiceProcess> discovery_;
  std::unique_ptr<ServiceProcess> extractor_;

 private:
  testing::TemporaryFolder folder_;
  std::string secret_keys_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CONTROL_PLANE_CONTROL_PLANE_TEST_H_
