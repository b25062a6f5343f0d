#ifndef LOCKSTITCH_SCHEMA_STREAM_PATTERN_H_
#define LOCKSTITCH_SCHEMA_STREAM_PATTERN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// A pattern for names of tables: `schema.table` as in stream_name.h, in which * stands for any
// characters outside of double quotes. Without a dot the schema is public.
class StreamPattern {
 public:
  // A ! in front makes it one that takes away. USAGE_INVALID for anything that is no pattern.
  static absl::StatusOr<StreamPattern> Parse(absl::string_view text);

  bool Fits(const v1::TableName& table) const;
  bool takes_away() const { return takes_away_; }

 private:
  // What stands between the asterisks of one part of the name.
  using Pieces = std::vector<std::string>;

  StreamPattern(bool takes_away, Pieces schema, Pieces name)
      : takes_away_(takes_away), schema_(std::move(schema)), name_(std::move(name)) {}

  bool takes_away_;
  Pieces schema_;
  Pieces name_;
};

// Whether the last of the patterns that fit the table adds it. Where none fits, whether the first
// pattern takes away: it then takes away from everything.
bool Selects(const std::vector<StreamPattern>& patterns, const v1::TableName& table);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_STREAM_PATTERN_H_
