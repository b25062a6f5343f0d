#include "failpoint/failpoint.h"

namespace lockstitch {

void Failpoint(absl::string_view) {}

}  // namespace lockstitch
