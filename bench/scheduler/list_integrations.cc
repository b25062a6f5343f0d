// Lists all integrations of a scheduler, page by page, and tells how many milliseconds each page
// took: `list_integrations ADDRESS PAGE_SIZE`.

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "lockstitch/v1/control.pb.h"
#include "rpc/channel.h"
#include "services/scheduler/control/control_client.h"

namespace lockstitch::scheduler {
namespace {

int List(const std::string& address, int page_size) {
  const ControlClient client(rpc::Connect(address), "scheduler");
  v1::ListIntegrationsRequest request;
  request.set_page_size(page_size);
  do {
    const absl::Time start = absl::Now();
    const auto page = client.ListIntegrations(request);
    if (!page.ok()) return std::cerr << page.status() << std::endl, EXIT_FAILURE;
    std::cout << absl::ToDoubleMilliseconds(absl::Now() - start) << '\n';
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace lockstitch::scheduler

int main(int argc, char** argv) {
  return argc == 3 ? lockstitch::scheduler::List(argv[1], std::atoi(argv[2])) : EXIT_FAILURE;
}
