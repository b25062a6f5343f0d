#include "failpoint/failpoint.h"

namespace lockstitch {

bool Failpoint(absl::string_view) { return false; }

}  // namespace lockstitch
