#ifndef LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_
#define LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "telemetry/metrics.h"

namespace lockstitch::telemetry {

// Keeps metrics for Prometheus and serves them over HTTP at /metrics.
class PrometheusMetrics final : public Metrics {
 public:
  // Serves at `listen`, HOST:PORT; port 0 takes a free one. LISTEN_ADDRESS_REFUSED if that can't be
  // had.
  static absl::StatusOr<std::unique_ptr<PrometheusMetrics>> Serve(const std::string& listen);
  ~PrometheusMetrics() override;

  void Add(Metric metric, const Labels& labels, double amount) override;
  void Change(Metric metric, const Labels& labels, double amount) override;
  void Set(Metric metric, const Labels& labels, double value) override;
  void Observe(Metric metric, const Labels& labels, double value) override;

  // The port it serves at.
  int port() const;

 private:
  struct State;
  explicit PrometheusMetrics(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_PROMETHEUS_METRICS_H_
