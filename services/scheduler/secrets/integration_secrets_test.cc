#include "services/scheduler/secrets/integration_secrets.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::Integration Parsed(const std::string& text) {
  v1::Integration integration;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &integration)) << text;
  return integration;
}

v1::Integration From(const std::string& source) {
  return Parsed("source { postgres { " + source + " } }");
}

v1::Integration Full() {
  return Parsed(R"(
    name: "Shop"
    source { postgres { url: "postgres://u:hunter2@h/db?sslmode=require&sslpassword=hunter2" } }
    destination { postgres { host: "w" user: "u" password: "hunter2" } }
    streams { stream: "public.orders" method: REPLICATION_METHOD_FULL_TABLE }
    webhooks { url: "https://u:hunter2@hooks.example:8443/in?token=hunter2#hunter2" signing_key: "hunter2" }
    webhooks { url: "https://plain.example/in" }
  )");
}

std::vector<std::string> Told(const std::vector<v1::FieldChange>& changes) {
  std::vector<std::string> told;
  for (const v1::FieldChange& change : changes)
    told.push_back(change.path() + ": " + change.before() + " -> " + change.after());
  return told;
}

TEST(SplitTest, WhatIsShownHoldsNoSecret) {
  const SplitIntegration split = Split(Full());
  EXPECT_THAT(split.shown.DebugString(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(split.shown.source().postgres().url(), "postgres://u@h/db?sslmode=require");
  EXPECT_EQ(split.shown.destination().postgres().host(), "w");
  EXPECT_EQ(split.shown.webhooks(0).url(), "https://hooks.example:8443/in");
  EXPECT_EQ(split.shown.webhooks(1).url(), "https://plain.example/in");
  EXPECT_EQ(split.secrets.streams_size(), 0);
}

TEST(SplitTest, JoinedItIsWholeAgain) {
  EXPECT_EQ(Join(Split(Full())).SerializeAsString(), Full().SerializeAsString());
  EXPECT_EQ(Join(Split(v1::Integration())).SerializeAsString(), "");
}

TEST(SplitTest, WhatCannotBeReadIsNotShownAtAll) {
  for (const char* source : {R"(url: "postgres://u:hunter2/x@h/db")", R"(url: "hunter2")",
                             R"(url: "host=h passwort=hunter2")"}) {
    EXPECT_THAT(Split(From(source)).shown.DebugString(), Not(HasSubstr("hunter2"))) << source;
  }
  for (const char* url : {"https://u:hunter2/x@h/in", "hunter2", "https://h:hunter2"}) {
    v1::Integration integration;
    integration.add_webhooks()->set_url(url);
    EXPECT_THAT(Split(integration).shown.DebugString(), Not(HasSubstr("hunter2"))) << url;
  }
}

TEST(WithKeptSecretsTest, WhatWasShownComesBackWhole) {
  EXPECT_EQ(WithKeptSecrets(Split(Full()).shown, Full()).SerializeAsString(),
            Full().SerializeAsString());
}

TEST(WithKeptSecretsTest, OtherFieldsMayBeEdited) {
  v1::Integration edited = Split(Full()).shown;
  edited.mutable_source()->mutable_postgres()->set_url("postgres://u@h/db?sslmode=verify-full");
  edited.mutable_destination()->mutable_postgres()->set_max_connections(2);
  edited.mutable_webhooks()->SwapElements(0, 1);
  const v1::Integration kept = WithKeptSecrets(edited, Full());
  EXPECT_EQ(kept.source().postgres().url(),
            "postgres://u:hunter2@h/db?sslmode=verify-full&sslpassword=hunter2");
  EXPECT_EQ(kept.destination().postgres().password(), "hunter2");
  EXPECT_EQ(kept.webhooks(0).signing_key(), "");
  EXPECT_EQ(kept.webhooks(1).SerializeAsString(), Full().webhooks(0).SerializeAsString());
}

TEST(WithKeptSecretsTest, AnotherServerDatabaseOrUserGetsNone) {
  const v1::Integration kept = From(R"(url: "postgres://u:hunter2@h:5433/db")");
  for (const char* source :
       {R"(url: "postgres://u@evil:5433/db")", R"(url: "postgres://u@h:1/db")",
        R"(url: "postgres://u@h:5433/other")", R"(url: "postgres://v@h:5433/db")",
        R"(url: "postgres://u@h:5433/db" host: "evil")",
        R"(url: "postgres://u@h:5433/db?hostaddr=6.6.6.6")",
        R"(url: "postgres://u@h:5433/db" service: "evil")", R"(url: "postgres://u@h,evil:5433/db")",
        R"(url_file: "/evil")", R"(host: "h")"}) {
    EXPECT_THAT(WithKeptSecrets(From(source), kept).DebugString(), Not(HasSubstr("hunter2")))
        << source;
  }
  v1::Integration edited;
  edited.add_webhooks()->set_url("https://evil.example/in");
  EXPECT_THAT(WithKeptSecrets(edited, Full()).DebugString(), Not(HasSubstr("hunter2")));
}

TEST(WithKeptSecretsTest, WhatIsGivenAnewHolds) {
  const v1::Integration kept = From(R"(url: "postgres://u:hunter2@h/db")");
  for (const char* source :
       {R"(url: "postgres://u:new@h/db")", R"(url: "postgres://u@h/db" password: "new")",
        R"(url: "postgres://u@h/db" password_file: "/p")",
        R"(url: "postgres://u@h/db?passfile=/p")"}) {
    EXPECT_THAT(WithKeptSecrets(From(source), kept).DebugString(), Not(HasSubstr("hunter2")))
        << source;
  }
}

TEST(WithKeptSecretsTest, APasswordGoesOverToFieldsAndBack) {
  const char* const url = R"(url: "postgres://u:hunter2@h/db")";
  const char* const fields = R"(host: "h" database: "db" user: "u" password: "hunter2")";
  EXPECT_EQ(WithKeptSecrets(From(R"(host: "h" database: "db" user: "u")"), From(url))
                .source()
                .postgres()
                .password(),
            "hunter2");
  EXPECT_EQ(WithKeptSecrets(From(R"(url: "postgres://u@h/db")"), From(fields))
                .source()
                .postgres()
                .password(),
            "hunter2");
}

TEST(ChangesBetweenTest, EveryFieldIsToldInItsOrder) {
  const v1::Integration before = Parsed(R"(
    name: "Shop"
    source { postgres { url: "postgres://u:old@h/db" } }
    streams { stream: "public.a" }
    streams { stream: "public.b" filter: "x > 1" }
    schedule { every { seconds: 3600 } }
  )");
  const v1::Integration after = Parsed(R"(
    name: "Shop"
    source { postgres { url: "postgres://u:new@i/db" password: "hunter2" } }
    streams { stream: "public.b" filter: "x > 2" key_columns: "p" key_columns: "q" }
    streams { stream: "public.c" selected: false method: REPLICATION_METHOD_INCREMENTAL }
    schedule { every { seconds: 5400 } anchor { seconds: 1800000000 } manual: true }
    quota { rows_per_month: 5 }
    max_parallel_streams: 2
    webhooks { url: "https://h/x" events: WEBHOOK_EVENT_LOAD events: WEBHOOK_EVENT_FAILURE }
  )");
  EXPECT_THAT(
      Told(ChangesBetween(before, after)),
      ElementsAre(
          "source.postgres.url: postgres://u@h/db -> postgres://u@i/db",
          "source.postgres.password:  -> ***", "streams[public.a].stream: public.a -> ",
          "streams[public.b].key_columns:  -> [p, q]", "streams[public.b].filter: x > 1 -> x > 2",
          "streams[public.c].stream:  -> public.c", "streams[public.c].method:  -> INCREMENTAL",
          "streams[public.c].selected:  -> false", "schedule.every: 1h -> 1h30m",
          "schedule.anchor:  -> 2027-01-15T08:00:00+00:00", "schedule.manual:  -> true",
          "webhooks[https://h/x].url:  -> https://h/x",
          "webhooks[https://h/x].events:  -> [LOAD, FAILURE]", "quota.rows_per_month:  -> 5",
          "max_parallel_streams:  -> 2"));
}

TEST(ChangesBetweenTest, ASecretAloneIsToldAsSuch) {
  v1::Integration after = Full();
  after.mutable_source()->mutable_postgres()->set_url(
      "postgres://u:hunter3@h/db?sslmode=require&sslpassword=hunter2");
  after.mutable_destination()->mutable_postgres()->set_password("hunter3");
  after.mutable_webhooks(0)->set_signing_key("hunter3");
  after.mutable_webhooks(1)->set_url("https://plain.example/in?token=hunter3");
  const std::vector<v1::FieldChange> changes = ChangesBetween(Full(), after);
  EXPECT_THAT(
      Told(changes),
      ElementsAre("source.postgres.url: *** -> ***", "destination.postgres.password: *** -> ***",
                  "webhooks[https://hooks.example:8443/in].signing_key: *** -> ***",
                  "webhooks[https://plain.example/in].url: *** -> ***"));
}

TEST(ChangesBetweenTest, WhatIsTheSameIsNotTold) {
  EXPECT_THAT(ChangesBetween(Full(), Full()), IsEmpty());
  v1::Integration reordered = Full();
  reordered.mutable_webhooks()->SwapElements(0, 1);
  reordered.mutable_selection();
  EXPECT_THAT(ChangesBetween(Full(), reordered), IsEmpty());
}

}  // namespace
}  // namespace lockstitch::scheduler
