#include "services/scheduler/schedule/cron.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using Texts = std::vector<absl::string_view>;

constexpr absl::string_view kMonthNames[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                             "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr absl::string_view kDayNames[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Field {
  absl::string_view name;
  int first;
  int last;
  absl::Span<const absl::string_view> names;  // Of the values in order; may be empty.

  std::string Values() const {
    const std::string numbers = absl::StrCat(first, "-", last);
    return names.empty() ? numbers
                         : absl::StrCat(numbers, " or ", names.front(), "-", names.back());
  }
};

constexpr Field kMinutes = {"minutes", 0, 59, {}};
constexpr Field kHours = {"hours", 0, 23, {}};
constexpr Field kMonthDay = {"day of month", 1, 31, {}};
constexpr Field kMonth = {"month", 1, 12, kMonthNames};
constexpr Field kWeekDay = {"day of week", 1, 7, kDayNames};
constexpr Field kYear = {"year", kFirstCronYear, kLastCronYear, {}};

std::optional<int> Number(absl::string_view text, int first, int last) {
  int number = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &number) || number < first || number > last)
    return std::nullopt;
  return number;
}

// Reads the fields of one expression in capitals, and gathers what is wrong with them.
class Reader {
 public:
  void ReadSeconds(absl::string_view text) {
    if (Number(text, 0, 0)) return;
    Problem("seconds", absl::StrCat("'", text, "' must be 0: jobs start on whole minutes"));
  }

  CronValues ReadValues(const Field& field, absl::string_view text) {
    CronValues values;
    for (const absl::string_view part : absl::StrSplit(text, ',')) values |= ReadPart(field, part);
    return values;
  }

