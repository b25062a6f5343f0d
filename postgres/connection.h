#ifndef LOCKSTITCH_POSTGRES_CONNECTION_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/result.h"
#include "postgres/sqlstate.h"

struct pg_conn;

namespace lockstitch::postgres {

struct ConnectTrace;

// A session with a PostgreSQL server. Not thread-safe, but for what says otherwise. Every session
// speaks UTF-8, UTC, ISO dates and the shortest exact floats, finds nothing by search_path but
// pg_catalog, and fails rather than being filtered by row-level security; at a source its
// transactions are read-only. Errors carry a reason, never a secret.
class Connection {
 public:
  struct Options {
    v1::PostgresConnection server;  // Holds secrets.
    Side side = Side::kSource;      // Decides the reasons of errors.
    std::string application_name;   // What pg_stat_activity shows, at most 63 bytes.
    absl::Duration timeout =
        absl::Seconds(15);  // Until the session can be used; connect_timeout in the URL wins.
    // How long each answer may take: then the session is given up, CONNECTION_LOST. More than the
    // server's own statement_timeout, it is for a server that has fallen silent.
    absl::Duration patience = absl::InfiniteDuration();
    // More settings of the session, by name. Servers before 10 don't get them.
    std::vector<std::pair<std::string, std::string>> settings = {};
  };

  // A parameter of a statement, as text; nullopt is NULL.
  using Parameter = std::optional<std::string>;

  // One statement, with $1, $2 ...
  struct Statement {
    std::string sql;
    std::vector<Parameter> parameters = {};
    // Whether it is prepared when a session is asked again. What has parameters always is.
    bool lasting = false;
  };
  // One without parameters that names nothing of a user's.
  static Statement Lasting(absl::string_view sql) { return {std::string(sql), {}, true}; }

  // Reads the connection's files anew. `trace`, where one is given, tells how far it came.
  // CONNECTION_POOLED for a pooler that isn't said to keep sessions, of whose sessions nothing is
  // changed. Errors begin with the end that failed, "source: ", "destination: " or "catalog: ".
  static absl::StatusOr<Connection> Open(const Options& options, ConnectTrace* trace = nullptr);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs `sql`, which may hold several statements when it has no parameters; the last one's answer
  // comes back.
  absl::StatusOr<Result> Query(absl::string_view sql);
  // Runs the one statement `sql` with $1, $2 ... The server keeps its plan from the second time on.
  absl::StatusOr<Result> Query(absl::string_view sql, const std::vector<Parameter>& parameters);
  absl::StatusOr<Result> Query(Statement statement);
  // The same where nothing is to be read from the answer.
  absl::Status Execute(absl::string_view sql);
  absl::Status Execute(absl::string_view sql, const std::vector<Parameter>& parameters);
  // Runs the statements in their order, in one message, and answers what each one does. Those
  // behind one that fails don't run. Outside of a transaction they are one, unless they begin one.
  absl::StatusOr<std::vector<Result>> QueryAll(std::vector<Statement> statements);
  // Leaves `statement`, of which no answer is wanted, to be sent with the next one, and to run
  // before it. If it fails, the next one doesn't run and has failed so.
  void Defer(Statement statement);

  // The same with a limit to the server's answer: CONNECTION_LOST after it.
  absl::StatusOr<Result> QueryWithin(absl::Duration timeout, absl::string_view sql);
  absl::Status ExecuteWithin(absl::Duration timeout, absl::string_view sql);

  // Makes the session, which is in no transaction, as one that was just opened with `options`: no
  // statement of an earlier user, nor what it called, leaves anything behind. Statements stay
  // prepared. CONNECTION_LOST also where the server doesn't answer in time.
  absl::Status Renew(const Options& options);
  // Whether another may use the session: it waits for a statement outside of transactions, was
  // neither interrupted nor cancelled, no statement has failed, and no large row has made its
  // buffers grow.
  bool reusable() const;
  // Whether the server has said nothing unasked: what it says so is that it ends the session.
  bool silent() const;
  // Whether the other end has ended the session, or is known to be gone; it needn't be asked
  // anything for that. Not if Interrupt did. Safe from any thread while the connection lives.
  bool gone() const;
  // Forgets what was deferred and has not been sent.
  void DropDeferred();
  // Whether the server has the session in a transaction, be it a failed one.
  bool in_transaction() const;
  bool in_failed_transaction() const;
  // Whether a statement has failed: what the server allows, or the session's own settings, may not
  // be what a new session would find.
  bool failed() const;

  // The first value that `sql`, which is lasting, gives; nullopt if there is none, and where the
  // server refuses to tell, which counts for no failure of the session.
  std::optional<std::string> Ask(absl::string_view sql);

  // The same for what never changes at a server: the session asks it once.
  std::optional<std::string> AskOnce(absl::string_view sql);

  // For example 150018.
  int server_version() const;
  // Process number of the session's backend.
  int backend_pid() const;
  // Whether a pooler is in between: the backend is another one than was announced.
  bool pooled() const;

  // Sends `sql`, for whose end nobody waits: the server runs it also where the session is closed
  // meanwhile, unless its client_connection_check_interval is set. Of the session, which counts
  // until then, nothing else is to be had afterwards.
  void RunAndLeave(absl::string_view sql);

  // Asks the server to cancel what it runs for this session. Safe from any thread while the
  // connection lives.
  void CancelStatement();

  // Cancels what the server runs for this session and breaks the connection: a call in progress,
  // and every later one, answers CONNECTION_LOST. Safe from any thread while the connection lives.
  void Interrupt();

  // For the COPY classes of this folder: the session's handle, and its present error; and that what
  // it has received has made it grow for good.
  pg_conn* native() const;
  absl::Status NativeError() const;
  absl::StatusOr<Result> TakeResult();
  void SetGrown();

 private:
  Side side() const;
  static absl::StatusOr<Connection> Connected(const Options& options, ConnectTrace* trace);
  absl::Status FindBackend(const v1::PostgresConnection& server);
  Statement SetUp(const Options& options) const;
  // Within a pipeline. Prepares what is asked again: under the name that comes back, which has a
  // result of its own in front.
  absl::StatusOr<std::string> Send(const Statement& statement);
  // To the pipeline's end.
  absl::StatusOr<std::vector<Result>> TakeResults(const std::vector<Statement>& statements,
                                                  const std::vector<std::string>& chosen);
  absl::Status AwaitAnswer();
  struct Session;
  explicit Connection(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_H_
