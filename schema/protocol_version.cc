#include "schema/protocol_version.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstitch::schema {

std::string UnheededSettings(absl::string_view peer, uint32_t protocol,
                             const v1::StreamSettings& settings) {
  if (protocol >= kProtocol) return "";
  std::vector<std::string> unheeded;
  if (settings.has_deletes()) unheeded.emplace_back("deletes");
  if (settings.backfill() != v1::BACKFILL_UNSPECIFIED) unheeded.emplace_back("backfill");
  if (settings.has_set_bookmark()) unheeded.emplace_back("set_bookmark");
  if (unheeded.empty()) return "";
  return absl::StrCat(peer, " is of an older version, so that this run does not heed ",
                      absl::StrJoin(unheeded, " and "), ": upgrade it");
}

}  // namespace lockstitch::schema
