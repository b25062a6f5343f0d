#ifndef LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_
#define LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "telemetry/metrics.h"

namespace lockstitch::telemetry {

// Keeps metrics for Prometheus and serves them over HTTP at /metrics: those of the process and of
// its build among them, and every series that is known beforehand. Of integrations that come after
// the first kMostIntegrations it counts what is counted under kOthers, and drops what is set.
class PrometheusMetrics final : public Metrics {
 public:
  // Serves the metrics of `service` (see IsServedBy) at `listen`, HOST:PORT; port 0 takes a free
  // one. LISTEN_ADDRESS_REFUSED if that can't be had.
  static absl::StatusOr<std::unique_ptr<PrometheusMetrics>> Serve(const std::string& listen,
                                                                  absl::string_view service);
  ~PrometheusMetrics() override;

  void Add(Metric metric, const Labels& labels, double amount) override;
  Adder AdderOf(Metric metric, const Labels& labels) override;
  void Change(Metric metric, const Labels& labels, double amount) override;
  void Set(Metric metric, const Labels& labels, double value) override;
  void Observe(Metric metric, const Labels& labels, double value) override;
  void StartAtZero(Metric metric, const Labels& labels) override;
  void Clear(Metric metric) override;
  Sampling Sample(std::function<void()> sample) override;

  // The port it serves at.
  int port() const;

 private:
  struct State;
  explicit PrometheusMetrics(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
  Sampling process_;
};

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_
