#include "services/loader/destination/row_match.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "status/macros.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;

// $1 the load table's OID. The columns of its key, and the operators by which they are equal: by
// their names alone those of extensions' types would not be found, or others would.
constexpr absl::string_view kKeyOperators = R"sql(
SELECT a.attname, pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
FROM pg_catalog.pg_index i
     CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
                                   pg_catalog.unnest(i.indclass::pg_catalog.oid[]))
                        WITH ORDINALITY AS k(number, class, place)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
     JOIN pg_catalog.pg_opclass c ON c.oid = k.class
     JOIN pg_catalog.pg_amop p ON p.amopfamily = c.opcfamily AND p.amopstrategy = 3 AND
                                  p.amoplefttype = c.opcintype AND p.amoprighttype = c.opcintype
     JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr
     JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE i.indrelid = $1::oid AND i.indisprimary
ORDER BY k.place)sql";

}  // namespace

absl::StatusOr<std::string> RowMatch(postgres::Connection& connection, const LoadRecord& load,
                                     const std::map<std::string, std::string>& names) {
  ASSIGN_OR_RETURN(const postgres::Result key,
                   connection.Query(kKeyOperators, {absl::StrCat(load.load_oid)}));
  std::vector<std::string> pairs;
  for (int row = 0; row < key.rows(); ++row) {
    const std::string column = key.String(row, 0);
    const auto name = names.find(column);
    pairs.push_back(absl::StrCat("old.",
                                 QuoteIdentifier(name == names.end() ? column : name->second), " ",
                                 key.Text(row, 1), " new.", QuoteIdentifier(column)));
  }
  return absl::StrJoin(pairs, " AND ");
}

}  // namespace lockstitch::loader
