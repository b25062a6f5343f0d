#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_COLUMN_VALUE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_COLUMN_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"
#include "postgres/connection.h"

namespace lockstitch::scheduler {

// Values of the catalog's columns, on their way there as parameters and back from results. Times
// are kept to the microsecond, messages as bytes.

std::string NumberValue(int64_t number);
std::string TimeValue(absl::Time time);
postgres::Connection::Parameter TimeValue(const std::optional<absl::Time>& time);
std::string MessageValue(const google::protobuf::MessageLite& message);

// nullopt for NULL.
std::optional<absl::Time> TimeAt(const postgres::Result& result, int row, int column);
// INTERNAL_ERROR if the bytes are no such message; an empty message for NULL.
absl::Status ReadMessage(const postgres::Result& result, int row, int column,
                         google::protobuf::MessageLite* message);

// Elements to be passed as one parameter; nullopt is NULL. NUL bytes, which no text of a database
// can hold, are left out.
class ArrayValue {
 public:
  void Add(const postgres::Connection::Parameter& element);
  std::string text() const { return "{" + elements_ + "}"; }

 private:
  std::string elements_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_COLUMN_VALUE_H_
