#ifndef LOCKSTITCH_TESTS_CONNECTIONS_STEPS_H_
#define LOCKSTITCH_TESTS_CONNECTIONS_STEPS_H_

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/discovery/check.h"
#include "services/loader/destination/check.h"
#include "status/reason.h"

namespace lockstitch::tests {

using Steps = std::vector<v1::CheckStep>;

inline v1::PostgresConnection ByUrl(const std::string& url) {
  v1::PostgresConnection server;
  server.set_url(url);
  return server;
}

inline Steps CheckSource(const v1::PostgresConnection& server,
                         const std::vector<v1::TableName>& tables = {}) {
  v1::CheckConnectionRequest request;
  request.mutable_tables()->Add(tables.begin(), tables.end());
  return discovery::CheckSource({.server = server, .side = postgres::Side::kSource}, request);
}

inline Steps CheckDestination(const v1::PostgresConnection& server,
                              const v1::CheckDestinationRequest& request = {}) {
  const v1::CheckDestinationResponse response =
      loader::CheckDestination({.server = server, .side = postgres::Side::kDestination}, request);
  return {response.steps().begin(), response.steps().end()};
}

// The step of this name; an empty one if there is none.
inline v1::CheckStep Step(const Steps& steps, const std::string& name) {
  for (const v1::CheckStep& step : steps) {
    if (step.name() == name) return step;
  }
  return {};
}

MATCHER_P(Passes, message, "passes with a message that has \"" + std::string(message) + "\"") {
  *result_listener << arg.ShortDebugString();
  return arg.result() == v1::CHECK_RESULT_PASSED && arg.reason().empty() &&
         arg.message().find(message) != std::string::npos;
}

MATCHER_P(Warns, message, "warns with a message that has \"" + std::string(message) + "\"") {
  *result_listener << arg.ShortDebugString();
  return arg.result() == v1::CHECK_RESULT_WARNING && !arg.remedy().empty() &&
         arg.message().find(message) != std::string::npos;
}

MATCHER_P(Fails, reason, "fails with " + std::string(InfoOf(reason).code)) {
  *result_listener << arg.ShortDebugString();
  return arg.result() == v1::CHECK_RESULT_FAILED && arg.reason() == InfoOf(reason).code &&
         !arg.message().empty() && !arg.remedy().empty();
}

MATCHER(NotTried, "is skipped and says why") {
  *result_listener << arg.ShortDebugString();
  return arg.result() == v1::CHECK_RESULT_SKIPPED && !arg.message().empty();
}

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CONNECTIONS_STEPS_H_
