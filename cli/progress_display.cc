#include "cli/progress_display.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/text_table.h"

namespace lockstitch::cli {

ProgressDisplay::ProgressDisplay(std::FILE* terminal)
    : file_(terminal), is_terminal_(isatty(fileno(terminal)) != 0) {}

void ProgressDisplay::Update(const JobView& view) {
  if (!IsDue()) return;
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
  Draw(view.streams().empty() ? "reading the source's catalog"
                              : absl::StrCat(ended, " of ", view.streams().size(), " streams done"),
       rows);
}

void ProgressDisplay::Update(const VerificationView& view) {
  if (!IsDue()) return;
  std::vector<std::vector<std::string>> rows;
  size_t ended = 0;
  for (const v1::VerifyResponse& told : view.streams()) {
    const v1::StreamVerification& stream = told.stream();
    if (stream.outcome() > v1::VERIFICATION_OUTCOME_RUNNING) ++ended;
    if (stream.outcome() != v1::VERIFICATION_OUTCOME_RUNNING) continue;
    rows.push_back({stream.stream(), absl::StrCat(GroupedNumber(stream.source_rows()), " rows"),
                    absl::StrCat(GroupedNumber(stream.destination_rows()), " rows"), ""});
  }
  Draw(absl::StrCat(ended, " of ", view.streams().size(), " streams compared"), rows);
}

bool ProgressDisplay::IsDue() {
  if (!is_terminal_ || absl::Now() < next_) return false;
  next_ = absl::Now() + absl::Milliseconds(100);
  return true;
}

void ProgressDisplay::Draw(const std::string& title,
                           const std::vector<std::vector<std::string>>& rows) {
  Clear();
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
