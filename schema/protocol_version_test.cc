#include "schema/protocol_version.h"

#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

TEST(ProtocolVersionTest, SettingsThatAnOlderPeerDoesNotHaveAreNamed) {
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  EXPECT_EQ(UnheededSettings("the loader", 0, settings), "");
  settings.mutable_deletes();
  EXPECT_EQ(
      UnheededSettings("the loader", 0, settings),
      "the loader is of an older version, so that this run does not heed deletes: upgrade it");
  settings.set_backfill(v1::BACKFILL_RELOAD);
  EXPECT_EQ(UnheededSettings("the extractor", 1, settings),
            "the extractor is of an older version, so that this run does not heed deletes and "
            "backfill: upgrade it");
}

TEST(ProtocolVersionTest, APeerOfThisVersionHeedsThemAll) {
  v1::StreamSettings settings;
  settings.mutable_deletes();
  settings.set_backfill(v1::BACKFILL_NONE);
  EXPECT_EQ(UnheededSettings("the loader", kProtocol, settings), "");
  EXPECT_EQ(UnheededSettings("the loader", kProtocol + 1, settings), "");
}

}  // namespace
}  // namespace lockstitch::schema
