#include "postgres/result.h"

#include <postgresql/libpq-fe.h>

#include "absl/strings/numbers.h"

namespace lockstitch::postgres {
namespace {

int64_t ToInt(absl::string_view text) {
  int64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

}  // namespace

Result::Result(pg_result* result) : result_(result) {}

void Result::Clear::operator()(pg_result* result) const { PQclear(result); }

int Result::rows() const { return PQntuples(result_.get()); }

int64_t Result::affected() const { return ToInt(PQcmdTuples(result_.get())); }

uint32_t Result::Type(int column) const { return PQftype(result_.get(), column); }

bool Result::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

absl::string_view Result::Text(int row, int column) const {
  return absl::string_view(PQgetvalue(result_.get(), row, column),
                           static_cast<size_t>(PQgetlength(result_.get(), row, column)));
}

std::optional<std::string> Result::Optional(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return String(row, column);
}

int64_t Result::Int(int row, int column) const { return ToInt(Text(row, column)); }

}  // namespace lockstitch::postgres
