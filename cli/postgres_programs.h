#ifndef LOCKSTITCH_CLI_POSTGRES_PROGRAMS_H_
#define LOCKSTITCH_CLI_POSTGRES_PROGRAMS_H_

#include <string>

namespace lockstitch::cli {

// The major version of PostgreSQL whose initdb and postgres are in the folder; 0 where they aren't.
int PostgresVersion(const std::string& folder);

// The folder of the server of that version, or of the newest from 14 on where it is 0: one of
// Debian's, or else one in PATH. Empty if there is none.
std::string FindPostgres(int version);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_POSTGRES_PROGRAMS_H_
