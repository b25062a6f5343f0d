#include "schema/stream_name.h"
#include "schema/stream_pattern.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::schema {
namespace {

using testing::Require;

bool Same(const v1::TableName& a, const v1::TableName& b) {
  return a.schema() == b.schema() && a.name() == b.name();
}

// The input is a name, and the two parts of one.
FUZZ_TARGET(input) {
  const auto parsed = ParseStreamName(input);
  if (parsed.ok()) {
    const auto again = ParseStreamName(StreamName(*parsed));
    Require(again.ok() && Same(*again, *parsed), "a name comes back");
  } else {
    Require(ReasonOf(parsed.status()) == Reason::kUsageInvalid, "a reason");
  }

  v1::TableName table;
  table.set_schema(std::string(testing::TakeLine(&input)));
  table.set_name(std::string(input));
  if (table.schema().empty() || table.name().empty()) return;
  const std::string name = StreamName(table);
  const auto back = ParseStreamName(name);
  Require(back.ok() && Same(*back, table), "any table has a name that comes back");

  const auto pattern = StreamPattern::Parse(name);
  Require(pattern.ok() && !pattern->takes_away(), "a name is a pattern");
  Require(pattern->Fits(table), "it fits the table");
  table.set_name(table.name() + "x");
  Require(!pattern->Fits(table), "it fits no other table");
}

}  // namespace
}  // namespace lockstitch::schema
