#ifndef LOCKSTITCH_TELEMETRY_METRICS_H_
#define LOCKSTITCH_TELEMETRY_METRICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "telemetry/metric_table.h"

namespace lockstitch::telemetry {

// Where numbers about a process go. Thread-safe. `labels` are values, in the order of the metric's
// label names.
class Metrics {
 public:
  using Labels = std::vector<std::string>;

  virtual ~Metrics() = default;
  // To a counter, `amount` >= 0.
  virtual void Add(Metric metric, const Labels& labels, double amount) = 0;
  // To a gauge, `amount` may be negative.
  virtual void Change(Metric metric, const Labels& labels, double amount) = 0;
  // A gauge.
  virtual void Set(Metric metric, const Labels& labels, double value) = 0;
  // To a histogram.
  virtual void Observe(Metric metric, const Labels& labels, double value) = 0;
};

// Forgets every number: for commands that end before anyone could read them.
class NoMetrics final : public Metrics {
 public:
  void Add(Metric, const Labels&, double) override {}
  void Change(Metric, const Labels&, double) override {}
  void Set(Metric, const Labels&, double) override {}
  void Observe(Metric, const Labels&, double) override {}
};

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_METRICS_H_
