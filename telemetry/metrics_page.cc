#include "telemetry/metrics_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "telemetry/metric_table.h"

namespace lockstitch::telemetry {
namespace {

absl::string_view NameOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "";
}

}  // namespace

std::string MetricsPage() {
  std::string page =
      "# Metrics\n\n"
      "Each service serves these in Prometheus' text format at `http://METRICS_LISTEN/metrics`: "
      "those "
      "that its name is part\n"
      "of, and those that name no service. The page is made from the table in "
      "`telemetry/metric_table.cc` by\n"
      "`bazel run //telemetry:print_metrics_page > docs/metrics.md`.\n\n"
      "* Series whose label values are known beforehand are there, at 0, from the start: reasons, "
      "states, results, the methods\n"
      "  that a server has, and what the leading scheduler knows of the integrations of its "
      "catalog.\n"
      "* `integration` is the integration's name. The first 200 that a process meets have series "
      "of "
      "their own; it counts the\n"
      "  others together under `other`, says so in its log, and leaves out their gauges, which "
      "can't "
      "be summed.\n"
      "* Gauges that are the leader's alone come from the scheduler that leads; other replicas "
      "don't "
      "show them, or show 0.\n"
      "* Not among them, as there is nothing to tell: replication slots (no log-based replication "
      "yet), rejected rows (a value\n"
      "  that can't arrive fails its stream), buffers (a range holds one batch, however large it "
      "is; "
      "who waits for whom is in\n"
      "  `lockstitch_extractor_backpressure_seconds_total` and "
      "`lockstitch_loader_starved_seconds_total`). Run ids and tables\n"
      "  are no labels, since their number has no bound: the [log](logs.md) has them.\n\n"
      "| metric | kind | labels | meaning |\n"
      "|---|---|---|---|\n";
  for (const MetricInfo& info : AllMetrics()) {
    absl::StrAppend(
        &page, "| `", info.name, "` | ", NameOf(info.kind), " | ",
        info.labels.empty() ? "" : absl::StrCat("`", absl::StrJoin(info.labels, "`, `"), "`"),
        " | ", info.help, " |\n");
  }
  return page;
}

}  // namespace lockstitch::telemetry
