#include "services/scheduler/registration.h"

namespace lockstitch::scheduler {

v1::RegisterStreamsRequest RegistrationOf(const v1::Integration& integration,
                                          const std::vector<SelectedStream>& streams,
                                          bool validate_only) {
  v1::RegisterStreamsRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  request.set_integration_uid(integration.uid());
  *request.mutable_naming() = integration.naming();
  for (const SelectedStream& stream : streams) *request.add_tables() = stream.table;
  request.set_validate_only(validate_only);
  return request;
}

}  // namespace lockstitch::scheduler
