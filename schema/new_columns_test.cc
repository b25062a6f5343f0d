#include "schema/new_columns.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(NewColumnsTest, AreNeitherKnownNorWanted) {
  EXPECT_THAT(NewColumns({"id", "z", "a", "named"}, {"id", "gone"}, {"named"}),
              ElementsAre("z", "a"));
}

TEST(NewColumnsTest, AreNoneBeforeTheFirstLoad) {
  EXPECT_THAT(NewColumns({"id", "a"}, {}, {"id"}), IsEmpty());
}

TEST(LeftOutNoteTest, TellsHowToLoadTheColumn) {
  EXPECT_THAT(LeftOutNote("a"), HasSubstr("column a is new and left out"));
  EXPECT_THAT(LeftOutNote("a"), HasSubstr("include_columns"));
}

}  // namespace
}  // namespace lockstitch::schema
