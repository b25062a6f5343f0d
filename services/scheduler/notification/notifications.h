#ifndef LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFICATIONS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFICATIONS_H_

#include <vector>

#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "services/scheduler/store/leader_store.h"

namespace lockstitch::scheduler {

// What the integration's webhooks are to be told of a job that has ended: of each stream that was
// loaded, and of the job if it failed, to each webhook that wants it. Bodies are JSON, as
// docs/webhooks.md tells; those of loads have the fields of Stitch's post-load webhooks. Pure.
std::vector<Notification> NotificationsOf(const v1::Integration& integration, const v1::Job& job,
                                          const std::vector<v1::StreamRun>& runs);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFICATIONS_H_
