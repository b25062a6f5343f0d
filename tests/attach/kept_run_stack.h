#ifndef LOCKSTITCH_TESTS_ATTACH_KEPT_RUN_STACK_H_
#define LOCKSTITCH_TESTS_ATTACH_KEPT_RUN_STACK_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "lockstitch/v1/extractor.pb.h"
#include "rpc/channel.h"
#include "rpc/random_id.h"
#include "services/extractor/extractor_client.h"
#include "services/loader/loader_client.h"
#include "testing/fault_proxy.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// A loader that waits for the test in the middle of a run's first range, and an extractor. No
// scheduler: the tests are the runs' owners.
class KeptRunTest : public ClustersTest {
 protected:
  static constexpr int64_t kRows = 20'000;

  KeptRunTest() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, repeat('x', 100) "
        "FROM generate_series(1, 20000) n");
  }

  // Of public.t into s.t.
  v1::ExtractOffer OfferOf(const std::string& run_id) {
    v1::ExtractOffer offer;
    offer.set_run_id(run_id);
    offer.mutable_source()->mutable_postgres()->set_url(source_url_);
    v1::StreamTarget& target = *offer.mutable_target();
    target.mutable_destination()->mutable_postgres()->set_url(destination_url_);
    target.set_integration("s");
    target.mutable_table()->set_schema("public");
    target.mutable_table()->set_name("t");
    offer.mutable_settings()->set_stream("public.t");
    offer.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
    return offer;
  }

  // Rows exact, and counted once, by one extraction for each fence drawn.
  void ExpectPublished(const std::string& run_id, int64_t fences) {
    ExpectSameContents("t", "s.t", "id, v");
    EXPECT_EQ(destination_->Int("SELECT sum(c.rows) FROM _lockstitch.chunks c JOIN "
                                "_lockstitch.loads l ON l.load_id = c.load_id WHERE l.state = "
                                "'published' AND c.run_id = '" +
                                run_id + "'"),
              kRows);
    EXPECT_EQ(destination_->Int("SELECT fence FROM _lockstitch.streams"), fences);
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.runs WHERE result IS NOT NULL"),
              1);
  }
  void AwaitPublished() {
    destination_->Await("SELECT count(*) = 1 FROM pg_class WHERE oid = to_regclass('s.t')");
  }
  void ExpectNothingVisible() {
    EXPECT_EQ(destination_->Text("SELECT to_regclass('s.t') IS NULL"), "t");
  }
  void AwaitNoSourceQueries() {
    source_->Await(
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'lockstitch "
        "extractor%' AND state <> 'idle'");
  }

  int PortOfExtractor() {
    return std::atoi(extractor_.address().substr(extractor_.address().rfind(':') + 1).c_str());
  }

  testing::Rendezvous reading_;
  ServiceProcess loader_{"loader", {}, "loader.batch.written=" + reading_.action()};
  ServiceProcess extractor_{"extractor", {"--loader=" + loader_.address(), "--slots=1"}};
  // The first owner's way to the extractor.
  testing::FaultProxy first_way_{PortOfExtractor()};
  const std::string run_id_ = rpc::RandomId();
  const loader::LoaderClient loader_client_{rpc::Connect(loader_.address()), "loader"};
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_ATTACH_KEPT_RUN_STACK_H_
