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

v1::RegisterStreamsResponse KnownBy(const v1::GetStateResponse& states) {
  v1::RegisterStreamsResponse response;
  response.set_first(states.streams().empty());
  for (const v1::StreamState& state : states.streams()) {
    v1::KnownStream& known = *response.add_known();
    *known.mutable_table() = state.table();
    *known.mutable_columns() = state.plan().known_columns();
    if (state.plan().has_settings()) *known.mutable_settings() = state.plan().settings();
  }
  return response;
}

}  // namespace lockstitch::scheduler
