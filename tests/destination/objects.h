#ifndef LOCKSTITCH_TESTS_DESTINATION_OBJECTS_H_
#define LOCKSTITCH_TESTS_DESTINATION_OBJECTS_H_

#include <string>
#include <vector>

namespace lockstitch::tests {

// What a user may put on a destination table. In its SQL {t} is the table, qualified, and {n} its
// name, which is the object's.
struct UserObject {
  std::string name;
  std::string make;
  std::string holds;   // A query: whether it is there, and does what it is for.
  std::string why;     // The clause by which a load is merged; empty where the table is replaced.
  int since = 100000;  // The version of PostgreSQL that has it.
};
// Those that a server of that version (for example 150018) has. For tables with the columns id, the
// key, v and k. Users' schema `mine` and role `reader` are there.
std::vector<UserObject> UserObjects(int server_version);

// `sql` of the object, for its table in the schema s.
std::string SqlOf(const UserObject& object, const std::string& sql);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_DESTINATION_OBJECTS_H_
