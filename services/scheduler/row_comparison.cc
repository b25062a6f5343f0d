#include "services/scheduler/row_comparison.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/types/span.h"

namespace lockstitch::scheduler {
namespace {

using Rows = absl::Span<const ListedRow>;

bool IsBefore(const ListedRow& a, const ListedRow& b) {
  return std::tie(a.key, a.row) < std::tie(b.key, b.row);
}

// Takes the rows of `key` away from the front of `rows`.
Rows TakeKey(uint64_t key, Rows* rows) {
  size_t taken = 0;
  while (taken < rows->size() && (*rows)[taken].key == key) ++taken;
  const Rows of_key = rows->first(taken);
  rows->remove_prefix(taken);
  return of_key;
}

// The rows of `a` that `b` hasn't; of equal rows, those that `b` has fewer of.
std::vector<ListedRow> Without(Rows a, Rows b) {
  std::vector<ListedRow> left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left), IsBefore);
  return left;
}

void ClassKey(Rows source, Rows destination, bool in_part, size_t most_keys, RowClasses* classes) {
  const auto is_same = [](const ListedRow& a, const ListedRow& b) { return a.row == b.row; };
  if (std::equal(source.begin(), source.end(), destination.begin(), destination.end(), is_same))
    return;
  const std::vector<ListedRow> missing = Without(source, destination);
  const std::vector<ListedRow> extra = Without(destination, source);
  const auto rows = static_cast<int64_t>(std::max(missing.size(), extra.size()));
  const auto can_be_compared = [](const ListedRow& row) {
    return row.place == v1::ROW_PLACE_UNSPECIFIED;
  };
  if (in_part && source.empty()) {
    classes->deleted_at_source += rows;
  } else if (in_part && !missing.empty() &&
             std::none_of(missing.begin(), missing.end(), can_be_compared)) {
    (destination.empty() ? classes->not_yet_loaded : classes->changed_since_load) += rows;
  } else {
    classes->different += rows;
    const uint64_t key = missing.empty() ? extra.front().key : missing.front().key;
    if (classes->different_keys.size() < most_keys) classes->different_keys.push_back(key);
  }
}

}  // namespace

bool SameRows(const v1::RowSums& source, const v1::RowSums& destination) {
  return source.rows() == destination.rows() && source.row_sum() == destination.row_sum();
}

std::vector<std::vector<uint32_t>> PlanRounds(const v1::RowSums& source,
                                              const v1::RowSums& destination, uint64_t most) {
  std::vector<std::vector<uint32_t>> rounds;
  uint64_t rows = 0;
  for (int bucket = 0; bucket < source.bucket_sums_size(); ++bucket) {
    if (source.bucket_sums(bucket) == destination.bucket_sums(bucket) &&
        source.bucket_rows(bucket) == destination.bucket_rows(bucket))
      continue;
    const uint64_t more = std::max(source.bucket_rows(bucket), destination.bucket_rows(bucket));
    if (rounds.empty() || rows + more > most) {
      rounds.emplace_back();
      rows = 0;
    }
    rounds.back().push_back(static_cast<uint32_t>(bucket));
    rows += more;
  }
  return rounds;
}

RowClasses ClassRows(std::vector<ListedRow> source, std::vector<ListedRow> destination,
                     bool in_part, size_t most_keys) {
  std::sort(source.begin(), source.end(), IsBefore);
  std::sort(destination.begin(), destination.end(), IsBefore);
  RowClasses classes;
  Rows source_left = source, destination_left = destination;
  while (!source_left.empty() || !destination_left.empty()) {
    const uint64_t key = destination_left.empty() ? source_left[0].key
                         : source_left.empty()
                             ? destination_left[0].key
                             : std::min(source_left[0].key, destination_left[0].key);
    const Rows of_source = TakeKey(key, &source_left);
    const Rows of_destination = TakeKey(key, &destination_left);
    ClassKey(of_source, of_destination, in_part, most_keys, &classes);
  }
  return classes;
}

}  // namespace lockstitch::scheduler
