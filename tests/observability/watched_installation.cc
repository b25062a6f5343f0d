#include "tests/observability/watched_installation.h"

#include <fstream>
#include <set>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/observability/expression.h"

namespace lockstitch::tests {

void WatchedInstallationTest::SetUp() {
  MakeTable(1000);
  StartServices();
  leader_ = StartLeader();
  Keep(Settings("shop"));
  AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  source_->Run("ALTER TABLE t ADD COLUMN w int");
  ASSERT_TRUE(jobs_->Request("shop", "").ok());
  AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);

  v1::Integration wrong = Settings("wrong");
  wrong.mutable_streams(0)->set_stream("public.missing");
  Keep(wrong);
  AwaitJob("wrong", v1::JOB_STATE_FAILED);
  v1::Integration unreachable = Settings("unreachable");
  unreachable.mutable_source()->mutable_postgres()->set_url("postgres://me@127.0.0.1:1/none");
  Keep(unreachable);
  AwaitJob("unreachable", v1::JOB_STATE_FAILED);

  catalog_database_->Run("ALTER TABLE lockstitch.integrations RENAME TO gone");
  EXPECT_NE(leader_->process().WaitForLine("the jobs of the catalog wait"), "");
  catalog_database_->Run("ALTER TABLE lockstitch.gone RENAME TO integrations");

  replica_ = StartScheduler();
  prometheus_ = std::make_unique<PrometheusServer>(
      std::vector<std::pair<std::string, std::string>>{{"scheduler", leader_->metrics_url()},
                                                       {"scheduler", replica_->metrics_url()},
                                                       {"discovery", discovery_->metrics_url()},
                                                       {"extractor", extractor_->metrics_url()},
                                                       {"loader", loader_->metrics_url()}});
  prometheus_->AwaitSamples();
}

std::vector<Labels> WatchedInstallationTest::ExpectSeries(const std::string& expression) const {
  SCOPED_TRACE(expression);
  std::set<std::string> known;
  for (const std::string& selector : Selectors(expression)) {
    const auto read = prometheus_->Query(selector);
    EXPECT_TRUE(read.ok() && !read->empty()) << "nothing shows " << selector;
    for (const Labels& series : read.value_or(std::vector<Labels>())) {
      for (const auto& [label, value] : series) known.insert(label);
    }
  }
  for (const std::string& label : GroupingLabels(expression))
    EXPECT_TRUE(known.contains(label)) << "no series has the label " << label;
  const auto made = prometheus_->Query(WithoutFilters(expression));
  EXPECT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(!made.ok() || !made->empty()) << "it has no series";
  return made.value_or(std::vector<Labels>());
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace lockstitch::tests
