#ifndef LOCKSTITCH_TESTS_CONTROL_PLANE_API_TEST_H_
#define LOCKSTITCH_TESTS_CONTROL_PLANE_API_TEST_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/control.grpc.pb.h"
#include "testing/database.h"
#include "testing/status_matchers.h"
#include "tests/stack/closed_gate.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

using IntegrationApi = v1::IntegrationService::Stub;
using JobApi = v1::JobService::Stub;
using ReportApi = v1::ReportService::Stub;

// A test of the API over gRPC, with databases and an integration of its own, at the one scheduler
// that the program's tests share. Whatever it answers or logs is searched for passwords.
class ApiTest : public ClustersTest {
 protected:
  ApiTest();
  void TearDown() override;

  // Calls it. An error must be as docs/errors.md has it, and tell so to foreign clients.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    Response response;
    const absl::Status status =
        Received((std::get<Stub>(stubs_).*method)(&context, request, &response));
    if (!status.ok()) return status;
    ExpectNoSecret(response.DebugString());
    return response;
  }
  absl::Status Watch(const std::string& name,
                     const std::function<void(const v1::JobEvent&)>& listener);

  // A request for an integration of these streams (none: every table), all of them copied in full,
  // that is run by hand alone. Its id is its name.
  v1::CreateIntegrationRequest Wanted(const std::vector<std::string>& streams = {});
  // The same for another one.
  v1::CreateIntegrationRequest Other(const std::string& suffix);
  // A connection to where nobody listens.
  static v1::PostgresConnection Unreachable();
  // Creates it.
  v1::IntegrationRecord Create(const v1::CreateIntegrationRequest& request);
  v1::IntegrationRecord Create(const std::vector<std::string>& streams = {}) {
    return Create(Wanted(streams));
  }
  absl::StatusOr<v1::IntegrationRecord> Get(const std::string& name);
  // Makes a job, and answers it as it is then.
  v1::Job StartJob();
  // Blocks until the job has ended, and answers it with its runs.
  v1::GetJobResponse Await(const v1::Job& job);
  v1::GetJobResponse Run() { return Await(StartJob()); }

  // Makes public.t of so many rows at the source: `id`, a primary key from 1, and `v`.
  void MakeTable(int rows);

  const std::string id_;
  const std::string name_;  // integrations/{id_}
  testing::Database catalog_;

 private:
  absl::Status Received(const grpc::Status& status);
  static void ExpectNoSecret(const std::string& text);

  std::tuple<IntegrationApi, JobApi, ReportApi> stubs_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CONTROL_PLANE_API_TEST_H_
