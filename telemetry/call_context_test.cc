#include "telemetry/call_context.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "telemetry/log.h"

namespace lockstitch::telemetry {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

TEST(CallContextTest, HeadersTellTheWholeContext) {
  const CallContext sent = {.trace_id = kTrace,
                            .span_id = kSpan,
                            .job_id = "j1",
                            .integration = "shop, \"main\"=100%;",
                            .stream = "public.größe",
                            .run_id = "r1"};
  EXPECT_EQ(TraceParentOf(sent), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  const CallContext read = ContextOf(TraceParentOf(sent), BaggageOf(sent));
  EXPECT_EQ(read.Fields(), sent.Fields());
  EXPECT_EQ(read.Fields().size(), 6);
}

TEST(CallContextTest, HeadersOfAnotherFormSayNothing) {
  for (const char* broken :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-\n-x-01"}) {
    EXPECT_EQ(ContextOf(broken, "").trace_id, "") << broken;
  }
  EXPECT_EQ(ContextOf("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "").trace_id,
            kTrace);
  EXPECT_TRUE(ContextOf("", "a=b,,=,;,lockstitch.other=x,job_id=y").Fields().empty());
}

TEST(CallContextTest, BaggageOfOthersIsSteppedOver) {
  const CallContext read =
      ContextOf("", "user=me, lockstitch.job_id = j%201 ;property=1 ,lockstitch.run_id=%zz");
  EXPECT_EQ(read.job_id, "j 1");
  EXPECT_EQ(read.run_id, "%zz");
}

TEST(CallContextTest, LongValuesAreCut) {
  const std::string endless(100'000, 'x');
  EXPECT_EQ(ContextOf("", "lockstitch.job_id=" + endless).job_id.size(), 256);
}

TEST(CallContextTest, EveryTraceIsAnother) {
  const CallContext one = NewTrace(), other = NewTrace();
  EXPECT_NE(one.trace_id, other.trace_id);
  EXPECT_EQ(ContextOf(TraceParentOf(one), "").trace_id, one.trace_id);
}

TEST(CallContextTest, ScopesNest) {
  EXPECT_TRUE(CurrentContext().Fields().empty());
  {
    const ContextScope outer({.job_id = "j"});
    {
      const ContextScope inner({.run_id = "r"});
      EXPECT_EQ(CurrentContext().job_id, "");
      EXPECT_EQ(CurrentContext().run_id, "r");
    }
    EXPECT_EQ(CurrentContext().job_id, "j");
  }
  EXPECT_TRUE(CurrentContext().Fields().empty());
}

TEST(CallContextTest, AnotherThreadWorksForTheSame) {
  std::string here, there;
  {
    const ContextScope scope({.job_id = "j"});
    std::thread([&] { here = CurrentContext().job_id; }).join();
    std::thread(InContext([&] { there = CurrentContext().job_id; })).join();
  }
  EXPECT_EQ(here, "");
  EXPECT_EQ(there, "j");
}

TEST(CallContextTest, LogLinesTellTheContext) {
  ::testing::internal::CaptureStderr();
  {
    const ContextScope scope({.trace_id = kTrace, .job_id = "j", .run_id = "of the thread"});
    Log(LogSeverity::kInfo, "m", {{"run_id", "of the line"}});
  }
  Log(LogSeverity::kInfo, "m");
  const std::string lines = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"job_id\":\"j\","
                       "\"run_id\":\"of the line\"}"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"message\":\"m\"}"), std::string::npos) << lines;
}

}  // namespace
}  // namespace lockstitch::telemetry
