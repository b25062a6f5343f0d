#include "services/scheduler/job_error.h"

#include "status/reason.h"

namespace lockstitch::scheduler {

v1::Error ErrorOf(const absl::Status& failure) {
  const Explanation why = Explain(failure);
  v1::Error error;
  error.set_reason(why.reason);
  error.set_message(why.message);
  error.set_remedy(why.remedy);
  return error;
}

}  // namespace lockstitch::scheduler
