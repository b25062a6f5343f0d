#include "services/scheduler/notification/notifier.h"

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/scheduler/store/test_catalog.h"
#include "telemetry/metrics.h"
#include "testing/certificate_authority.h"
#include "testing/status_matchers.h"
#include "testing/webhook_receiver.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::IsOk;
using ::lockstitch::testing::WebhookReceiver;

class NotifierTest : public ::testing::Test {
 protected:
  // A job of that integration that has ended, with so many notifications for the receiver.
  void Owe(const std::string& id, const std::string& url, int notifications) {
    catalog_.Create(id);
    const v1::Job job = catalog_.Start(leader_, id);
    Notification notification = {.body = "{}"};
    notification.webhook.set_url(url);
    ASSERT_THAT(
        leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, absl::Now()),
                       std::vector<Notification>(static_cast<size_t>(notifications), notification)),
        IsOk());
  }

  // Sends what is due until the catalog says so.
  void SendUntil(const WebhookSender& sender, const std::string& condition) {
    Notifier notifier({.store = &leader_,
                       .sender = &sender,
                       .metrics = &metrics_,
                       .interval = absl::Milliseconds(10),
                       .patience = absl::ZeroDuration()});
    std::stop_source stop;
    std::thread sending([&] { notifier.Run(stop.get_token()); });
    catalog_.database.Await(condition);
    stop.request_stop();
    sending.join();
  }

  // Trusts the test's authority alone.
  WebhookSender Sender(absl::Duration timeout = absl::Minutes(10)) const {
    return WebhookSender(
        {.timeout = timeout, .root_certificate_file = authority_.certificate_file()});
  }

  const ::lockstitch::testing::CertificateAuthority authority_;
  telemetry::NoMetrics metrics_;
  TestCatalog catalog_;
  LeaderStore leader_ = catalog_.Lead();
};

TEST_F(NotifierTest, WhatIsAcceptedIsDone) {
  WebhookReceiver receiver(authority_, {});
  Owe("shop", receiver.url(), 3);
  SendUntil(Sender(), "SELECT count(*) = 0 FROM lockstitch.notifications");
  EXPECT_EQ(receiver.Requests(), 3);
}

TEST_F(NotifierTest, AFailureIsTriedAgainLaterAndGivenUpAfterSixAttempts) {
  WebhookReceiver receiver(authority_, {.statuses = {500}});
  Owe("shop", receiver.url(), 1);
  const WebhookSender sender = Sender();
  std::vector<int64_t> waits;
  for (int attempt = 1; attempt <= 6; ++attempt) {
    catalog_.database.Run("UPDATE lockstitch.notifications SET due_at = now()");
    SendUntil(sender,
              absl::StrCat("SELECT attempts = ", attempt, " FROM lockstitch.notifications"));
    if (attempt == 6) break;
    // To the next of the table's steps: some time has passed since.
    waits.push_back(catalog_.database.Int(
        "SELECT ceil(extract(epoch FROM due_at - now()) / 10) * 10 FROM lockstitch.notifications"));
  }
  EXPECT_THAT(waits, ::testing::ElementsAre(10, 60, 300, 900, 3600));
  EXPECT_EQ(receiver.Requests(), 6);
  EXPECT_EQ(catalog_.database.Text("SELECT failure FROM lockstitch.notifications WHERE due_at IS "
                                   "NULL AND webhook = ''"),
            "the receiver answered 500");
}

TEST_F(NotifierTest, AReceiverThatDoesNotAnswerHoldsUpItsOwnAlone) {
  WebhookReceiver silent(authority_, {.stall = true}), other(authority_, {});
  Owe("slow", silent.url(), 3);
  Owe("shop", other.url(), 3);
  SendUntil(Sender(), "SELECT count(*) = 3 FROM lockstitch.notifications");
  EXPECT_EQ(other.Requests(), 3);
  // What was given up in the middle comes again.
  EXPECT_EQ(catalog_.database.Int("SELECT sum(attempts) FROM lockstitch.notifications"), 0);
}

TEST_F(NotifierTest, AfterASlowFailureTheOthersOfTheReceiverCountAsTried) {
  WebhookReceiver silent(authority_, {.stall = true});
  Owe("shop", silent.url(), 3);
  SendUntil(Sender(absl::Milliseconds(300)),
            "SELECT min(attempts) = 1 FROM lockstitch.notifications");
  EXPECT_EQ(silent.Requests(), 1);
  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.notifications WHERE due_at > "
                                  "now() AND failure <> ''"),
            3);
}

}  // namespace
}  // namespace lockstitch::scheduler
