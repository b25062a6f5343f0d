#ifndef LOCKSTITCH_TESTS_TYPES_SAMPLE_COLUMNS_H_
#define LOCKSTITCH_TESTS_TYPES_SAMPLE_COLUMNS_H_

#include <string>
#include <vector>

#include "testing/database.h"
#include "tests/types/type_values.h"

namespace lockstitch::tests {

// How a column holds values of a type.
enum class Form {
  kScalar,
  kArray,   // With NULLs and a lower bound.
  kMatrix,  // Of two dimensions, each with a lower bound.
  kDomain,
  kDomainOfDomain,
  kDomainOverArray,
  kArrayOfDomain,
  kComposite,
  kArrayOfComposite,
  kDomainOverComposite,
};

// A column of a source's table, and what it must be at the destination.
struct SampleColumn {
  std::string name;
  std::string declared;       // Its type at the source.
  std::string arrives_as;     // And at the destination, as SQL.
  std::string source_bytes;   // Expressions that are equal if and only if the values are,
  std::string arrived_bytes;  // over columns of their databases.
  std::string shown;          // What it is, for failures.
  // For what arrives as JSON, if the source can read it back: expressions over the source's column
  // and over the JSON as "back", that are equal if and only if what they hold is.
  std::string source_member;
  std::string back_member;
};

// Types of a table of types, in a source's database, in all forms that the source has.
class SampleTypes {
 public:
  // Makes a schema `schema` at the source for domains and composites.
  SampleTypes(testing::Database& source, int source_version, int destination_version,
              const std::string& schema, std::vector<TypeValues> types);

  const std::vector<TypeValues>& types() const { return types_; }

  // The values of a type that both servers have, or the source alone where they become another
  // type.
  std::vector<std::string> Values(size_t type) const;
  std::vector<Form> Forms(size_t type) const;

  SampleColumn Column(size_t type, Form form, const std::string& name) const;
  // An SQL expression of `form` that holds a value of the type: an SQL expression too.
  std::string Fill(size_t type, Form form, const std::string& value) const;

 private:
  std::string Declared(size_t type, Form form) const;
  std::string MemberBytes(size_t type, const std::string& member) const;
  void AddMember(size_t type, Form form, SampleColumn* column) const;

  std::string schema_;
  int source_version_;
  int destination_version_;
  std::vector<TypeValues> types_;
  std::vector<std::string> send_;  // The types' send functions.
  std::vector<bool> has_array_;
};

// "name" as an SQL identifier.
std::string Quoted(const std::string& name);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_TYPES_SAMPLE_COLUMNS_H_
