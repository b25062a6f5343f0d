#ifndef LOCKSTITCH_SCHEMA_KEY_ORDER_H_
#define LOCKSTITCH_SCHEMA_KEY_ORDER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// The type of PostgreSQL's that a column fit for a replication key has: of a domain, its base.
std::string KeyType(const v1::DataType& type);

// How rows are compared by a replication key: in the same order at the source and at the
// destination, whatever their collations. Each function answers SQL.
class KeyOrder {
 public:
  // `column` is SQL, for example a quoted name; `type` is a KeyType.
  KeyOrder(absl::string_view column, absl::string_view type);

  // The same order of another column of the type.
  KeyOrder Of(absl::string_view column) const { return KeyOrder(column, type_); }

  // The key, to be compared and sorted by.
  const std::string& expression() const { return expression_; }

  // `value`, text as PostgreSQL shows it, as a constant of the key's type.
  std::string Constant(absl::string_view value) const;

  // Whether a row's key counts for the bookmark: it isn't NULL, NaN or infinite. `server_version`
  // is that of the server that is asked, for example 150018.
  std::string IsFinite(int server_version) const;

 private:
  std::string type_;
  std::string expression_;
};

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_KEY_ORDER_H_
