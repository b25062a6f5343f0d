#ifndef LOCKSTITCH_TELEMETRY_METRICS_H_
#define LOCKSTITCH_TELEMETRY_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "telemetry/metric_table.h"

namespace lockstitch::telemetry {

// Where numbers about a process go. Thread-safe. `labels` are values, in the order of the metric's
// label names.
class Metrics {
 public:
  using Labels = LabelValues;
  // Adds to one counter without looking for it. Must not outlive the metrics.
  using Adder = std::function<void(double amount)>;
  // What Sample began goes with it.
  using Sampling = std::shared_ptr<void>;

  virtual ~Metrics() = default;
  // To a counter, `amount` >= 0.
  virtual void Add(Metric metric, const Labels& labels, double amount) = 0;
  // For those who add often.
  virtual Adder AdderOf(Metric metric, const Labels& labels) = 0;
  // To a gauge, `amount` may be negative.
  virtual void Change(Metric metric, const Labels& labels, double amount) = 0;
  // A gauge.
  virtual void Set(Metric metric, const Labels& labels, double value) = 0;
  // To a histogram.
  virtual void Observe(Metric metric, const Labels& labels, double value) = 0;
  // Has a series be there, at 0, before anything is counted.
  virtual void StartAtZero(Metric metric, const Labels& labels) = 0;
  // Takes every series of a gauge away.
  virtual void Clear(Metric metric) = 0;
  // Has `sample` called before each time that the numbers are read: for gauges whose value is found
  // by looking. It is not called any more once what is answered has gone.
  virtual Sampling Sample(std::function<void()> sample) = 0;

  // StartAtZero for every known series of a metric by integration.
  void StartIntegrationAtZero(Metric metric, const std::string& integration);
};

// Forgets every number: for commands that end before anyone could read them.
class NoMetrics : public Metrics {
 public:
  void Add(Metric, const Labels&, double) override {}
  Adder AdderOf(Metric, const Labels&) override {
    return [](double) {};
  }
  void Change(Metric, const Labels&, double) override {}
  void Set(Metric, const Labels&, double) override {}
  void Observe(Metric, const Labels&, double) override {}
  void StartAtZero(Metric, const Labels&) override {}
  void Clear(Metric) override {}
  Sampling Sample(std::function<void()>) override { return nullptr; }
};

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_METRICS_H_
