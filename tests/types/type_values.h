#ifndef LOCKSTITCH_TESTS_TYPES_TYPE_VALUES_H_
#define LOCKSTITCH_TESTS_TYPES_TYPE_VALUES_H_

#include <string>
#include <vector>

namespace lockstitch::tests {

// The major versions of PostgreSQL that have something.
struct Versions {
  int since = 0;
  int until = 99;

  bool Have(int version) const { return since <= version && version <= until; }
};

// An SQL expression that a cast makes a value. It means the same to every version that knows it.
struct Value {
  Value(std::string sql, Versions versions = {}) : sql(std::move(sql)), versions(versions) {}
  Value(const char* sql, Versions versions = {}) : sql(sql), versions(versions) {}

  std::string sql;
  Versions versions;
};

// A column type of pg_catalog, as SQL, and what its columns may hold besides NULL.
struct TypeValues {
  std::string type;
  std::vector<Value> values;
  Versions versions = {};
  // It becomes `otherwise` everywhere: it has no binary form, or one that means nothing to another
  // server.
  bool own_server_only = false;
  // What it becomes at a destination that doesn't have it.
  std::string otherwise = "text";
  // Its values can be put into JSON.
  bool in_json = true;
};

// Every type of pg_catalog that a table's column may have; some more than once, with typmods.
std::vector<TypeValues> AllTypes();

// What AllTypes() is made of.
std::vector<TypeValues> NumberTypes();
std::vector<TypeValues> TextTypes();
std::vector<TypeValues> DocumentTypes();
std::vector<TypeValues> TimeTypes();
std::vector<TypeValues> ShapeTypes();
std::vector<TypeValues> SystemTypes();
std::vector<TypeValues> RangeTypes();

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_TYPES_TYPE_VALUES_H_
