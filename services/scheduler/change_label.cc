#include "services/scheduler/change_label.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace lockstitch::scheduler {

std::string LabelOf(v1::ChangeKind kind) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::ChangeKind_Name(kind), "CHANGE_KIND_"));
}

std::vector<std::string> ChangeLabels() {
  std::vector<std::string> labels;
  for (int kind = v1::ChangeKind_MIN; kind <= v1::ChangeKind_MAX; ++kind) {
    if (v1::ChangeKind_IsValid(kind) && kind != v1::CHANGE_KIND_UNSPECIFIED)
      labels.push_back(LabelOf(static_cast<v1::ChangeKind>(kind)));
  }
  return labels;
}

}  // namespace lockstitch::scheduler
