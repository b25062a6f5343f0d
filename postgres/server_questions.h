#ifndef LOCKSTITCH_POSTGRES_SERVER_QUESTIONS_H_
#define LOCKSTITCH_POSTGRES_SERVER_QUESTIONS_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "postgres/connection.h"
#include "postgres/connection_check.h"

namespace lockstitch::postgres {

// What a source and a destination are asked alike.

// `version`: fails for servers older than `oldest`, for example 90300, named `oldest_name`.
CheckQuestion VersionQuestion(int oldest, absl::string_view oldest_name);

// `role`: primary or standby; passes for both.
CheckQuestion RoleQuestion();

// `pooler`: whether the session is the server's own. One that is said to keep sessions fails with
// CONNECTION_POOLED if it gives transactions of two sessions the same backend, or those of one
// session different ones; else it is taken for one in session mode, a warning. Opens a second
// connection with `options` if there is a pooler.
CheckQuestion PoolerQuestion(const Connection::Options& options);

// `connections`: how many more the server, the database's and the role's limits allow; a warning
// for fewer than the connection's max_connections.
CheckQuestion ConnectionsQuestion(const v1::PostgresConnection& server);

// `clock`: how far the server's clock is from this machine's; a warning above five seconds.
CheckQuestion ClockQuestion();

// The answer to the last for a server that is `ahead`, measured with an uncertainty of half the
// round trip.
CheckAnswer ClockAnswer(absl::Duration ahead, absl::Duration round_trip);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_SERVER_QUESTIONS_H_
