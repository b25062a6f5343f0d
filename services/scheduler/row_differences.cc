#include "services/scheduler/row_differences.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"

namespace lockstitch::scheduler {
namespace {

using Rows = std::vector<const v1::DescribedRow*>;

size_t KeyColumns(const v1::ChecksumRequest& request) {
  if (!request.key().empty()) return static_cast<size_t>(request.key_size());
  return request.has_compare_below() ? 1 : 0;
}

class Teller {
 public:
  explicit Teller(const v1::ChecksumRequest& request)
      : request_(request),
        key_columns_(static_cast<int>(KeyColumns(request))),
        values_(request.describe().shown_size() > key_columns_) {}

  // One of the rows may be missing.
  v1::RowDifference Tell(const v1::DescribedRow* source,
                         const v1::DescribedRow* destination) const {
    v1::RowDifference difference;
    difference.set_kind(source == nullptr        ? v1::ROW_DIFFERENCE_KIND_EXTRA
                        : destination == nullptr ? v1::ROW_DIFFERENCE_KIND_MISSING
                                                 : v1::ROW_DIFFERENCE_KIND_CHANGED);
    const v1::DescribedRow& one = source == nullptr ? *destination : *source;
    for (int i = 0; i < key_columns_; ++i) {
      v1::ColumnValue& value = *difference.add_key();
      value.set_column(NameOf(request_.describe().shown(i)));
      if (one.shown(i).has_text()) value.set_value(one.shown(i).text());
    }
    const bool changed = difference.kind() == v1::ROW_DIFFERENCE_KIND_CHANGED;
    for (int i = 0; i < request_.columns_size(); ++i) {
      if (changed ? source->columns(i) != destination->columns(i) : values_)
        AddColumn(i, source, destination, &difference);
    }
    return difference;
  }

 private:
  const std::string& NameOf(uint32_t place) const {
    return request_.columns(static_cast<int>(place)).source_column();
  }

  void AddColumn(int place, const v1::DescribedRow* source, const v1::DescribedRow* destination,
                 v1::RowDifference* difference) const {
    v1::ColumnDifference& column = *difference->add_columns();
    column.set_column(NameOf(static_cast<uint32_t>(place)));
    if (!values_) return;
    const int at = key_columns_ + place;
    if (source != nullptr && source->shown(at).has_text())
      column.set_source_value(source->shown(at).text());
    if (destination != nullptr && destination->shown(at).has_text())
      column.set_destination_value(destination->shown(at).text());
  }

  const v1::ChecksumRequest& request_;
  const int key_columns_;
  const bool values_;
};

// The rows of each key that the other end hasn't.
std::map<uint64_t, std::pair<Rows, Rows>> OddRows(
    const std::vector<v1::DescribedRow>& source, const std::vector<v1::DescribedRow>& destination) {
  std::map<uint64_t, std::pair<Rows, Rows>> keys;
  for (const v1::DescribedRow& row : source) keys[row.key()].first.push_back(&row);
  for (const v1::DescribedRow& row : destination) {
    auto& [here, there] = keys[row.key()];
    const auto same = std::find_if(here.begin(), here.end(), [&](const v1::DescribedRow* other) {
      return other->row() == row.row();
    });
    if (same == here.end()) {
      there.push_back(&row);
    } else {
      here.erase(same);
    }
  }
  return keys;
}

bool IsNumber(const v1::ColumnMapping& column) {
  static const std::set<std::string> types = {"int2",    "int4",   "int8",
                                              "numeric", "float4", "float8"};
  return !column.wire_array() && types.count(column.wire_type()) > 0;
}

// What keys are sorted by: a number by its value, NaN last; everything else, and numbers that a
// double can't tell apart, by the text.
using SortKey = std::vector<std::pair<double, std::string>>;
SortKey SortKeyOf(const v1::ChecksumRequest& request, const v1::RowDifference& difference) {
  SortKey key;
  for (int i = 0; i < difference.key_size(); ++i) {
    const auto place = static_cast<int>(request.describe().shown(i));
    const std::string& text = difference.key(i).value();
    double number = 0;
    if (IsNumber(request.columns(place)) && (!absl::SimpleAtod(text, &number) || number != number))
      number = std::numeric_limits<double>::infinity();
    key.emplace_back(number, text);
  }
  return key;
}

}  // namespace

std::vector<uint32_t> ShownColumns(const v1::ChecksumRequest& request, bool show_values) {
  std::vector<uint32_t> shown(request.key().begin(), request.key().end());
  if (shown.empty() && request.has_compare_below())
    shown.push_back(request.compare_below().column());
  for (int i = 0; show_values && i < request.columns_size(); ++i)
    shown.push_back(static_cast<uint32_t>(i));
  return shown;
}

std::vector<v1::RowDifference> TellDifferences(const v1::ChecksumRequest& request,
                                               const std::vector<v1::DescribedRow>& source,
                                               const std::vector<v1::DescribedRow>& destination,
                                               size_t most) {
  const Teller teller(request);
  std::vector<v1::RowDifference> differences;
  for (const auto& [key, odd] : OddRows(source, destination)) {
    const auto& [here, there] = odd;
    for (size_t i = 0; i < std::max(here.size(), there.size()); ++i) {
      differences.push_back(
          teller.Tell(i < here.size() ? here[i] : nullptr, i < there.size() ? there[i] : nullptr));
    }
  }
  std::stable_sort(differences.begin(), differences.end(), [&](const auto& a, const auto& b) {
    return SortKeyOf(request, a) < SortKeyOf(request, b);
  });
  if (differences.size() > most) differences.resize(most);
  return differences;
}

}  // namespace lockstitch::scheduler
