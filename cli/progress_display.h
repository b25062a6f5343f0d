#ifndef LOCKSTITCH_CLI_PROGRESS_DISPLAY_H_
#define LOCKSTITCH_CLI_PROGRESS_DISPLAY_H_

#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/job_view.h"
#include "cli/verification_view.h"

namespace lockstitch::cli {

// On a terminal, a line for each running stream that is drawn anew in its place; elsewhere nothing.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(std::FILE* terminal);

  // Draws again unless that was done a moment ago.
  void Update(const JobView& view);
  void Update(const VerificationView& view);

  // Takes the lines away, so that other text may be printed.
  void Clear();

 private:
  bool IsDue();
  void Draw(const std::string& title, const std::vector<std::vector<std::string>>& rows);

  std::FILE* file_;
  bool is_terminal_;
  int lines_ = 0;
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_PROGRESS_DISPLAY_H_
