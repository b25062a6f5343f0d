#include "telemetry/prometheus_metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <exception>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "status/reason.h"
#include "telemetry/integration_cap.h"
#include "telemetry/process_sampler.h"
#include "telemetry/version.h"

namespace lockstitch::telemetry {
namespace {

using Named = std::map<std::string, std::string>;

Named NamedLabels(Metric metric, const Metrics::Labels& values) {
  Named labels;
  const std::vector<std::string>& names = InfoOf(metric).labels;
  for (size_t i = 0; i < names.size() && i < values.size(); ++i) labels[names[i]] = values[i];
  return labels;
}

// What is served: the numbers, once whoever has some to look up has done so.
class Sampled final : public prometheus::Collectable {
 public:
  using Samples = std::list<std::function<void()>>;

  explicit Sampled(std::shared_ptr<prometheus::Registry> registry)
      : registry_(std::move(registry)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    absl::MutexLock lock(&mutex_);
    for (const auto& sample : samples_) sample();
    return registry_->Collect();
  }

  Samples::iterator Begin(std::function<void()> sample) {
    absl::MutexLock lock(&mutex_);
    return samples_.insert(samples_.end(), std::move(sample));
  }

  void End(Samples::iterator sample) {
    absl::MutexLock lock(&mutex_);
    samples_.erase(sample);
  }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  mutable absl::Mutex mutex_;
  Samples samples_ ABSL_GUARDED_BY(mutex_);
};

// The series of a gauge, which can be taken away.
class Gauges {
 public:
  explicit Gauges(prometheus::Family<prometheus::Gauge>* family) : family_(family) {}

  void Set(const Named& labels, double value) {
    absl::MutexLock lock(&mutex_);
    At(labels).Set(value);
  }

  void Change(const Named& labels, double amount) {
    absl::MutexLock lock(&mutex_);
    At(labels).Increment(amount);
  }

  void Clear() {
    absl::MutexLock lock(&mutex_);
    for (prometheus::Gauge* gauge : present_) family_->Remove(gauge);
    present_.clear();
  }

 private:
  prometheus::Gauge& At(const Named& labels) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    prometheus::Gauge& gauge = family_->Add(labels);
    present_.insert(&gauge);
    return gauge;
  }

  prometheus::Family<prometheus::Gauge>* const family_;
  absl::Mutex mutex_;
  std::set<prometheus::Gauge*> present_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

struct PrometheusMetrics::State {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<Sampled> sampled = std::make_shared<Sampled>(registry);
  std::map<Metric, prometheus::Family<prometheus::Counter>*> counters;
  std::map<Metric, Gauges> gauges;
  std::map<Metric, prometheus::Family<prometheus::Histogram>*> histograms;
  IntegrationCap cap;
  std::unique_ptr<prometheus::Exposer> exposer;

  void Register(const MetricInfo& info) {
    const std::string name(info.name), help(info.help);
    switch (info.kind) {
      case MetricKind::kCounter:
        counters[info.metric] =
            &prometheus::BuildCounter().Name(name).Help(help).Register(*registry);
        break;
      case MetricKind::kGauge:
        gauges.try_emplace(info.metric,
                           &prometheus::BuildGauge().Name(name).Help(help).Register(*registry));
        break;
      case MetricKind::kHistogram:
        histograms[info.metric] =
            &prometheus::BuildHistogram().Name(name).Help(help).Register(*registry);
        break;
    }
  }

  prometheus::Counter& CounterAt(Metric metric, const Labels& labels) {
    return counters.at(metric)->Add(NamedLabels(metric, cap.Capped(metric, labels)));
  }
  prometheus::Histogram& HistogramAt(Metric metric, const Labels& labels) {
    return histograms.at(metric)->Add(NamedLabels(metric, cap.Capped(metric, labels)),
                                      InfoOf(metric).buckets);
  }
};

absl::StatusOr<std::unique_ptr<PrometheusMetrics>> PrometheusMetrics::Serve(
    const std::string& listen, absl::string_view service) {
  auto state = std::make_unique<State>();
  try {
    // prometheus-cpp tells of a bind address it can't have by an exception alone.
    state->exposer = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/1);
  } catch (const std::exception& error) {
    return Error(Reason::kListenAddressRefused,
                 absl::StrCat("can't serve metrics at ", listen, ": ", error.what()),
                 "Choose another --metrics-listen=HOST:PORT.");
  }
  for (const MetricInfo& info : AllMetrics()) state->Register(info);
  std::unique_ptr<PrometheusMetrics> metrics(new PrometheusMetrics(std::move(state)));
  for (const MetricInfo& info : AllMetrics()) {
    if (!IsServedBy(service, info) || IsByIntegration(info.metric)) continue;
    if (info.labels.empty()) metrics->StartAtZero(info.metric, {});
    for (const LabelValues& labels : info.known) metrics->StartAtZero(info.metric, labels);
  }
  metrics->Set(Metric::kBuildInfo,
               {std::string(service.empty() ? "lockstitch" : service), std::string(kVersion)}, 1);
  metrics->process_ = metrics->Sample(
      [sampler = std::make_shared<ProcessSampler>(metrics.get())] { sampler->Sample(); });
  metrics->state_->exposer->RegisterCollectable(metrics->state_->sampled);
  return metrics;
}

PrometheusMetrics::PrometheusMetrics(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::Add(Metric metric, const Labels& labels, double amount) {
  state_->CounterAt(metric, labels).Increment(amount);
}

Metrics::Adder PrometheusMetrics::AdderOf(Metric metric, const Labels& labels) {
  return
      [&counter = state_->CounterAt(metric, labels)](double amount) { counter.Increment(amount); };
}

void PrometheusMetrics::Change(Metric metric, const Labels& labels, double amount) {
  state_->gauges.at(metric).Change(NamedLabels(metric, state_->cap.Capped(metric, labels)), amount);
}

void PrometheusMetrics::Set(Metric metric, const Labels& labels, double value) {
  if (IsByIntegration(metric) && !state_->cap.Admit(labels.front())) return;
  state_->gauges.at(metric).Set(NamedLabels(metric, labels), value);
}

void PrometheusMetrics::Observe(Metric metric, const Labels& labels, double value) {
  state_->HistogramAt(metric, labels).Observe(value);
}

void PrometheusMetrics::StartAtZero(Metric metric, const Labels& labels) {
  switch (InfoOf(metric).kind) {
    case MetricKind::kCounter:
      state_->CounterAt(metric, labels);
      break;
    case MetricKind::kGauge:
      Change(metric, labels, 0);
      break;
    case MetricKind::kHistogram:
      state_->HistogramAt(metric, labels);
      break;
  }
}

void PrometheusMetrics::Clear(Metric metric) { state_->gauges.at(metric).Clear(); }

Metrics::Sampling PrometheusMetrics::Sample(std::function<void()> sample) {
  const auto place = state_->sampled->Begin(std::move(sample));
  return Sampling(nullptr, [sampled = state_->sampled, place](void*) { sampled->End(place); });
}

int PrometheusMetrics::port() const { return state_->exposer->GetListeningPorts().at(0); }

}  // namespace lockstitch::telemetry
