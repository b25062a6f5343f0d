// What indexes of a table that takes the place are built with.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;

struct Memory {
  std::string server;
  std::string used;
};

class IndexMemoryTest : public ClustersTest, public ::testing::WithParamInterface<Memory> {};

// With less than 64 MB PostgreSQL sorts without a worker beside the session.
INSTANTIATE_TEST_SUITE_P(Settings, IndexMemoryTest,
                         ::testing::Values(Memory{"1MB", "64MB"}, Memory{"128MB", "128MB"}),
                         [](const auto& info) { return info.param.server; });

TEST_P(IndexMemoryTest, LetsAWorkerSort) {
  destination_->Run(absl::StrCat("ALTER DATABASE ", destination_->Text("SELECT current_database()"),
                                 " SET maintenance_work_mem = '", GetParam().server, "'"));
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 2)");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
  Stack stack;
  ExpectSucceeded(RunJob(stack, integration));
  destination_->Run(R"sql(
      CREATE INDEX ON s.t (v);
      CREATE TABLE public.built (memory text);
      CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.built VALUES (current_setting('maintenance_work_mem'));
      END $$;
      CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
        EXECUTE FUNCTION public.note())sql");
  ExpectSucceeded(RunJob(stack, integration));
  EXPECT_THAT(destination_->List("SELECT memory FROM public.built"), ElementsAre(GetParam().used));
}

}  // namespace
}  // namespace lockstitch::tests