  CronDays ReadDays(absl::string_view month_day, absl::string_view week_day) {
    const bool by_month = month_day != "?", by_week = week_day != "?";
    if (by_month == by_week) {
      Problem("day of month and day of week", absl::StrCat("exactly one of them must be ?, ",
                                                           by_month ? "neither is" : "both are"));
    }
    CronDays days;
    if (by_month) days = ReadMonthDays(month_day);
    if (by_week) days = ReadWeekDays(week_day);
    return days;
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void Problem(absl::string_view field, absl::string_view what) {
    problems_.push_back(absl::StrCat(field, ": ", what));
  }

  std::optional<int> ReadValue(const Field& field, absl::string_view text) {
    const auto name = std::find(field.names.begin(), field.names.end(), text);
    if (name != field.names.end())
      return field.first + static_cast<int>(std::distance(field.names.begin(), name));
    const std::optional<int> number = Number(text, field.first, field.last);
    if (!number) Problem(field.name, absl::StrCat("'", text, "' is not one of ", field.Values()));
    return number;
  }

  // *, A, A-B, and each of them with /STEP; A/STEP goes on to the field's end.
  CronValues ReadPart(const Field& field, absl::string_view part) {
    const std::pair<absl::string_view, absl::string_view> stepped =
        absl::StrSplit(part, absl::MaxSplits('/', 1));
    const std::pair<absl::string_view, absl::string_view> range =
        absl::StrSplit(stepped.first, absl::MaxSplits('-', 1));
    const bool has_step = absl::StrContains(part, '/'), all = stepped.first == "*",
               has_end = !all && absl::StrContains(stepped.first, '-');
    const std::optional<int> from = all ? field.first : ReadValue(field, range.first);
    const std::optional<int> to = has_end           ? ReadValue(field, range.second)
                                  : all || has_step ? field.last
                                                    : from;
    const std::optional<int> step = has_step ? ReadStep(field, stepped.second) : 1;
    if (!from || !to || !step) return {};
    if (&field == &kYear && *from > *to) {
      Problem(field.name, absl::StrCat("'", stepped.first, "' ends before it begins"));
      return {};
    }
    return Stepped(field, *from, *to, *step);
  }

  // A longer step never comes to a second value: who writes 0/90 means something else.
  std::optional<int> ReadStep(const Field& field, absl::string_view text) {
    const std::optional<int> step = Number(text, 1, field.last);
    if (!step) {
      Problem(field.name, absl::StrCat("the step '", text, "' is not one of 1-", field.last));
    }
    return step;
  }

  // A range that ends before it begins goes on from the field's least value: FRI-MON.
  static CronValues Stepped(const Field& field, int from, int to, int step) {
    const int size = field.last - field.first + 1;
    CronValues values;
    for (int value = from; value <= (from <= to ? to : to + size); value += step)
      values.set((value - field.first) % size);
    return values;
  }

  CronDays ReadMonthDays(absl::string_view text) {
    if (IsAmongOthers(kMonthDay, text, "LW")) return {};
    const absl::string_view whole = text;
    const bool weekday = absl::ConsumeSuffix(&text, "W");
    if (absl::ConsumePrefix(&text, "L")) {
      if (text.empty()) return LastDay{0, weekday};
      const std::optional<int> before =
          absl::ConsumePrefix(&text, "-") ? Number(text, 1, 30) : std::nullopt;
      if (!before) {
        Problem(kMonthDay.name, absl::StrCat("'", whole, "' is none of L, LW and L-1 to L-30"));
      }
      return LastDay{before.value_or(0), weekday};
    }
    if (weekday) return NearestWeekday{ReadValue(kMonthDay, text).value_or(1)};
    return MonthDays{ReadValues(kMonthDay, text)};
  }

  CronDays ReadWeekDays(absl::string_view text) {
    if (IsAmongOthers(kWeekDay, text, "L#")) return {};
    if (text == "L") return WeekDays{CronValues().set(kSaturday - kWeekDay.first)};
    const std::pair<absl::string_view, absl::string_view> counted =
        absl::StrSplit(text, absl::MaxSplits('#', 1));
    if (absl::StrContains(text, '#')) {
      const std::optional<int> nth = Number(counted.second, 1, 5);
      if (!nth) {
        Problem(kWeekDay.name, absl::StrCat("'", counted.second, "' behind # is not one of 1-5"));
      }
      return NthWeekDay{ReadValue(kWeekDay, counted.first).value_or(1), nth.value_or(1)};
    }
    if (absl::ConsumeSuffix(&text, "L")) return LastWeekDay{ReadValue(kWeekDay, text).value_or(1)};
    return WeekDays{ReadValues(kWeekDay, text)};
  }

  // Whether a list holds a part that must stand alone, which is a problem.
  bool IsAmongOthers(const Field& field, absl::string_view text, absl::string_view marks) {
    if (!absl::StrContains(text, ',')) return false;
    for (const absl::string_view part : absl::StrSplit(text, ',')) {
      if (part.find_first_of(marks) == absl::string_view::npos) continue;
      Problem(field.name, absl::StrCat("'", part, "' must stand alone, not in a list"));
      return true;
    }
    return false;
  }

  std::vector<std::string> problems_;
};

// Unix numbers days of the week from Sunday, 0, to Sunday, 7. Steps are not days.
std::string NamedDays(absl::string_view unix_days) {
  std::string named;
  char before = '\0';
  for (const char c : unix_days) {
    if (c >= '0' && c <= '7' && before != '/') {
      absl::StrAppend(&named, kDayNames[(c - '0') % 7]);
    } else {
      named.push_back(c);
    }
    before = c;
  }
  return named;
}

// What Unix's five fields are in Quartz's six. Unix runs where either day field holds; that has no
// counterpart.
std::optional<std::string> SixFields(const Texts& unix_fields) {
  std::string month_day(unix_fields[2]), week_day = NamedDays(unix_fields[4]);
  if (week_day == "*") {
    week_day = "?";
  } else if (month_day == "*") {
    month_day = "?";
  }
  const std::string six =
      absl::StrJoin({absl::string_view("0"), unix_fields[0], unix_fields[1],
                     absl::string_view(month_day), unix_fields[3], absl::string_view(week_day)},
                    " ");
  return ParseCron(six).ok() ? std::optional(six) : std::nullopt;
}

absl::Status WrongNumberOfFields(absl::string_view text, const Texts& fields) {
  const std::string message = absl::StrCat(
      "cron '", text, "' has ", fields.size(), fields.size() == 1 ? " field" : " fields",
      ", not 6 or 7: seconds minutes hours day-of-month month day-of-week [year]");
  if (fields.size() != 5) return Error(Reason::kScheduleInvalid, message);
  return Error(Reason::kScheduleInvalid, message,
               absl::StrCat("Put the seconds in front, always 0, and ? for one of the two days: `",
                            SixFields(fields).value_or("0 30 2 ? * MON-FRI"), "`."));
}

}  // namespace

absl::StatusOr<CronExpression> ParseCron(absl::string_view text) {
  const std::string capitals = absl::AsciiStrToUpper(text);
  const Texts fields = absl::StrSplit(capitals, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (fields.size() < 6 || fields.size() > 7) return WrongNumberOfFields(text, fields);
  Reader reader;
  CronExpression expression;
  expression.text = std::string(text);
  reader.ReadSeconds(fields[0]);
  expression.minutes = reader.ReadValues(kMinutes, fields[1]);
  expression.hours = reader.ReadValues(kHours, fields[2]);
  expression.days = reader.ReadDays(fields[3], fields[5]);
  expression.months = reader.ReadValues(kMonth, fields[4]);
  expression.years = reader.ReadValues(kYear, fields.size() == 7 ? fields[6] : "*");
  if (reader.problems().empty()) return expression;
  return Error(Reason::kScheduleInvalid,
               absl::StrCat("cron '", text, "': ", absl::StrJoin(reader.problems(), "; ")));
}

}  // namespace lockstitch::scheduler
