#include "services/extractor/run_registry.h"

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr absl::Duration kGrace = absl::Minutes(10);

// An owner that stays.
class PatientOwner : public OwnerCall {
 public:
  void Report(const v1::ExtractResponse&) override {}
  absl::StatusOr<int64_t> AwaitFence() override { return 1; }
  std::stop_token stopped() const override { return {}; }
  std::stop_token gone() const override { return {}; }
};

std::string Name(size_t number) { return "run " + std::to_string(number); }

class RunRegistryTest : public ::testing::Test {
 protected:
  // Begins a run and follows it to its end.
  void Run(size_t number) {
    const auto run = registry_.Begin(Name(number), 1, kGrace,
                                     [](RunOwner&, std::stop_token) { return v1::LoadResult(); });
    ASSERT_THAT(run, IsOk());
    ASSERT_THAT((*run)->Follow(owner_), IsOk());
  }

  PatientOwner owner_;
  RunRegistry registry_;
};

TEST_F(RunRegistryTest, AnEndIsKeptForTheGraceTime) {
  Run(0);
  registry_.Sweep(absl::Now() + kGrace - absl::Minutes(1));
  EXPECT_THAT(registry_.Find(Name(0), 1), IsOk());
  EXPECT_THAT(registry_.Find(Name(0), 2), HasReason(Reason::kRunNotFound));
  registry_.Sweep(absl::Now() + kGrace);
  EXPECT_THAT(registry_.Find(Name(0), 1), HasReason(Reason::kRunNotFound));
}

TEST_F(RunRegistryTest, OfManyEndsTheLatestAreKept) {
  std::stop_source over;
  const auto wait = [token = over.get_token()](RunOwner&, std::stop_token) {
    absl::Notification is_over;
    const std::stop_callback notify(token, [&] { is_over.Notify(); });
    is_over.WaitForNotification();
    return v1::LoadResult();
  };
  const auto going_on = registry_.Begin("long", 1, kGrace, wait);
  ASSERT_THAT(going_on, IsOk());
  for (size_t number = 0; number < RunRegistry::kMostEnds + 2; ++number) Run(number);
  registry_.Sweep(absl::Now());
  EXPECT_THAT(registry_.Find(Name(0), 1), HasReason(Reason::kRunNotFound));
  EXPECT_THAT(registry_.Find(Name(1), 1), HasReason(Reason::kRunNotFound));
  for (size_t number = 2; number < RunRegistry::kMostEnds + 2; ++number)
    EXPECT_THAT(registry_.Find(Name(number), 1), IsOk());
  EXPECT_THAT(registry_.Find("long", 1), IsOk());
  over.request_stop();
}

}  // namespace
}  // namespace lockstitch::extractor
