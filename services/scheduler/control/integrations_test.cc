#include "services/scheduler/control/integrations.h"

#include "gtest/gtest.h"
#include "services/scheduler/store/test_catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;

TEST(IntegrationsTest, ADeletionWhoseCallerHasGoneDropsNothing) {
  TestCatalog catalog;
  catalog.Create("shop");
  catalog.Request("shop");
  const Integrations integrations({.store = &catalog.integrations, .jobs = &catalog.jobs});
  v1::DeleteIntegrationRequest request;
  request.set_name("integrations/shop");
  // Its job ends while it waits for that.
  const auto cancelled = [&] {
    catalog.database.Run("UPDATE lockstitch.jobs SET state = 5, ended_at = now()");
    return true;
  };
  EXPECT_THAT(integrations.Delete(request, cancelled, {}), HasReason(Reason::kStopped));
  EXPECT_THAT(catalog.integrations.Get("shop"), IsOk());
}

}  // namespace
}  // namespace lockstitch::scheduler
