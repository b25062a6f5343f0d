#include "schema/recommendation.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

using ::testing::HasSubstr;

// A large table with a primary key and an indexed key that tracks updates.
class RecommendTest : public ::testing::Test {
 protected:
  RecommendTest() {
    table_.set_kind(v1::TABLE_KIND_TABLE);
    table_.set_row_estimate(1'000'000);
    table_.add_columns()->set_name("id");
    table_.add_columns()->set_name("updated_at");
    table_.add_primary_key("id");
    AddKey("updated_at", /*indexed=*/true, /*tracks_updates=*/true);
  }

  void AddKey(const std::string& column, bool indexed, bool tracks_updates) {
    v1::ReplicationKeyCandidate* key = table_.add_replication_keys();
    key->set_column(column);
    key->set_indexed(indexed);
    key->set_tracks_updates(tracks_updates);
  }

  void ExpectFullTable(const std::string& reason, bool has_children = false) {
    const v1::Recommendation found = Recommend(table_, has_children);
    EXPECT_EQ(found.method(), "FULL_TABLE");
    EXPECT_EQ(found.replication_key(), "");
    EXPECT_THAT(found.reason(), HasSubstr(reason));
  }

  void ExpectIncremental(const std::string& key, const std::string& reason) {
    const v1::Recommendation found = Recommend(table_, false);
    EXPECT_EQ(found.method(), "INCREMENTAL");
    EXPECT_EQ(found.replication_key(), key);
    EXPECT_THAT(found.reason(), HasSubstr(reason));
  }

  v1::Table table_;
};

TEST_F(RecommendTest, AKeyThatTracksUpdatesIsIncremental) {
  ExpectIncremental("updated_at", "an index finds the changed rows");
  table_.set_row_estimate(-1);
  ExpectIncremental("updated_at", "an index finds the changed rows");
  table_.set_kind(v1::TABLE_KIND_PARTITIONED_TABLE);
  ExpectIncremental("updated_at", "an index finds the changed rows");
}

TEST_F(RecommendTest, AKeyWithoutAnIndexSaysWhatItCosts) {
  table_.mutable_replication_keys(0)->set_indexed(false);
  ExpectIncremental("updated_at", "reads the whole table");
}

TEST_F(RecommendTest, SmallTablesAreCopiedWhole) {
  table_.set_row_estimate(9'999);
  ExpectFullTable("small");
  table_.set_row_estimate(10'000);
  ExpectIncremental("updated_at", "");
}

TEST_F(RecommendTest, OnlyTablesWithAReadablePrimaryKeyAreIncremental) {
  table_.mutable_columns(0)->mutable_obstacle()->set_reason("ANY");
  ExpectFullTable("primary key's column id can't be read");
  table_.clear_primary_key();
  ExpectFullTable("no primary key");
  table_.set_kind(v1::TABLE_KIND_VIEW);
  ExpectFullTable("Only tables");
}

TEST_F(RecommendTest, ChildrenMayRepeatThePrimaryKey) {
  ExpectFullTable("inherit", /*has_children=*/true);
}

TEST_F(RecommendTest, AKeyThatMayStayNullMissesChanges) {
  table_.mutable_columns(1)->set_nullable(true);
  ExpectFullTable("updated_at may be NULL");
  table_.mutable_columns(1)->set_default_expression("now()");
  ExpectIncremental("updated_at", "");
}

TEST_F(RecommendTest, TheNextKeyStandsInForOneThatMayStayNull) {
  table_.mutable_columns(1)->set_nullable(true);
  table_.add_columns()->set_name("modified_at");
  AddKey("modified_at", false, true);
  ExpectIncremental("modified_at", "");
}

TEST_F(RecommendTest, NumbersDoNotTellWhatHasChanged) {
  table_.clear_replication_keys();
  ExpectFullTable("No column seems to hold");
  AddKey("id", true, false);
  ExpectFullTable("No column seems to hold");
}

}  // namespace
}  // namespace lockstitch::schema
