#ifndef LOCKSTITCH_POSTGRES_COPY_FORMAT_H_
#define LOCKSTITCH_POSTGRES_COPY_FORMAT_H_

#include "absl/strings/string_view.h"

namespace lockstitch::postgres {

// PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"): signature, 32 bits of
// flags, 32 bits of extension length; then tuples; then a field count of -1.
inline constexpr absl::string_view kCopySignature("PGCOPY\n\377\r\n\0", 11);
inline constexpr absl::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
inline constexpr absl::string_view kCopyTrailer("\377\377", 2);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_COPY_FORMAT_H_
