#ifndef LOCKSTITCH_POSTGRES_DATABASE_LABEL_H_
#define LOCKSTITCH_POSTGRES_DATABASE_LABEL_H_

#include <string>

#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::postgres {

// Tells a database from others, whoever connects to it and how: hosts, ports and name, without
// secrets. Where the connection can't be read, as with files of another machine, what it is read
// from stands for it.
std::string DatabaseLabel(const v1::PostgresConnection& server);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_DATABASE_LABEL_H_
