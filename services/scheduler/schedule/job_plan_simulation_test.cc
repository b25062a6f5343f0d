// The planner under a fake clock: years of random schedules, jobs, pauses, edits, runs by hand, and
// schedulers that come and go. LOCKSTITCH_SEED in the environment chooses another course.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/scheduler/schedule/cron_fires.h"
#include "services/scheduler/schedule/job_plan.h"
#include "services/scheduler/schedule/slots.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kBegin = absl::FromUnixSeconds(1767225600);  // 2026-01-01

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  int Below(int limit) { return static_cast<int>(engine_() % limit); }
  bool OneIn(int number) { return Below(number) == 0; }
  absl::Duration UpTo(absl::Duration most) {
    return absl::Milliseconds(engine_() % (absl::ToInt64Milliseconds(most) + 1));
  }

  Rule AnyRule() {
    constexpr int kMinutes[] = {5, 15, 30, 60, 90, 360, 1440, 4320};
    constexpr const char* kExpressions[] = {
        "0 0/20 8-18 ? * MON-FRI", "0 30 2 * * ?", "0 0 0 L * ?",
        "0 15 1,2 ? * SUN",        "0 0 6 1W * ?", "0 5 */3 ? * *",
        "0 0 12 ? * FRI#5"};
    constexpr const char* kZones[] = {"UTC", "Europe/Berlin", "America/New_York",
                                      "Australia/Lord_Howe"};
    switch (Below(10)) {
      case 0:
        return Manual{};
      case 1:
      case 2:
        return AnchoredInterval{kBegin + UpTo(400 * kDay) - 200 * kDay, absl::Hours(1 + Below(30))};
      case 3:
      case 4:
      case 5: {
        absl::TimeZone zone;
        absl::LoadTimeZone(kZones[Below(std::size(kZones))], &zone);
        return Cron{ParseCron(kExpressions[Below(std::size(kExpressions))]).value(), zone};
      }
      default:
        return Interval{absl::Minutes(kMinutes[Below(std::size(kMinutes))])};
    }
  }

 private:
  std::mt19937 engine_;
};

// The point of a grid that follows a time, found otherwise than the planner does where that's easy.
std::optional<absl::Time> GridAfter(const Rule& rule, absl::Time time) {
  if (const auto* anchored = std::get_if<AnchoredInterval>(&rule)) {
    const int64_t every = absl::ToInt64Nanoseconds(anchored->every);
    int64_t rest = absl::ToInt64Nanoseconds(time - anchored->anchor) % every;
    if (rest < 0) rest += every;
    return time + absl::Nanoseconds(every - rest);
  }
  if (const auto* cron = std::get_if<Cron>(&rule)) {
    const auto fire = NextFire(cron->expression, time, cron->zone);
    return fire ? std::optional(fire->time) : std::nullopt;
  }
  return std::nullopt;
}

// An integration as a store keeps it, and beside it what its next slot must be.
struct Kept {
  IntegrationStanding standing;
  absl::Time job_ends = absl::InfiniteFuture();
  std::optional<absl::Time> expected;  // The first slot that was neither run nor recorded.

  std::optional<absl::Duration> every() const {
    const auto* interval = std::get_if<Interval>(&standing.rule);
    return interval ? std::optional(interval->every) : std::nullopt;
  }
  std::optional<absl::Time> After(absl::Time slot) const {
    return every() ? slot + *every() : GridAfter(standing.rule, slot);
  }
};

struct Tally {
  int64_t started = 0, by_hand = 0, missed = 0, job_open = 0, quota = 0, abandoned = 0;
};

