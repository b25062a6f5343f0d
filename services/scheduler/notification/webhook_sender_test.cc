#include "services/scheduler/notification/webhook_sender.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "testing/certificate_authority.h"
#include "testing/child_process.h"

namespace lockstitch::scheduler {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReceiver[] = "services/scheduler/notification/webhook_receiver.py";

// A receiver in a process of its own.
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> arguments)
      : process_({.command = Command(std::move(arguments))}) {
    const std::string line = process_.WaitForLine("listening on ");
    port_ = line.substr(line.rfind(' ') + 1);
  }

  const std::string& port() const { return port_; }
  json Request() { return json::parse(process_.WaitForLine("\"path\"")); }

 private:
  static std::vector<std::string> Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"python3", kReceiver});
    return arguments;
  }

  testing::ChildProcess process_;
  std::string port_;
};

v1::Webhook WebhookAt(const std::string& url, const std::string& key = "") {
  v1::Webhook webhook;
  webhook.set_url(url);
  webhook.set_signing_key(key);
  return webhook;
}

TEST(WebhookSenderTest, PostsTheBodyWithItsNumberAndSignature) {
  Receiver receiver({"204"});
  const WebhookSender sender({.plain = true});
  const std::string body = R"({"event":"load"})";
  ASSERT_TRUE(
      sender
          .Post(WebhookAt("http://127.0.0.1:" + receiver.port() + "/hook?t=1", "key"), 17, body, {})
          .ok());
  const json request = receiver.Request();
  EXPECT_EQ(request["path"], "/hook?t=1");
  EXPECT_EQ(request["body"], body);
  EXPECT_EQ(request["headers"]["Content-Type"], "application/json");
  EXPECT_EQ(request["headers"]["Lockstitch-Notification"], "17");
  const std::string signature = request["headers"]["Lockstitch-Signature"];
  int64_t seconds = 0;
  ASSERT_EQ(std::sscanf(signature.c_str(), "t=%ld,", &seconds), 1);
  EXPECT_EQ(signature, Signature("key", absl::FromUnixSeconds(seconds), body));
}

// As `printf '1769860800.{}' | openssl dgst -sha256 -hmac key` says.
TEST(WebhookSenderTest, SignsAsOthersDo) {
  EXPECT_EQ(Signature("key", absl::FromUnixSeconds(1'769'860'800), "{}"),
            "t=1769860800,v1=71060041e00ec35e10dd345d2d6e4ab8c45da4c5805ea3e31750511356b8754a");
}

TEST(WebhookSenderTest, WhatIsNotAcceptedIsAnErrorThatHidesTheUrl) {
  for (const char* status : {"302", "404", "500"}) {
    Receiver receiver({status});
    const WebhookSender sender({.plain = true});
    const absl::Status posted =
        sender.Post(WebhookAt("http://127.0.0.1:" + receiver.port() + "/?token=hush"), 1, "{}", {});
    EXPECT_EQ(ReasonOf(posted), Reason::kWebhookNotAccepted);
    EXPECT_THAT(posted.message(), HasSubstr(status));
    EXPECT_THAT(posted.message(), Not(HasSubstr("hush")));
  }
}

TEST(WebhookSenderTest, AReceiverThatDoesNotAnswerIsGivenUp) {
  Receiver receiver({"--stall", "200"});
  const WebhookSender sender({.timeout = absl::Milliseconds(300), .plain = true});
  EXPECT_EQ(ReasonOf(sender.Post(WebhookAt("http://127.0.0.1:" + receiver.port()), 1, "{}", {})),
            Reason::kWebhookNotAccepted);
}

TEST(WebhookSenderTest, AStopEndsARequest) {
  Receiver receiver({"--stall", "200"});
  const WebhookSender sender({.timeout = absl::Minutes(10), .plain = true});
  std::stop_source stop;
  absl::Status posted;
  std::thread poster([&] {
    posted =
        sender.Post(WebhookAt("http://127.0.0.1:" + receiver.port()), 1, "{}", stop.get_token());
  });
  receiver.Request();
  stop.request_stop();
  poster.join();
  EXPECT_EQ(ReasonOf(posted), Reason::kStopped);
}

TEST(WebhookSenderTest, TlsTrustsTheAuthoritiesItIsGivenAlone) {
  const testing::CertificateAuthority authority;
  const testing::KeyPair pair = authority.Issue("localhost");
  Receiver receiver({"--certificate", authority.File("receiver.crt", pair.certificate), "--key",
                     authority.File("receiver.key", pair.key), "200"});
  const v1::Webhook webhook = WebhookAt("https://localhost:" + receiver.port() + "/");
  const WebhookSender trusting({.root_certificate_file = authority.certificate_file()});
  EXPECT_TRUE(trusting.Post(webhook, 1, "{}", {}).ok());
  EXPECT_EQ(ReasonOf(WebhookSender({}).Post(webhook, 1, "{}", {})), Reason::kWebhookNotAccepted);
}

TEST(WebhookSenderTest, PlainHttpIsSpokenOnlyWhereItIsAllowed) {
  Receiver receiver({"200"});
  EXPECT_EQ(ReasonOf(WebhookSender({}).Post(WebhookAt("http://127.0.0.1:" + receiver.port()), 1,
                                            "{}", {})),
            Reason::kWebhookNotAccepted);
}

}  // namespace
}  // namespace lockstitch::scheduler
