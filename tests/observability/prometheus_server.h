#ifndef LOCKSTITCH_TESTS_OBSERVABILITY_PROMETHEUS_SERVER_H_
#define LOCKSTITCH_TESTS_OBSERVABILITY_PROMETHEUS_SERVER_H_

#include <curl/curl.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/child_process.h"
#include "testing/temporary_folder.h"

namespace lockstitch::tests {

// Of a series.
using Labels = std::map<std::string, std::string>;

// A real Prometheus with the configuration of deploy/prometheus, but for its targets, and that it
// scrapes and evaluates more often. What fails to start ends the test program.
class PrometheusServer {
 public:
  // Targets are services, the names of files in deploy/prometheus/targets, and URLs of metrics.
  explicit PrometheusServer(const std::vector<std::pair<std::string, std::string>>& targets);

  // Blocks until each target has been scraped a few times with success, and after that each rule
  // evaluated, all since the call.
  void AwaitSamples();

  // The series that the expression has now, or why it can't be evaluated.
  absl::StatusOr<std::vector<Labels>> Query(const std::string& expression) const;

  // The rules that it has loaded, as its API tells them.
  std::vector<nlohmann::json> Rules() const;

 private:
  // What its API answers.
  absl::StatusOr<nlohmann::json> Get(const std::string& path, const std::string& query = "") const;
  // When the one was that is the longest ago, in seconds since 1970.
  double LastScrape() const;
  double LastEvaluation() const;

  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> client_{curl_easy_init(),
                                                                    curl_easy_cleanup};
  testing::TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_OBSERVABILITY_PROMETHEUS_SERVER_H_
