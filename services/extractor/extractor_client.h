#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_CLIENT_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_CLIENT_H_

#include <memory>
#include <string>

#include "lockstitch/v1/extractor.pb.h"
#include "rpc/channel.h"
#include "rpc/stream.h"

namespace lockstitch::extractor {

// Calls extractors. Thread-safe.
class ExtractorClient {
 public:
  using ExtractStream = rpc::ClientStream<v1::ExtractRequest, v1::ExtractResponse>;

  // `name` stands for the extractors in errors.
  ExtractorClient(rpc::Channel channel, std::string name);
  ~ExtractorClient();

  std::unique_ptr<ExtractStream> Extract() const;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
  std::string name_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_CLIENT_H_