class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {
    for (int i = 0; i < 12; ++i) {
      Kept kept;
      kept.standing.integration = i;
      kept.standing.uid = absl::StrCat("uid-", seed, "-", i);
      kept_.push_back(kept);
      Edit(&kept_.back());
    }
  }

  Tally RunUntil(absl::Time end) {
    while (now_ < end && !::testing::Test::HasFailure()) {
      now_ = std::max(now_, NextMoment());
      for (Kept& kept : kept_) {
        if (kept.job_ends <= now_) EndJob(&kept);
      }
      if (now_ >= users_act_) {
        UserActs(&kept_[random_.Below(static_cast<int>(kept_.size()))]);
        users_act_ = now_ + random_.UpTo(absl::Hours(12));
      }
      if (now_ >= leader_changes_) leading_ ? Die() : TakeOver();
      if (leading_) Plan();
    }
    return tally_;
  }

 private:
  // When anything happens next. A planner that waits for a spread looks again each second.
  absl::Time NextMoment() {
    absl::Time next = std::min(users_act_, leader_changes_);
    for (const Kept& kept : kept_) {
      next = std::min(next, kept.job_ends);
      if (!leading_ || kept.standing.paused || !kept.expected) continue;
      next = std::min(next, *kept.expected > now_ ? *kept.expected + random_.UpTo(absl::Seconds(1))
                                                  : now_ + absl::Seconds(1));
    }
    return next;
  }

  void TakeOver() {
    leading_ = true;
    leading_since_ = now_;
    leader_changes_ = now_ + random_.UpTo(20 * kDay);
  }
  // Mostly for seconds, at times for days.
  void Die() {
    leading_ = false;
    leader_changes_ =
        now_ + random_.UpTo(random_.OneIn(3) ? 3 * kDay : absl::Duration(absl::Seconds(90)));
  }

  void UserActs(Kept* kept) {
    IntegrationStanding& standing = kept->standing;
    switch (random_.Below(8)) {
      case 0:
        return Edit(kept);
      case 1:
        standing.held = !standing.held && random_.OneIn(2);
        return;
      case 2:
      case 3:
        return RunByHand(kept);
      default:
        return standing.paused ? Resume(kept) : Pause(kept);
    }
  }

  void Edit(Kept* kept) {
    IntegrationStanding& standing = kept->standing;
    standing.rule = random_.AnyRule();
    standing.catch_up = random_.OneIn(2);
    standing.changed_at = now_;
    standing.next_slot = std::nullopt;
    kept->expected = GridAfter(standing.rule, now_);
    if (kept->every()) {
      kept->expected =
          standing.last_slot ? std::max(now_, *standing.last_slot + *kept->every()) : now_;
    }
  }
  void Pause(Kept* kept) { kept->standing.paused = random_.OneIn(2); }
  void Resume(Kept* kept) {
    kept->standing.paused = false;
    kept->standing.changed_at = now_;
    if (!kept->expected || *kept->expected >= now_) return;
    kept->expected = kept->every() ? now_ : GridAfter(kept->standing.rule, now_);
  }
  void RunByHand(Kept* kept) {
    IntegrationStanding& standing = kept->standing;
    if (standing.job_open) return;
    ++tally_.by_hand;
    OpenJob(kept);
    standing.next_slot = SlotAfterManualRun(standing.rule, now_, standing.next_slot);
    standing.last_slot = now_;
    if (kept->every()) kept->expected = now_ + *kept->every();
  }

  // Mostly short; one in ten goes on past several slots.
  void OpenJob(Kept* kept) {
    EXPECT_FALSE(kept->standing.job_open) << "two jobs at once";
    kept->standing.job_open = true;
    const absl::Duration step = kept->every().value_or(absl::Hours(2));
    kept->job_ends = now_ + random_.UpTo(random_.OneIn(10) ? step * 4 : step / 2);
  }
  static void EndJob(Kept* kept) {
    kept->standing.job_open = false;
    kept->job_ends = absl::InfiniteFuture();
  }

  void Plan() {
    std::vector<IntegrationStanding> standings;
    for (const Kept& kept : kept_) standings.push_back(kept.standing);
    for (const PlannedAction& action : PlanJobs(standings, leading_since_, now_)) {
      // A scheduler may die with a part done.
      if (random_.OneIn(2000)) {
        ++tally_.abandoned;
        return Die();
      }
      std::visit([&](const auto& what) { Take(what, &kept_[what.integration]); }, action);
    }
    if (now_ < leading_since_ + absl::Minutes(1)) return;
    for (const Kept& kept : kept_) {
      EXPECT_TRUE(kept.standing.paused || !kept.expected || *kept.expected > now_)
          << "a slot was passed over: " << *kept.expected << " at " << now_;
    }
  }

  void Take(const StartJob& start, Kept* kept) {
    EXPECT_FALSE(kept->standing.paused);
    EXPECT_FALSE(kept->standing.held);
    EXPECT_LE(start.slot, now_);
    EXPECT_FALSE(start.reason.empty());
    ++tally_.started;
    HandleSlot(start.slot, kept);
    OpenJob(kept);
    SetNext(start.next_slot, kept);
    kept->standing.last_slot = start.slot;
  }
  void Take(const SkipSlots& skip, Kept* kept) {
    EXPECT_FALSE(kept->standing.paused);
    EXPECT_LE(skip.last, now_);
    EXPECT_FALSE(skip.reason.empty());
    switch (skip.why) {
      case WhySkipped::kJobOpen:
        EXPECT_TRUE(kept->standing.job_open);
        tally_.job_open += skip.count;
        break;
      case WhySkipped::kQuota:
        EXPECT_TRUE(kept->standing.held);
        tally_.quota += skip.count;
        break;
      case WhySkipped::kMissed:
        tally_.missed += skip.count;
        break;
    }
    EXPECT_EQ(skip.first, kept->expected);
    std::optional<absl::Time> last;
    for (int64_t i = 0; i < skip.count && kept->expected; ++i) {
      last = kept->expected;
      HandleSlot(*last, kept);
    }
    EXPECT_EQ(skip.last, last);
    SetNext(skip.next_slot, kept);
  }
  void Take(const SetNextSlot& set, Kept* kept) {
    EXPECT_FALSE(set.reason.empty());
    SetNext(set.next_slot, kept);
  }

  // Run or recorded: each slot, once, in order.
  static void HandleSlot(absl::Time slot, Kept* kept) {
    EXPECT_EQ(slot, kept->expected);
    kept->expected = kept->After(slot);
  }
  static void SetNext(std::optional<absl::Time> next_slot, Kept* kept) {
    EXPECT_EQ(next_slot, kept->expected);
    kept->standing.next_slot = next_slot;
  }

  Random random_;
  std::vector<Kept> kept_;
  absl::Time now_ = kBegin;
  absl::Time users_act_ = kBegin;
  bool leading_ = true;
  absl::Time leading_since_ = kBegin;
  absl::Time leader_changes_ = kBegin + kDay;
  Tally tally_;
};

