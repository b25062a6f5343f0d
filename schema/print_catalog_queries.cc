// Prints the statements by which discovery reads a catalog. For bench/discovery/run, which has psql
// run them.

#include <cstdlib>
#include <iostream>

#include "schema/catalog_queries.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: print_catalog_queries SERVER_VERSION_NUM\n";
    return 2;
  }
  const auto queries = lockstitch::schema::CatalogQueriesFor(std::atoi(argv[1]));
  for (const std::string& query : {queries.types, queries.tables, queries.columns, queries.indexes,
                                   queries.parents, queries.partitions}) {
    if (!query.empty()) std::cout << query << ";\n";
  }
}
