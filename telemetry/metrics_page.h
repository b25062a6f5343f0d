#ifndef LOCKSTITCH_TELEMETRY_METRICS_PAGE_H_
#define LOCKSTITCH_TELEMETRY_METRICS_PAGE_H_

#include <string>

namespace lockstitch::telemetry {

// docs/metrics.md.
std::string MetricsPage();

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_METRICS_PAGE_H_
