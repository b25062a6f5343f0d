#include "status/errors_page.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace lockstitch {
namespace {

TEST(ErrorsPageTest, TheDocumentedPageIsTheOneMadeFromTheTable) {
  std::ifstream file("docs/errors.md");
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), ErrorsPage())
      << "bazel run //status:print_errors_page > docs/errors.md";
}

}  // namespace
}  // namespace lockstitch
