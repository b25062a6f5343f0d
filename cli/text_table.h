#ifndef LOCKSTITCH_CLI_TEXT_TABLE_H_
#define LOCKSTITCH_CLI_TEXT_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace lockstitch::cli {

// A column of a text table.
struct TextColumn {
  std::string title;
  bool right = false;  // Numbers stand to the right.
};

// What a terminal would take for a command, line ends and tabs included, as people write it: \n,
// \x1b. Names and comments of a database may hold anything. `text` is UTF-8.
std::string Printable(const std::string& text);

// Lines of equal columns two spaces apart, the titles first, each cell made printable. UTF-8
// characters count one each.
std::string TextTable(const std::vector<TextColumn>& columns,
                      std::vector<std::vector<std::string>> rows);

// 1234567 -> 1,234,567
std::string GroupedNumber(int64_t number);

// Bytes as people read them: 512 B, 14.2 MB (powers of 1000).
std::string ReadableBytes(double bytes);

// Seconds as people read them: 0.42 s, 12.3 s, 3 min 20 s.
std::string ReadableSeconds(double seconds);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_TEXT_TABLE_H_
