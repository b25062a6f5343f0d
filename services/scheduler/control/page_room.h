#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_ROOM_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_ROOM_H_

#include <google/protobuf/message_lite.h>

#include <cstddef>

namespace lockstitch::scheduler {

// How much of a page is left in bytes: gRPC's clients take answers of 4 MiB unless told otherwise.
class PageRoom {
 public:
  // Whether the next item goes into it. The first one always does.
  bool Takes(const google::protobuf::MessageLite& item) {
    const bool first = bytes_ == 0;
    bytes_ += item.ByteSizeLong() + kAround;
    return first || bytes_ <= kMost;
  }

 private:
  static constexpr size_t kMost = 4'000'000;
  static constexpr size_t kAround = 8;  // Tag and length of an item.

  size_t bytes_ = 0;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_ROOM_H_
