// What a loader answers to calls that come out of their order, or to the wrong destination.

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "testing/status_matchers.h"
#include "tests/stack/clusters.h"
#include "tests/stack/scripted_run.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::HasReason;
using testing::IsOk;

class RefusalsTest : public ClustersTest {
 protected:
  RefusalsTest() : process_("loader", {}), client_(rpc::Connect(process_.address()), "loader") {}

  ServiceProcess process_;
  loader::LoaderClient client_;
};

TEST_F(RefusalsTest, ARangeOfALoadThatWasNeverOpened) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(client_), IsOk());
  EXPECT_THAT(run.SendRange(client_, 0), HasReason(Reason::kLoadNotBegun));
}

TEST_F(RefusalsTest, ADestinationThatKnowsNothing) {
  ScriptedRun run(destination_url_, 1);
  v1::BeginLoadRequest request;
  *request.mutable_claim() = run.claim();
  request.mutable_claim()->set_extraction_id("extraction");
  request.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  request.add_ranges();
  EXPECT_THAT(client_.BeginLoad(request), HasReason(Reason::kDestinationStateMissing));
  EXPECT_THAT(run.Abort(client_), HasReason(Reason::kDestinationStateMissing));
}

TEST_F(RefusalsTest, ALoadWithoutRanges) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(client_), IsOk());
  v1::BeginLoadRequest request;
  *request.mutable_claim() = run.claim();
  EXPECT_THAT(client_.BeginLoad(request), HasReason(Reason::kProtocolViolated));
}

}  // namespace
}  // namespace lockstitch::tests
