#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CHANGE_LABEL_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CHANGE_LABEL_H_

#include <string>
#include <vector>

#include "lockstitch/v1/change.pb.h"

namespace lockstitch::scheduler {

// "CHANGE_KIND_COLUMN_ADDED" -> "column_added", the label of metrics.
std::string LabelOf(v1::ChangeKind kind);

// Of every kind.
std::vector<std::string> ChangeLabels();

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CHANGE_LABEL_H_
