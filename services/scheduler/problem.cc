#include "services/scheduler/problem.h"

#include "status/reason.h"

namespace lockstitch::scheduler {

v1::Problem ProblemOf(const std::string& stream, const absl::Status& error) {
  const Explanation why = Explain(error);
  v1::Problem problem;
  problem.set_stream(stream);
  problem.set_reason(why.reason);
  problem.set_message(why.message);
  problem.set_remedy(why.remedy);
  return problem;
}

}  // namespace lockstitch::scheduler
