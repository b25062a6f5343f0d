#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_H_

#include <stop_token>

#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/control/integrations.h"
#include "services/scheduler/control/jobs.h"
#include "services/scheduler/control/reports.h"
#include "services/scheduler/control/streams.h"
#include "services/scheduler/control/tokens.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/store/audit_store.h"
#include "services/scheduler/store/catalog.h"
#include "services/scheduler/store/integration_store.h"
#include "services/scheduler/store/job_store.h"
#include "services/scheduler/store/report_store.h"
#include "services/scheduler/store/token_store.h"

namespace lockstitch::scheduler {

// All that the API of a catalog is answered from, on every replica. Thread-safe.
class Control {
 public:
  // The pointers must outlive it.
  struct Options {
    Catalog* catalog = nullptr;
    const SecretBox* secrets = nullptr;
    const discovery::DiscoveryClient* discovery = nullptr;
    const loader::LoaderClient* loader = nullptr;
  };

  explicit Control(const Options& options)
      : integration_store_(options.catalog, options.secrets),
        job_store_(options.catalog),
        report_store_(options.catalog),
        token_store_(options.catalog),
        audit_store_(options.catalog),
        integrations_({.store = &integration_store_,
                       .jobs = &job_store_,
                       .reports = &report_store_,
                       .discovery = options.discovery,
                       .loader = options.loader}),
        streams_({.integrations = &integrations_,
                  .reports = &report_store_,
                  .discovery = options.discovery,
                  .loader = options.loader}),
        jobs_({.store = &job_store_}),
        reports_(
            {.integrations = &integrations_, .store = &report_store_, .loader = options.loader}),
        tokens_({.store = &token_store_, .audit = &audit_store_}) {}

  const Integrations& integrations() const { return integrations_; }
  const Streams& streams() const { return streams_; }
  const Jobs& jobs() const { return jobs_; }
  const Reports& reports() const { return reports_; }
  const Tokens& tokens() const { return tokens_; }

  // For the gate of who serves it.
  const TokenStore& token_store() const { return token_store_; }
  const AuditStore& audit_store() const { return audit_store_; }

  // Ends calls that wait or watch.
  void Stop() { stop_.request_stop(); }
  std::stop_token stopped() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  const IntegrationStore integration_store_;
  const JobStore job_store_;
  const ReportStore report_store_;
  const TokenStore token_store_;
  const AuditStore audit_store_;
  const Integrations integrations_;
  const Streams streams_;
  const Jobs jobs_;
  const Reports reports_;
  const Tokens tokens_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_H_
