#ifndef LOCKSTITCH_TESTS_OBSERVABILITY_EXPRESSION_H_
#define LOCKSTITCH_TESTS_OBSERVABILITY_EXPRESSION_H_

#include <set>
#include <string>
#include <vector>

namespace lockstitch::tests {

// Looks at PromQL that Prometheus has accepted. Not a parser: it tells tokens apart, no more.

// What the expression reads: each metric name with its matchers, without range or offset.
std::vector<std::string> Selectors(const std::string& expression);

// The labels that series are grouped and matched by: those of by, on and group_left.
std::set<std::string> GroupingLabels(const std::string& expression);

// The same with comparisons that answer 0 or 1 where they would drop series, and with group() in
// the place of absent(): so it has series whether or not there is trouble, if what it reads is
// there.
std::string WithoutFilters(const std::string& expression);

// The labels that a legend or an annotation names: {{label}} and {{ $labels.label }}.
std::set<std::string> TemplateLabels(const std::string& text);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_OBSERVABILITY_EXPRESSION_H_
