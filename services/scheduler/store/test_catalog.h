#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_TEST_CATALOG_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_TEST_CATALOG_H_

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/scheduler/store/integration_store.h"
#include "services/scheduler/store/job_store.h"
#include "services/scheduler/store/leader_store.h"
#include "services/scheduler/store/report_store.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/temporary_folder.h"

namespace lockstitch::scheduler {

// What came; an error ends the test program.
template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << value.status() << std::endl;
  std::abort();
}

// A catalog database of a test's own, in a cluster that all tests of the program share. What fails
// here ends the test program.
class TestCatalog {
 public:
  TestCatalog();

  static testing::PostgresCluster& Cluster();

  // Secrets that are in the settings of every integration it makes.
  static constexpr char kPassword[] = "correct-horse";

  // Of an integration named as its id, at an interval of an hour.
  static v1::Integration Settings(const std::string& id);
  NewIntegration New(const std::string& id) const;
  KeptIntegration Create(const std::string& id);

  // Becomes the leader.
  LeaderStore Lead();
  // Makes a PENDING job by a request.
  v1::Job Request(const std::string& id);
  // Makes a RUNNING job with a run a stream, whose ids are `<job id>-<stream>`.
  v1::Job Start(const LeaderStore& leader, const std::string& id,
                const std::vector<std::string>& streams = {"public.t"});
  // Ends a run of it, with as many rows.
  static EndedRun Ended(const v1::Job& job, const std::string& stream, v1::StreamRunState state,
                        int64_t rows, absl::Time at);
  // Ends it.
  static v1::Job EndedJob(v1::Job job, v1::JobState state, absl::Time at);

  // Whether any value of any table, or of a message in it, holds `text`.
  bool Holds(const std::string& text);

  const std::string url;
  testing::Database database;
  const SecretBox secrets;
  const std::unique_ptr<Catalog> catalog;
  const IntegrationStore integrations;
  const JobStore jobs;
  const ReportStore reports;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_TEST_CATALOG_H_
