#ifndef LOCKSTITCH_STATUS_ERRORS_PAGE_H_
#define LOCKSTITCH_STATUS_ERRORS_PAGE_H_

#include <string>

namespace lockstitch {

// docs/errors.md, made from the table of reasons.
std::string ErrorsPage();

}  // namespace lockstitch

#endif  // LOCKSTITCH_STATUS_ERRORS_PAGE_H_
