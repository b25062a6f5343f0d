#include "services/scheduler/job_selection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {

absl::StatusOr<std::shared_ptr<const JobStreams>> JobSelection::Find() {
  {
    absl::MutexLock lock(&mutex_);
    if (finding_) {
      // What another one comes to is everybody's who waits for it.
      const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !finding_; };
      mutex_.Await(absl::Condition(&over));
      return found_;
    }
    if (found_.ok()) return found_;
    finding_ = true;
  }
  absl::StatusOr<JobStreams> found =
      job_.readable.ok() ? FindStreams(job_.integration, options_, *recorder_) : job_.readable;
  absl::MutexLock lock(&mutex_);
  finding_ = false;
  if (!found.ok()) return found_ = found.status();
  for (size_t i = 0; i < found->selected.size(); ++i)
    places_[found->selected[i].settings.stream()] = i;
  return found_ = std::make_shared<const JobStreams>(*std::move(found));
}

absl::StatusOr<SelectedStream> JobSelection::Find(const std::string& stream) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const JobStreams> found, Find());
  absl::MutexLock lock(&mutex_);
  const auto place = places_.find(stream);
  if (place != places_.end()) return found->selected[place->second];
  return Error(Reason::kStreamNotFound, absl::StrCat("the source has no ", stream, " any more"));
}

std::string JobSelection::integration_uid() const {
  absl::MutexLock lock(&mutex_);
  return found_.ok() ? (*found_)->integration_uid : "";
}

}  // namespace lockstitch::scheduler
