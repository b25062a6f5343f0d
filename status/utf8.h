#ifndef LOCKSTITCH_STATUS_UTF8_H_
#define LOCKSTITCH_STATUS_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"

namespace lockstitch {

// The text with U+FFFD in the place of bytes that aren't UTF-8: servers say what they say before a
// session's encoding is set in one of their own. A message refuses to be read with such bytes.
std::string ValidUtf8(absl::string_view text);

}  // namespace lockstitch

#endif  // LOCKSTITCH_STATUS_UTF8_H_
