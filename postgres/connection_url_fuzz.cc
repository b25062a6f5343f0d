#include <iterator>
#include <string>

#include "postgres/connection_url.h"
#include "postgres/url_secrets.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::postgres {
namespace {

using testing::Require;

// To libpq a parameter that is empty is one that isn't given.
Parameters Given(Parameters parameters) {
  for (auto parameter = parameters.begin(); parameter != parameters.end();)
    parameter = parameter->second.empty() ? parameters.erase(parameter) : std::next(parameter);
  return parameters;
}

FUZZ_TARGET(input) {
  const std::string url(input);
  const absl::StatusOr<Parameters> parameters = ParseUrl(url);
  if (!parameters.ok()) {
    Require(ReasonOf(parameters.status()) == Reason::kConnectionStringInvalid, "a reason");
    return;
  }
  const absl::StatusOr<SplitParameters> split = SplitUrl(url);
  Require(split.ok(), "what can be read can be split");
  Parameters all = split->shown;
  all.insert(split->secrets.begin(), split->secrets.end());
  Require(all == *parameters, "what is split is all");
  if (Given(all).empty()) return;  // Which keywords can't say.
  for (const std::string& like : {url, std::string("postgresql://"), std::string("host=''")}) {
    const absl::StatusOr<Parameters> joined = ParseUrl(JoinUrl(all, like));
    Require(joined.ok() && Given(*joined) == Given(all), "what is joined says the same");
  }
}

}  // namespace
}  // namespace lockstitch::postgres
