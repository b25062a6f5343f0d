#include "telemetry/process_sampler.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lockstitch::telemetry {
namespace {

// Places in /proc/self/stat, counted from the field behind the command's name.
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kThreads = 17;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

double NumberAt(const std::vector<std::string>& fields, size_t place) {
  double number = 0;
  if (place < fields.size() && absl::SimpleAtod(fields[place], &number)) return number;
  return 0;
}

// When the machine was started, in seconds since 1970.
double BootTime() {
  for (const absl::string_view line : absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.front() == "btime") return NumberAt(words, 1);
  }
  return 0;
}

int OpenFiles() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return 0;
  // Neither the folder itself, nor ".", nor "..".
  int files = -3;
  while (readdir(folder.get()) != nullptr) ++files;
  return files;
}

std::optional<double> LimitIn(const std::string& path) {
  double limit = 0;
  if (!absl::SimpleAtod(ReadFile(path), &limit)) return std::nullopt;
  return limit;
}

// Of the own control group, of version 2 or 1, as it is seen from within a container or without.
double MemoryLimit() {
  struct sysinfo machine = {};
  sysinfo(&machine);
  double limit = static_cast<double>(machine.totalram) * machine.mem_unit;
  std::vector<std::string> files = {"/sys/fs/cgroup/memory.max",
                                    "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  for (const absl::string_view line : absl::StrSplit(ReadFile("/proc/self/cgroup"), '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() < 3) continue;
    if (parts[1].empty()) files.push_back(absl::StrCat("/sys/fs/cgroup", parts[2], "/memory.max"));
    if (parts[1] == "memory") {
      files.push_back(absl::StrCat("/sys/fs/cgroup/memory", parts[2], "/memory.limit_in_bytes"));
    }
  }
  for (const std::string& file : files) {
    if (const std::optional<double> found = LimitIn(file); found) limit = std::min(limit, *found);
  }
  return limit;
}

}  // namespace

ProcessSampler::ProcessSampler(Metrics* metrics)
    : metrics_(metrics), seconds_per_tick_(1.0 / static_cast<double>(sysconf(_SC_CLK_TCK))) {}

void ProcessSampler::Sample() {
  const std::string stat = ReadFile("/proc/self/stat");
  // The command's name, in parentheses, may hold anything.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 2), ' ');
  const double processor_seconds =
      (NumberAt(fields, kUserTicks) + NumberAt(fields, kSystemTicks)) * seconds_per_tick_;
  metrics_->Add(Metric::kProcessCpuSeconds, {},
                std::max(0.0, processor_seconds - processor_seconds_));
  processor_seconds_ = processor_seconds;
  metrics_->Set(Metric::kProcessThreads, {}, NumberAt(fields, kThreads));
  metrics_->Set(Metric::kProcessVirtualMemoryBytes, {}, NumberAt(fields, kVirtualBytes));
  metrics_->Set(Metric::kProcessResidentMemoryBytes, {},
                NumberAt(fields, kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  metrics_->Set(Metric::kProcessStartTimeSeconds, {},
                BootTime() + NumberAt(fields, kStartTicks) * seconds_per_tick_);
  metrics_->Set(Metric::kProcessOpenFds, {}, OpenFiles());
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);
  metrics_->Set(Metric::kProcessMaxFds, {}, static_cast<double>(files.rlim_cur));
  metrics_->Set(Metric::kProcessMemoryLimitBytes, {}, MemoryLimit());
}

}  // namespace lockstitch::telemetry
