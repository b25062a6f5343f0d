// Webhooks from the job that they tell of to their receiver.

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "testing/certificate_authority.h"
#include "testing/webhook_receiver.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::WebhookReceiver;

constexpr char kKey[] = "battery-staple";
constexpr char kToken[] = "token=horse";

class WebhooksTest : public ControlPlaneTest {
 protected:
  // Has an integration of public.t, and of what else is named, tell the receiver of these events.
  void Start(const WebhookReceiver& receiver, const std::vector<v1::WebhookEvent>& events,
             const std::vector<std::string>& more = {}) {
    MakeTable(10);
    StartServices();
    scheduler_ = StartLeader({"--webhook-ca-file=" + authority_.certificate_file()});
    v1::Integration settings = Settings("shop");
    for (const std::string& stream : more) settings.add_streams()->set_stream(stream);
    v1::Webhook* webhook = settings.add_webhooks();
    webhook->set_url(receiver.url() + "/hook?" + kToken);
    webhook->set_signing_key(kKey);
    for (const v1::WebhookEvent event : events) webhook->add_events(event);
    Keep(settings);
  }
  void TearDown() override {
    for (const char* secret : {kKey, kToken})
      EXPECT_THAT(scheduler_->process().stderr_text(), Not(HasSubstr(secret)));
  }

  // As docs/webhooks.md has receivers do it.
  void ExpectSigned(const WebhookReceiver::Request& request) {
    const std::string& signature = request.headers.at("Lockstitch-Signature");
    const size_t comma = signature.find(',');
    ASSERT_EQ(signature.substr(0, 2), "t=");
    ASSERT_EQ(signature.substr(comma, 4), ",v1=");
    const std::string text = signature.substr(2, comma - 2) + "." + request.body;
    const testing::CommandResult digest = testing::RunCommand(
        {.command = {"openssl", "dgst", "-sha256", "-hmac", kKey, authority_.File("text", text)}});
    EXPECT_THAT(digest.out, EndsWith("= " + signature.substr(comma + 4) + "\n"));
  }

  const testing::CertificateAuthority authority_;
  std::unique_ptr<ServiceProcess> scheduler_;
};

TEST_F(WebhooksTest, ALoadIsToldSigned) {
  WebhookReceiver receiver(authority_, {});
  Start(receiver, {});
  const WebhookReceiver::Request request = receiver.Await(1);
  EXPECT_EQ(request.path, std::string("/hook?") + kToken);
  EXPECT_EQ(request.headers.at("Content-Type"), "application/json");
  ExpectSigned(request);
  const json body = json::parse(request.body);
  const scheduler::KeptJob kept = LastJob("shop");
  EXPECT_EQ(kept.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(body["event"], "load");
  EXPECT_EQ(body["integration_name"], "shop");
  EXPECT_EQ(body["job"], kept.job.name());
  EXPECT_EQ(body["run_id"], kept.runs.at(0).run_id());
  EXPECT_EQ(body["destination_root_table_name"], "shop.t");
  EXPECT_EQ(body["tables"][0]["num_rows"], 10);
  catalog_database_->Await("SELECT count(*) = 0 FROM lockstitch.notifications");
}

TEST_F(WebhooksTest, WhatIsNotAcceptedIsToldAgain) {
  WebhookReceiver receiver(authority_, {.statuses = {500, 204}});
  Start(receiver, {});
  const WebhookReceiver::Request first = receiver.Await(1);
  catalog_database_->Await("SELECT coalesce(max(attempts), 0) = 1 FROM lockstitch.notifications");
  EXPECT_EQ(catalog_database_->Text("SELECT failure FROM lockstitch.notifications"),
            "the receiver answered 500");
  // It would be tried in ten seconds.
  EXPECT_EQ(
      catalog_database_->Text(
          "SELECT due_at > (SELECT ended_at FROM lockstitch.jobs) + interval '9 seconds' FROM "
          "lockstitch.notifications"),
      "t");
  catalog_database_->Run("UPDATE lockstitch.notifications SET due_at = now()");
  const WebhookReceiver::Request second = receiver.Await(2);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers.at("Lockstitch-Notification"),
            first.headers.at("Lockstitch-Notification"));
  ExpectSigned(second);
  catalog_database_->Await("SELECT count(*) = 0 FROM lockstitch.notifications");
}

TEST_F(WebhooksTest, AFailedJobIsTold) {
  WebhookReceiver receiver(authority_, {});
  Start(receiver, {v1::WEBHOOK_EVENT_FAILURE}, {"public.gone"});
  const WebhookReceiver::Request request = receiver.Await(1);
  ExpectSigned(request);
  const json body = json::parse(request.body);
  const scheduler::KeptJob kept = LastJob("shop");
  EXPECT_EQ(kept.job.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(body["event"], "failure");
  EXPECT_EQ(body["job"], kept.job.name());
  ASSERT_EQ(body["streams"].size(), 1u);
  EXPECT_EQ(body["streams"][0]["stream"], "public.gone");
  EXPECT_EQ(body["streams"][0]["error"]["reason"], "STREAM_NOT_FOUND");
  EXPECT_NE(body["streams"][0]["error"]["remedy"], "");
  // Of the stream that was loaded it wants to know nothing.
  catalog_database_->Await("SELECT count(*) = 0 FROM lockstitch.notifications");
}

// A receiver whose certificate is none of those that the scheduler trusts hears nothing.
TEST_F(WebhooksTest, AReceiverThatIsNotTrustedIsToldNothing) {
  const testing::CertificateAuthority other;
  WebhookReceiver receiver(other, {});
  Start(receiver, {});
  catalog_database_->Await("SELECT coalesce(max(attempts), 0) = 1 FROM lockstitch.notifications");
  EXPECT_THAT(catalog_database_->Text("SELECT failure FROM lockstitch.notifications"),
              HasSubstr("no answer"));
}

}  // namespace
}  // namespace lockstitch::tests
