#include "services/scheduler/job_error.h"

#include "status/reason.h"
#include "status/utf8.h"

namespace lockstitch::scheduler {

v1::Error ErrorOf(const absl::Status& failure) {
  const Explanation why = Explain(failure);
  v1::Error error;
  error.set_reason(why.reason);
  error.set_message(ValidUtf8(why.message));
  error.set_remedy(ValidUtf8(why.remedy));
  return error;
}

}  // namespace lockstitch::scheduler
