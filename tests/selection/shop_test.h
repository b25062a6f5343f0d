#ifndef LOCKSTITCH_TESTS_SELECTION_SHOP_TEST_H_
#define LOCKSTITCH_TESTS_SELECTION_SHOP_TEST_H_

#include <string>
#include <vector>

#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// A test of an integration named shop.
class ShopTest : public ClustersTest {
 protected:
  // The integration of every table, for a test to change.
  v1::Integration Integration() { return IntegrationOf("shop", source_url_, destination_url_); }

  // The tables that it has at its destination, sorted.
  std::vector<std::string> LoadedTables() {
    return destination_->List(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind "
        "= 'r' ORDER BY relname COLLATE \"C\"");
  }

  Stack stack_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_SELECTION_SHOP_TEST_H_
