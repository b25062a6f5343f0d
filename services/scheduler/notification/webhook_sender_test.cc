#include "services/scheduler/notification/webhook_sender.h"

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "testing/certificate_authority.h"
#include "testing/webhook_receiver.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::WebhookReceiver;

class WebhookSenderTest : public ::testing::Test {
 protected:
  static v1::Webhook WebhookAt(const std::string& url, const std::string& key = "") {
    v1::Webhook webhook;
    webhook.set_url(url);
    webhook.set_signing_key(key);
    return webhook;
  }
  // Trusts the test's authority alone.
  WebhookSender Sender(absl::Duration timeout = absl::Minutes(10)) const {
    return WebhookSender(
        {.timeout = timeout, .root_certificate_file = authority_.certificate_file()});
  }

  const testing::CertificateAuthority authority_;
};

TEST_F(WebhookSenderTest, PostsTheBodyWithItsNumberAndSignature) {
  WebhookReceiver receiver(authority_, {});
  const std::string body = R"({"event":"load"})";
  ASSERT_TRUE(Sender().Post(WebhookAt(receiver.url() + "/hook?t=1", "key"), 17, body, {}).ok());
  const WebhookReceiver::Request request = receiver.Await(1);
  EXPECT_EQ(request.path, "/hook?t=1");
  EXPECT_EQ(request.body, body);
  EXPECT_EQ(request.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.at("Lockstitch-Notification"), "17");
  const std::string& signature = request.headers.at("Lockstitch-Signature");
  int64_t seconds = 0;
  ASSERT_EQ(std::sscanf(signature.c_str(), "t=%ld,", &seconds), 1);
  EXPECT_EQ(signature, Signature("key", absl::FromUnixSeconds(seconds), body));
}

// As `printf '1769860800.{}' | openssl dgst -sha256 -hmac key` says.
TEST_F(WebhookSenderTest, SignsAsOthersDo) {
  EXPECT_EQ(Signature("key", absl::FromUnixSeconds(1'769'860'800), "{}"),
            "t=1769860800,v1=71060041e00ec35e10dd345d2d6e4ab8c45da4c5805ea3e31750511356b8754a");
}

TEST_F(WebhookSenderTest, WhatIsNotAcceptedIsAnErrorThatHidesTheUrl) {
  for (const int status : {302, 404, 500}) {
    WebhookReceiver receiver(authority_, {.statuses = {status}});
    const absl::Status posted =
        Sender().Post(WebhookAt(receiver.url() + "/?token=hush"), 1, "{}", {});
    EXPECT_EQ(ReasonOf(posted), Reason::kWebhookNotAccepted);
    EXPECT_THAT(posted.message(), HasSubstr(std::to_string(status)));
    EXPECT_THAT(posted.message(), Not(HasSubstr("hush")));
  }
}

TEST_F(WebhookSenderTest, AReceiverThatDoesNotAnswerIsGivenUp) {
  WebhookReceiver receiver(authority_, {.stall = true});
  EXPECT_EQ(ReasonOf(Sender(absl::Milliseconds(300)).Post(WebhookAt(receiver.url()), 1, "{}", {})),
            Reason::kWebhookNotAccepted);
}

TEST_F(WebhookSenderTest, AStopEndsARequest) {
  WebhookReceiver receiver(authority_, {.stall = true});
  std::stop_source stop;
  absl::Status posted;
  std::thread poster(
      [&] { posted = Sender().Post(WebhookAt(receiver.url()), 1, "{}", stop.get_token()); });
  receiver.Await(1);
  stop.request_stop();
  poster.join();
  EXPECT_EQ(ReasonOf(posted), Reason::kStopped);
}

TEST_F(WebhookSenderTest, TheSystemsAuthoritiesAreTrustedUnlessOthersAreNamed) {
  WebhookReceiver receiver(authority_, {});
  EXPECT_EQ(ReasonOf(WebhookSender({}).Post(WebhookAt(receiver.url()), 1, "{}", {})),
            Reason::kWebhookNotAccepted);
}

TEST_F(WebhookSenderTest, PlainHttpIsNotSpoken) {
  const absl::Status posted = Sender().Post(WebhookAt("http://localhost:1"), 1, "{}", {});
  EXPECT_EQ(ReasonOf(posted), Reason::kWebhookNotAccepted);
  EXPECT_THAT(posted.message(), HasSubstr("Unsupported protocol"));
}

}  // namespace
}  // namespace lockstitch::scheduler
