#include "postgres/application_name.h"

#include "absl/strings/str_cat.h"

namespace lockstitch::postgres {
namespace {

constexpr size_t kRunCharacters = 8;
constexpr size_t kLimit = 63;  // NAMEDATALEN - 1

bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string ApplicationName(absl::string_view service, absl::string_view run_id,
                            absl::string_view stream) {
  std::string name =
      absl::StrCat("lockstitch ", service, " ", run_id.substr(0, kRunCharacters), " ", stream);
  if (name.size() <= kLimit) return name;
  size_t end = kLimit;
  while (ContinuesCharacter(name[end])) --end;
  name.resize(end);
  return name;
}

}  // namespace lockstitch::postgres
