#include "telemetry/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <exception>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::telemetry {
namespace {

// Seconds: from a cached look-up to a load that takes hours.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200};

std::map<std::string, std::string> Named(Metric metric, const Metrics::Labels& values) {
  std::map<std::string, std::string> labels;
  const std::vector<std::string>& names = InfoOf(metric).labels;
  for (size_t i = 0; i < names.size() && i < values.size(); ++i) labels[names[i]] = values[i];
  return labels;
}

}  // namespace

struct PrometheusMetrics::State {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::map<Metric, prometheus::Family<prometheus::Counter>*> counters;
  std::map<Metric, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<Metric, prometheus::Family<prometheus::Histogram>*> histograms;
  std::unique_ptr<prometheus::Exposer> exposer;
};

absl::StatusOr<std::unique_ptr<PrometheusMetrics>> PrometheusMetrics::Serve(
    const std::string& listen) {
  auto state = std::make_unique<State>();
  for (const MetricInfo& info : AllMetrics()) {
    const std::string name(info.name), help(info.help);
    switch (info.kind) {
      case MetricKind::kCounter:
        state->counters[info.metric] =
            &prometheus::BuildCounter().Name(name).Help(help).Register(*state->registry);
        break;
      case MetricKind::kGauge:
        state->gauges[info.metric] =
            &prometheus::BuildGauge().Name(name).Help(help).Register(*state->registry);
        break;
      case MetricKind::kHistogram:
        state->histograms[info.metric] =
            &prometheus::BuildHistogram().Name(name).Help(help).Register(*state->registry);
        break;
    }
  }
  try {
    // prometheus-cpp tells of a bind address it can't have by an exception alone.
    state->exposer = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/1);
  } catch (const std::exception& error) {
    return Error(Reason::kListenAddressRefused,
                 absl::StrCat("can't serve metrics at ", listen, ": ", error.what()),
                 "Choose another --metrics-listen=HOST:PORT.");
  }
  state->exposer->RegisterCollectable(state->registry);
  return std::unique_ptr<PrometheusMetrics>(new PrometheusMetrics(std::move(state)));
}

PrometheusMetrics::PrometheusMetrics(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::Add(Metric metric, const Labels& labels, double amount) {
  state_->counters.at(metric)->Add(Named(metric, labels)).Increment(amount);
}

void PrometheusMetrics::Change(Metric metric, const Labels& labels, double amount) {
  state_->gauges.at(metric)->Add(Named(metric, labels)).Increment(amount);
}

void PrometheusMetrics::Set(Metric metric, const Labels& labels, double value) {
  state_->gauges.at(metric)->Add(Named(metric, labels)).Set(value);
}

void PrometheusMetrics::Observe(Metric metric, const Labels& labels, double value) {
  state_->histograms.at(metric)->Add(Named(metric, labels), kSeconds).Observe(value);
}

int PrometheusMetrics::port() const { return state_->exposer->GetListeningPorts().at(0); }

}  // namespace lockstitch::telemetry
