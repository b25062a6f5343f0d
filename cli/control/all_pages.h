#ifndef LOCKSTITCH_CLI_CONTROL_ALL_PAGES_H_
#define LOCKSTITCH_CLI_CONTROL_ALL_PAGES_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "cli/control/control_call.h"
#include "services/scheduler/control/control_client.h"
#include "status/macros.h"

namespace lockstitch::cli {

// Everything that `list` has for `request`, page after page, as one response. The status of a page
// that fails.
template <typename Request, typename Response>
absl::StatusOr<Response> AllPages(const ControlCall& call,
                                  absl::StatusOr<Response> (scheduler::ControlClient::*list)(
                                      const Request&, std::stop_token) const,
                                  Request request) {
  request.set_page_size(1000);
  Response all;
  do {
    ASSIGN_OR_RETURN(const Response page, (call.client.*list)(request, call.stop));
    all.MergeFrom(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_ALL_PAGES_H_
