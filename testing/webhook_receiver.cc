#include "testing/webhook_receiver.h"

#include <nlohmann/json.hpp>

namespace lockstitch::testing {

WebhookReceiver::WebhookReceiver(const CertificateAuthority& authority, const Options& options) {
  const KeyPair pair = authority.Issue("localhost");
  ChildProcess::Options process = {.command = {"python3", "testing/webhook_receiver.py",
                                               "--certificate",
                                               authority.File("receiver.crt", pair.certificate),
                                               "--key", authority.File("receiver.key", pair.key)}};
  if (options.stall) process.command.push_back("--stall");
  for (const int status : options.statuses) process.command.push_back(std::to_string(status));
  process_ = std::make_unique<ChildProcess>(process);
  const std::string line = process_->WaitForLine("listening on ");
  url_ = "https://localhost:" + line.substr(line.rfind(' ') + 1);
}

WebhookReceiver::Request WebhookReceiver::Await(int number) {
  const nlohmann::json request =
      nlohmann::json::parse(process_->WaitForLine("{\"number\": " + std::to_string(number) + ","));
  return {.path = request.at("path"), .headers = request.at("headers"), .body = request.at("body")};
}

int WebhookReceiver::Requests() const {
  const std::string text = process_->stdout_text();
  int requests = 0;
  while (text.find("{\"number\": " + std::to_string(requests + 1) + ",") != std::string::npos)
    ++requests;
  return requests;
}

}  // namespace lockstitch::testing
