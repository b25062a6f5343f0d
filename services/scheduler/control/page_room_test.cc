#include "services/scheduler/control/page_room.h"

#include <google/protobuf/wrappers.pb.h>

#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

google::protobuf::StringValue Item(size_t bytes) {
  google::protobuf::StringValue item;
  item.set_value(std::string(bytes, 'x'));
  return item;
}

TEST(PageRoomTest, APageEndsBeforeItIsTooLargeForClients) {
  PageRoom room;
  int taken = 0;
  while (room.Takes(Item(100'000))) ++taken;
  EXPECT_EQ(taken, 39);
}

TEST(PageRoomTest, TheFirstItemHasRoomWhateverItsSize) {
  PageRoom room;
  EXPECT_TRUE(room.Takes(Item(10'000'000)));
  EXPECT_FALSE(room.Takes(Item(1)));
}

}  // namespace
}  // namespace lockstitch::scheduler
