#include "services/scheduler/extractor_directory.h"

#include "rpc/channel.h"

namespace lockstitch::scheduler {
namespace {

// Of each extractor's certificate, which can't name the address that this very one advertises.
constexpr char kServiceName[] = "lockstitch-extractor";

}  // namespace

std::shared_ptr<const extractor::ExtractorClient> ExtractorDirectory::At(
    const std::string& address) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(clients_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<const extractor::ExtractorClient>& known = clients_[address];
  std::shared_ptr<const extractor::ExtractorClient> client = known.lock();
  if (client == nullptr) {
    rpc::ConnectOptions options = options_;
    options.server_name = kServiceName;
    client = std::make_shared<extractor::ExtractorClient>(rpc::Connect(address, options),
                                                          "extractor at " + address);
    known = client;
  }
  return client;
}

}  // namespace lockstitch::scheduler