TEST(JobPlanSimulationTest, EverySlotIsRunOrRecordedOnceWhateverHappens) {
  const char* chosen = std::getenv("LOCKSTITCH_SEED");
  const unsigned first = chosen == nullptr ? 1 : static_cast<unsigned>(std::atol(chosen));
  Tally all;
  for (unsigned seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(absl::StrCat("LOCKSTITCH_SEED=", seed));
    const Tally tally = Simulation(seed).RunUntil(kBegin + 3 * 365 * kDay);
    std::cout << "seed " << seed << ": started " << tally.started << ", by hand " << tally.by_hand
              << "; skipped: missed " << tally.missed << ", job open " << tally.job_open
              << ", quota " << tally.quota << "; plans abandoned " << tally.abandoned << "\n";
    all.started += tally.started;
    all.missed += tally.missed;
    all.job_open += tally.job_open;
    all.quota += tally.quota;
    all.abandoned += tally.abandoned;
  }
  if (HasFailure()) return;
  EXPECT_GT(all.started, 100000);
  EXPECT_GT(all.missed, 1000);
  EXPECT_GT(all.job_open, 1000);
  EXPECT_GT(all.quota, 1000);
  EXPECT_GT(all.abandoned, 10);
}

TEST(JobPlanSimulationTest, TenThousandRunsOfAnIntervalDoNotDrift) {
  Random random(1);
  const absl::Duration every = absl::Minutes(30);
  IntegrationStanding standing;
  standing.uid = "u";
  standing.rule = Interval{every};
  standing.changed_at = kBegin;
  absl::Time now = kBegin;
  for (int run = 0; run < 10000; ++run) {
    now = kBegin + run * every + random.UpTo(absl::Seconds(59));  // However late it is acted on.
    const auto actions = PlanJobs({&standing, 1}, kBegin, now);
    ASSERT_EQ(actions.size(), 1u);
    const auto& start = std::get<StartJob>(actions.front());
    ASSERT_EQ(start.slot, kBegin + run * every);
    standing.next_slot = start.next_slot;
    standing.last_slot = start.slot;
  }
}

}  // namespace
}  // namespace lockstitch::scheduler
