// Values and rows as large as a COPY message can be. Takes memory of several times their size and
// some minutes: run by hand.

#include <string>

#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

constexpr int kVersion = 15;

class LargeTest : public ::testing::Test {
 protected:
  FreshDatabase source_{ClusterOf(kVersion)};
  FreshDatabase destination_{ClusterOf(kVersion)};
  Stack stack_;

  JobOutcome Run() {
    return RunJob(stack_, IntegrationOf("s", source_.url, destination_.url, {"t"}));
  }
};

// A bytea of `megabytes`.
std::string Bytes(int megabytes) {
  return "convert_to(repeat('0123456789abcdef', 65536 * " + std::to_string(megabytes) +
         "), 'UTF8')";
}

TEST_F(LargeTest, AValueOfHalfAGigabyteArrives) {
  source_.session->Run(
      "CREATE TABLE public.t (id int4, v bytea); ALTER TABLE public.t ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO public.t VALUES (1, 'before'), (2, " +
      Bytes(500) + "), (3, 'after')");
  ASSERT_EQ(Run().job.state(), v1::JOB_STATE_SUCCEEDED);
  const std::string rows =
      "SELECT string_agg(id || ' ' || length(v) || ' ' || md5(v), ',' ORDER BY id) FROM ";
  EXPECT_EQ(destination_.session->Text(rows + "s.t"), source_.session->Text(rows + "public.t"));
}

TEST_F(LargeTest, ARowThatNoMessageHoldsFailsItsStream) {
  // No statement makes such a row at once: the server forms it before it puts values out of line.
  source_.session->Run(
      "CREATE TABLE public.t (id int4, a bytea, b bytea);"
      "ALTER TABLE public.t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;"
      "INSERT INTO public.t VALUES (1, 'a', 'b'), (2, " +
      Bytes(600) + ", NULL)");
  source_.session->Run("UPDATE public.t SET b = " + Bytes(600) + " WHERE id = 2");
  EXPECT_EQ(Run().stream("public.t").error().reason(), "ROW_TOO_LARGE");
  EXPECT_EQ(destination_.session->Text("SELECT to_regclass('s.t') IS NULL"), "t");
}

}  // namespace
}  // namespace lockstitch::tests
