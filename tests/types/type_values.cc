#include "tests/types/type_values.h"

#include <iterator>

namespace lockstitch::tests {

std::vector<TypeValues> AllTypes() {
  std::vector<TypeValues> all;
  for (const auto& types : {NumberTypes(), TextTypes(), DocumentTypes(), TimeTypes(), ShapeTypes(),
                            SystemTypes(), RangeTypes()}) {
    all.insert(all.end(), types.begin(), types.end());
  }
  return all;
}

}  // namespace lockstitch::tests
