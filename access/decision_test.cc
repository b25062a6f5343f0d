#include "access/decision.h"

#include <optional>
#include <string>

#include "access/rules.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::access {
namespace {

constexpr Role kRoles[] = {Role::kNone, Role::kViewer, Role::kOperator, Role::kAdmin};

TEST(DecisionTest, AUserMayWhatTheTableSaysOfTheRole) {
  for (const Rule& rule : AllRules()) {
    for (const Role role : kRoles) {
      const absl::Status decided = Decide(rule.method, {.name = "token t", .role = role});
      const bool may = rule.audience == Audience::kAnyone ||
                       (rule.audience == Audience::kUsers && role >= rule.least);
      EXPECT_EQ(decided.ok(), may) << rule.method << " by " << RoleName(role);
      EXPECT_EQ(ReasonOf(decided), may ? std::nullopt : std::optional(Reason::kCallNotAllowed));
    }
  }
}

TEST(DecisionTest, AServiceMayWhatTheTableSaysOfItsName) {
  for (const char* name : {"lockstitch-scheduler", "lockstitch-discovery", "lockstitch-extractor",
                           "lockstitch-loader", "lockstitch-scheduler.example"}) {
    for (const Rule& rule : AllRules()) {
      const absl::Status decided =
          Decide(rule.method, {.name = "certificate", .certificate_names = {name, "host"}});
      bool may = rule.audience == Audience::kAnyone;
      for (const absl::string_view service : rule.services) may = may || service == name;
      EXPECT_EQ(decided.ok(), may) << rule.method << " by " << name;
      // The first name says which service it is.
      const bool by_second =
          Decide(rule.method, {.name = "certificate", .certificate_names = {"host", name}}).ok();
      EXPECT_EQ(by_second, rule.audience == Audience::kAnyone) << rule.method << " by " << name;
    }
  }
}

TEST(DecisionTest, NobodyMayWhatHasNoRule) {
  const Principal all = {.name = "local", .any_service = true, .role = Role::kAdmin};
  for (const Rule& rule : AllRules()) EXPECT_TRUE(Decide(rule.method, all).ok()) << rule.method;
  EXPECT_EQ(ReasonOf(Decide("lockstitch.v1.JobService/Unheard", all)), Reason::kCallNotAllowed);
}

TEST(DecisionTest, ARefusalSaysWhoAndWhatAndWhichRoleIsMissing) {
  const absl::Status refused =
      Decide("lockstitch.v1.JobService/RunJob", {.name = "token ci", .role = Role::kViewer});
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(refused.message(), "token ci may not call lockstitch.v1.JobService/RunJob");
  EXPECT_EQ(Explain(refused).remedy, "Use a token of role operator or above: this one has viewer.");
}

}  // namespace
}  // namespace lockstitch::access
