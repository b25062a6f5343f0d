#include "cli/progress_display.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/text_table.h"

namespace lockstitch::cli {

ProgressDisplay::ProgressDisplay(std::FILE* terminal)
    : file_(terminal), is_terminal_(isatty(fileno(terminal)) != 0) {}

void ProgressDisplay::Update(const JobView& view) {
  if (!is_terminal_ || absl::Now() < next_) return;
  next_ = absl::Now() + absl::Milliseconds(100);
  std::vector<std::vector<std::string>> rows;
  size_t ended = 0;
  for (const v1::StreamRun& run : view.streams()) {
    if (run.has_ended_at()) ++ended;
    if (run.state() != v1::STREAM_RUN_STATE_RUNNING) continue;
    const double seconds = SecondsOf(run);
    const auto bytes = static_cast<double>(run.progress().bytes_extracted());
    rows.push_back({run.stream(),
                    absl::StrCat(GroupedNumber(run.progress().rows_extracted()), " rows"),
                    seconds > 0 ? absl::StrCat(ReadableBytes(bytes / seconds), "/s") : "",
                    ReadableSeconds(seconds)});
  }
  Clear();
  const std::string title =
      view.streams().empty() ? "reading the source's catalog"
                             : absl::StrCat(ended, " of ", view.streams().size(), " streams done");
  const std::string text = TextTable({{title}, {"", true}, {"", true}, {"", true}}, rows);
  std::fputs(text.c_str(), file_);
  std::fflush(file_);
  lines_ = static_cast<int>(rows.size()) + 1;
}

void ProgressDisplay::Clear() {
  if (lines_ > 0) std::fprintf(file_, "\033[%dA\033[J", lines_);
  std::fflush(file_);
  lines_ = 0;
}

}  // namespace lockstitch::cli
