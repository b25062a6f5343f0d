#include <string>

#include "schema/widening.h"
#include "testing/fuzz_target.h"

namespace lockstitch::schema {
namespace {

using testing::Require;

// Three types, a line each.
FUZZ_TARGET(input) {
  const std::string a(testing::TakeLine(&input)), b(testing::TakeLine(&input)), c(input);
  Require(!IsWidening(a, a) && !IsWidening(b, b), "nothing is wider than itself");
  if (IsWidening(a, b) && IsWidening(b, c) && a != c)
    Require(IsWidening(a, c), "what is wider than the wider one is wider");
}

}  // namespace
}  // namespace lockstitch::schema
