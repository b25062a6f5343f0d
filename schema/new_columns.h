#ifndef LOCKSTITCH_SCHEMA_NEW_COLUMNS_H_
#define LOCKSTITCH_SCHEMA_NEW_COLUMNS_H_

#include <set>
#include <string>
#include <vector>

namespace lockstitch::schema {

// Those of a table's columns, in their order, that are new to its stream: its last published load
// did not know them, and they are not wanted anyway, as those are that the stream's settings name
// and those of its keys. None if `known` is empty, for nothing has been published then.
std::vector<std::string> NewColumns(const std::vector<std::string>& columns,
                                    const std::set<std::string>& known,
                                    const std::set<std::string>& wanted);

// What a user is told of a new column that its integration leaves out.
std::string LeftOutNote(const std::string& column);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_NEW_COLUMNS_H_
