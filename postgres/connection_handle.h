#ifndef LOCKSTITCH_POSTGRES_CONNECTION_HANDLE_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_HANDLE_H_

#include <postgresql/libpq-fe.h>

#include <memory>

namespace lockstitch::postgres {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;

// Every parameter that libpq knows, with its value; a keyword of null ends it.
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionList = std::unique_ptr<PQconninfoOption, FreeOptions>;

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_HANDLE_H_
