#ifndef LOCKSTITCH_SCHEMA_CATALOG_TYPES_H_
#define LOCKSTITCH_SCHEMA_CATALOG_TYPES_H_

#include <cstdint>
#include <unordered_map>

#include "lockstitch/v1/catalog.pb.h"
#include "postgres/result.h"

namespace lockstitch::schema {

// pg_type as far as the columns at hand reach into it.
class CatalogTypes {
 public:
  // From the rows of CatalogQueries::types.
  explicit CatalogTypes(const postgres::Result& rows);

  // The type with this OID and typmod, what it holds included; of no kind if it isn't known.
  v1::DataType Get(int64_t oid, int modifier) const;

 private:
  struct Entry {
    v1::DataType type;
    int64_t element;
    int domain_modifier;
  };
  std::unordered_map<int64_t, Entry> types_;
};

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_CATALOG_TYPES_H_
