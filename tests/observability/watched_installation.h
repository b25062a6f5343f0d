#ifndef LOCKSTITCH_TESTS_OBSERVABILITY_WATCHED_INSTALLATION_H_
#define LOCKSTITCH_TESTS_OBSERVABILITY_WATCHED_INSTALLATION_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/control_plane/control_plane_test.h"
#include "tests/observability/prometheus_server.h"

namespace lockstitch::tests {

// A test with all services, in which a little of everything has happened, and a Prometheus that has
// scraped them since.
class WatchedInstallationTest : public ControlPlaneTest {
 protected:
  // Jobs of the integration `shop` succeed, one of them after a change of its table; one of `wrong`
  // fails in its stream, one of `unreachable` as a whole; the leader's catalog fails for a moment.
  void SetUp() override;

  // Everything that the expression reads is there, and so is what it makes of it: the series that
  // it has, or would have if there were trouble. They are answered.
  std::vector<Labels> ExpectSeries(const std::string& expression) const;

  std::unique_ptr<ServiceProcess> leader_;
  std::unique_ptr<ServiceProcess> replica_;
  std::unique_ptr<PrometheusServer> prometheus_;
};

// A file of the repository.
std::string ReadFile(const std::string& path);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_OBSERVABILITY_WATCHED_INSTALLATION_H_
