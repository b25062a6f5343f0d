#include "services/scheduler/job_limits.h"

#include "postgres/connection_limit.h"
#include "postgres/database_label.h"

namespace lockstitch::scheduler {
namespace {

DatabaseShare ShareOf(const v1::PostgresConnection& server) {
  return {.database = postgres::DatabaseLabel(server),
          .connections = postgres::ConnectionLimit(server)};
}

}  // namespace

JobLimits LimitsOf(const v1::Integration& integration, size_t parallel_streams) {
  return {.parallel_streams = parallel_streams,
          .source = ShareOf(integration.source().postgres()),
          .destination = ShareOf(integration.destination().postgres())};
}

}  // namespace lockstitch::scheduler
