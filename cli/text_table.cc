#include "cli/text_table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstitch::cli {
namespace {

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }

std::string Escaped(char c) {
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  return absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
}

size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string Printable(const std::string& text) {
  // The second set of control characters, U+0080 to U+009F, begins so in UTF-8.
  constexpr char kBegin = '\xC2';
  std::string printable;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool second_set =
        text[i] == kBegin && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (second_set) {
      printable += Escaped(text[++i]);
    } else if (IsControl(text[i])) {
      printable += Escaped(text[i]);
    } else {
      printable += text[i];
    }
  }
  return printable;
}

std::string TextTable(const std::vector<TextColumn>& columns,
                      std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) std::transform(row.begin(), row.end(), row.begin(), Printable);
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = Width(columns[i].title);
    for (const auto& row : rows) width = std::max(width, Width(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string padding(widths[i] - Width(cell), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ",
                      columns[i].right ? padding + cell : cell + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  };
  add_line([&](size_t i) -> const std::string& { return columns[i].title; });
  for (const auto& row : rows) add_line([&](size_t i) -> const std::string& { return row[i]; });
  return text;
}

std::string GroupedNumber(int64_t number) {
  std::string digits = absl::StrCat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string ReadableBytes(double bytes) {
  if (bytes < 1000) return absl::StrFormat("%.0f B", bytes);
  const char* unit = "";
  for (const char* larger : {"kB", "MB", "GB", "TB"}) {
    if (bytes < 1000) break;
    bytes /= 1000;
    unit = larger;
  }
  return absl::StrFormat("%.1f %s", bytes, unit);
}

std::string ReadableSeconds(double seconds) {
  if (seconds < 10) return absl::StrFormat("%.2f s", seconds);
  if (seconds < 100) return absl::StrFormat("%.1f s", seconds);
  const int whole = static_cast<int>(seconds);
  return absl::StrFormat("%d min %d s", whole / 60, whole % 60);
}

}  // namespace lockstitch::cli
