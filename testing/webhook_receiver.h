#ifndef LOCKSTITCH_TESTING_WEBHOOK_RECEIVER_H_
#define LOCKSTITCH_TESTING_WEBHOOK_RECEIVER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testing/certificate_authority.h"
#include "testing/child_process.h"

namespace lockstitch::testing {

// An HTTPS server on loopback, in a process of its own, that takes POSTs.
class WebhookReceiver {
 public:
  struct Options {
    std::vector<int> statuses = {204};  // Of its answers in their order, the last one for ever.
    bool stall = false;                 // Never answers.
  };
  struct Request {
    std::string path;
    std::map<std::string, std::string> headers;
    std::string body;
  };

  // Its certificate, for `localhost`, is the authority's.
  WebhookReceiver(const CertificateAuthority& authority, const Options& options);

  // https://localhost:PORT
  const std::string& url() const { return url_; }
  // Blocks until the request of this number, counted from 1, has come.
  Request Await(int number);
  // How many have come so far.
  int Requests() const;

 private:
  std::unique_ptr<ChildProcess> process_;
  std::string url_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_WEBHOOK_RECEIVER_H_
