#include "status/reason.h"

#include <limits>

#include "absl/strings/cord.h"

namespace lockstitch {
namespace {

using Code = absl::StatusCode;
constexpr absl::Duration kNone = absl::ZeroDuration();
const absl::Duration kMinutes = absl::Minutes(5);
constexpr int kWithoutEnd = std::numeric_limits<int>::max();

const ReasonInfo kReasons[] = {
    {Reason::kUsageInvalid, "USAGE_INVALID", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "A flag, a file or a request field is missing or has a value that isn't allowed.",
     "Correct what the message names; --help tells what is allowed."},
    {Reason::kIntegrationInvalid, "INTEGRATION_INVALID", Code::kInvalidArgument, Owner::kUser, 1,
     kNone, "The integration has problems; the message lists all of them.",
     "Correct every problem listed and try again."},
    {Reason::kIntegrationNotFound, "INTEGRATION_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "Nothing is kept of an integration of that name: by the scheduler, or, where it was to be "
     "forgotten, by the destination.",
     "Choose one that `lockstitch integration list` tells, or one of those that the message names; "
     "nothing is to be done about one that was forgotten before."},
    {Reason::kConnectionStringInvalid, "CONNECTION_STRING_INVALID", Code::kInvalidArgument,
     Owner::kUser, 1, kNone,
     "A connection is described in a way that can't be understood, or that contradicts itself.",
     "Use postgres://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode special characters of the "
     "password."},
    {Reason::kConnectionFileUnreadable, "CONNECTION_FILE_UNREADABLE", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "A file that a connection names (URL, password, certificate, key) can't be read.",
     "Make the file on the machine where the service runs, readable for the service's user, and "
     "give its path."},
    {Reason::kStreamNotFound, "STREAM_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "A selected table or view does not exist at the source, or its user may not see it.",
     "Run `lockstitch discover --source URL` and choose from what it lists."},
    {Reason::kMethodNotAvailable, "METHOD_NOT_AVAILABLE", Code::kInvalidArgument, Owner::kUser, 1,
     kNone, "The replication method is not available for the stream.",
     "Choose method FULL_TABLE or INCREMENTAL."},
    {Reason::kSelectionInvalid, "SELECTION_INVALID", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "A stream's settings contradict each other or its table.",
     "Correct the stream's settings as the message says."},
    {Reason::kColumnNotFound, "COLUMN_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "A stream's settings name a column that its table does not have.",
     "Run `lockstitch discover --source URL --stream SCHEMA.TABLE` and choose from what it lists."},
    {Reason::kColumnUnsupported, "COLUMN_UNSUPPORTED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "A column has a type whose values can't be read.",
     "Leave the column out, or change its type."},
    {Reason::kReplicationKeyUnfit, "REPLICATION_KEY_UNFIT", Code::kInvalidArgument, Owner::kUser, 1,
     kNone, "A replication key is missing, or its type has no order that both databases share.",
     "Choose one of the keys that `lockstitch discover` lists for the stream, or FULL_TABLE."},
    {Reason::kReplicationKeyChanged, "REPLICATION_KEY_CHANGED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "The column that the stream has been read by is gone at the source, or has another type: the "
     "bookmark means nothing for what is there now. What was loaded stays.",
     "Put the column back as it was, choose another replication_key, or, if the column is there, "
     "reset the stream."},
    {Reason::kBookmarkUnfit, "BOOKMARK_UNFIT", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A bookmark was to be set from which the stream can't go on: the stream isn't incremental, "
     "the "
     "bookmark is no value of its replication key, or the stream has to be loaded first. Nothing "
     "was changed.",
     "Give a value as the replication key has it, or take set_bookmark out and let the next run "
     "load the stream."},
    {Reason::kFilterInvalid, "FILTER_INVALID", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "A row filter is not one SQL boolean expression over the stream's columns.",
     "Write a condition as it stands after WHERE, without subqueries; put what needs more into a "
     "view at the source."},
    {Reason::kScheduleInvalid, "SCHEDULE_INVALID", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "A schedule has problems; the message lists all of them.",
     "Correct every problem listed; `lockstitch schedule preview` shows what a schedule comes to."},

    {Reason::kHostUnknown, "HOST_UNKNOWN", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "The host name does not resolve.", "Check the host's spelling in the connection string."},
    {Reason::kHostUnreachable, "HOST_UNREACHABLE", Code::kUnavailable, Owner::kUser, 1, kNone,
     "Nothing answers at the host and port.",
     "Check host and port, that PostgreSQL runs there, and that firewalls let this machine "
     "through."},
    {Reason::kAuthenticationFailed, "AUTHENTICATION_FAILED", Code::kUnauthenticated, Owner::kUser,
     1, kNone, "The server refused user and password.",
     "Check user and password; for Heroku copy DATABASE_URL anew."},
    {Reason::kDatabaseNotFound, "DATABASE_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "The server has no database of that name.",
     "Check the database name in the connection string."},
    {Reason::kTlsFailed, "TLS_FAILED", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "No TLS connection came about, or the server demands one.",
     "Set sslmode in the connection string (require, verify-full with sslrootcert), or enable TLS "
     "at the server."},
    {Reason::kTooManyConnections, "TOO_MANY_CONNECTIONS", Code::kUnavailable, Owner::kRetried, 5,
     kMinutes, "The server has no connection left.",
     "Free connections, raise the limit, or let fewer streams run at once."},
    {Reason::kServerStarting, "SERVER_STARTING", Code::kUnavailable, Owner::kRetried, 5, kMinutes,
     "The server is starting up, shutting down or recovering.",
     "Wait until the server accepts connections."},
    {Reason::kConnectionFailed, "CONNECTION_FAILED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "The server refused the connection.", "Act on the server's message."},
    {Reason::kConnectionLost, "CONNECTION_LOST", Code::kUnavailable, Owner::kRetried, 8, kMinutes,
     "A database connection broke.", "Check the server's log if it goes on."},
    {Reason::kServerVersionUnsupported, "SERVER_VERSION_UNSUPPORTED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The server is older than what can be read or written.",
     "Upgrade: sources need 9.3, destinations 10."},
    {Reason::kSessionNotWanted, "SESSION_NOT_WANTED", Code::kUnavailable, Owner::kUser, 1, kNone,
     "No server is what the connection's target_session_attrs asks for.",
     "Name the right host, or leave target_session_attrs out."},
    {Reason::kConnectionPooled, "CONNECTION_POOLED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone,
     "A pooler is in between, and it isn't said to keep sessions, or doesn't: settings, locks and "
     "snapshots belong to one session.",
     "Connect to the server itself; or, if the pooler keeps sessions (pool_mode = session), set "
     "session_pooler: true in the connection."},

    {Reason::kSourcePermissionDenied, "SOURCE_PERMISSION_DENIED", Code::kPermissionDenied,
     Owner::kUser, 1, kNone, "The source's user may not read something.",
     "At the source: GRANT CONNECT ON DATABASE ..., GRANT USAGE ON SCHEMA ... and GRANT SELECT ON "
     "... to the user."},
    {Reason::kSourceTableChanged, "SOURCE_TABLE_CHANGED", Code::kAborted, Owner::kRetried, 5,
     kMinutes, "The table was rewritten, retyped or dropped while it was read.",
     "Run again once the change is through."},
    {Reason::kSourceTableLocked, "SOURCE_TABLE_LOCKED", Code::kAborted, Owner::kRetried, 3,
     kMinutes, "Another session kept the table locked at the source.",
     "End the session that holds the lock (pg_locks, pg_stat_activity) and run again."},
    {Reason::kSourceViewNotPopulated, "SOURCE_VIEW_NOT_POPULATED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "A materialized view of the source was never filled.",
     "At the source: REFRESH MATERIALIZED VIEW, then try again."},
    {Reason::kSourceConflict, "SOURCE_CONFLICT", Code::kAborted, Owner::kRetried, 5, kMinutes,
     "The source cancelled the read: a standby's recovery, or a deadlock.",
     "On a standby raise max_standby_streaming_delay or set hot_standby_feedback, if it goes on."},
    {Reason::kSourceChanged, "SOURCE_CHANGED", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "The stream's last load read another database, or a later state of this one.",
     "Check the source's connection string; use another integration name for another database, or "
     "sync --reset to "
     "accept it."},
    {Reason::kSourceQueryFailed, "SOURCE_QUERY_FAILED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "The source could not answer a query.", "Act on the server's message."},
    {Reason::kSnapshotTooOld, "SNAPSHOT_TOO_OLD", Code::kDeadlineExceeded, Owner::kUser, 1, kNone,
     "A run held its snapshot of the source for as long as it may; nothing of it is visible.",
     "Raise the extractor's --snapshot-age-limit, read the stream in more ranges, or look for what "
     "slows the load."},
    {Reason::kSnapshotLost, "SNAPSHOT_LOST", Code::kAborted, Owner::kRetried, 8, kMinutes,
     "The session that held the snapshot of the source ended, so that what was read under it is "
     "void.",
     "Check the source's log for why it ended if it goes on."},
    {Reason::kSourceValueInvalid, "SOURCE_VALUE_INVALID", Code::kInvalidArgument, Owner::kUser, 1,
     kNone,
     "The source holds a value that it can't give out: text with bytes that its encoding does "
     "not have, or an expression of a view that fails.",
     "Correct the value at the source, in the row that the message names where that can be told, "
     "or "
     "leave the column out."},
    {Reason::kRowTooLarge, "ROW_TOO_LARGE", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A row is larger than one COPY message can carry, which is 1 GB with all its columns.",
     "Leave a large column out, or filter the row out."},

    {Reason::kDestinationPermissionDenied, "DESTINATION_PERMISSION_DENIED", Code::kPermissionDenied,
     Owner::kUser, 1, kNone, "The destination's user may not create or write something.",
     "At the destination: GRANT CONNECT, CREATE ON DATABASE ... to the user; tables and a schema "
     "_lockstitch made by another user "
     "need that one."},
    {Reason::kDestinationTableNotOurs, "DESTINATION_TABLE_NOT_OURS", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "A table of that name is there that Lockstitch did not make. It was left alone.",
     "Use another integration name, or rename or drop the table."},
    {Reason::kDestinationSchemaTaken, "DESTINATION_SCHEMA_TAKEN", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The destination schema belongs to another integration.",
     "Use another integration name."},
    {Reason::kDestinationTableLocked, "DESTINATION_TABLE_LOCKED", Code::kUnavailable,
     Owner::kRetried, 2, kMinutes,
     "Another session kept the destination table locked; the old content stays.",
     "End the session that holds the lock (pg_locks, pg_stat_activity) and run again."},
    {Reason::kDestinationTableInUse, "DESTINATION_TABLE_IN_USE", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "What users have put on the destination table keeps a load from changing it; the old content "
     "stays.",
     "Drop what the message names, or build it on a copy."},
    {Reason::kDestinationConstraintViolated, "DESTINATION_CONSTRAINT_VIOLATED",
     Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "The rows violate a constraint that users have put on the destination table, or a foreign key "
     "that refers to it; the old content stays.",
     "Drop the constraint that the message names, or loosen it: a foreign key by ON DELETE, a "
     "unique "
     "constraint by DEFERRABLE INITIALLY DEFERRED."},
    {Reason::kDestinationNameReserved, "DESTINATION_NAME_RESERVED", Code::kInvalidArgument,
     Owner::kUser, 1, kNone,
     "A source name begins as names that Lockstitch makes: _sdc_ or "
     "_lockstitch.",
     "Leave the column or table out, or rename it; for _sdc_ names system columns none will do "
     "too."},
    {Reason::kDestinationNameInvalid, "DESTINATION_NAME_INVALID", Code::kInvalidArgument,
     Owner::kUser, 1, kNone,
     "A destination name would be empty, or longer than the 63 bytes that PostgreSQL keeps.",
     "Rename the table or column at the source, leave it out, or replicate it in an integration "
     "with other naming options."},
    {Reason::kDestinationNameCollision, "DESTINATION_NAME_COLLISION", Code::kInvalidArgument,
     Owner::kUser, 1, kNone,
     "Two tables, or two columns, would get the same name at the "
     "destination.",
     "Use naming include_schema_names, leave one of the two out, or replicate it in another "
     "integration."},
    {Reason::kDestinationNamingChanged, "DESTINATION_NAMING_CHANGED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "The naming options are not those that the integration's tables were made with.",
     "Take the options back, or use an integration of another name."},
    {Reason::kDestinationColumnsExceeded, "DESTINATION_COLUMNS_EXCEEDED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "The destination table would have more columns than PostgreSQL's 1,600. Columns that are kept "
     "though nothing is loaded into them count, and in a table that stays those that were dropped.",
     "Leave columns out (exclude_columns), or reset the stream: its new table has only what is "
     "loaded."},
    {Reason::kDestinationConflict, "DESTINATION_CONFLICT", Code::kUnavailable, Owner::kRetried, 5,
     kMinutes, "The destination cancelled a transaction: a deadlock, or a serialization failure.",
     "Look for other sessions that write to _lockstitch or to the destination table, if it goes "
     "on."},
    {Reason::kDestinationFull, "DESTINATION_FULL", Code::kResourceExhausted, Owner::kUser, 1, kNone,
     "The destination has no space left.",
     "Free or add disk space; a full load needs room for a second copy."},
    {Reason::kDestinationReadOnly, "DESTINATION_READ_ONLY", Code::kFailedPrecondition, Owner::kUser,
     1, kNone, "The destination takes no writes: a standby, or set read-only.",
     "Connect to the primary."},
    {Reason::kDestinationStateTooNew, "DESTINATION_STATE_TOO_NEW", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The destination's _lockstitch schema was made by a newer version.",
     "Use that version, or a newer one."},
    {Reason::kDestinationStateMissing, "DESTINATION_STATE_MISSING", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The destination does not know the stream that a call names.",
     "Run the integration again."},
    {Reason::kDestinationWriteFailed, "DESTINATION_WRITE_FAILED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The destination refused a statement.",
     "Act on the server's message."},
    {Reason::kValueRejected, "VALUE_REJECTED", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "The destination refused a value. Nothing of the run is visible.",
     "Correct the value at the source, in the row that the message names where that can be told, "
     "or "
     "leave the column out."},
    {Reason::kKeyNotUnique, "KEY_NOT_UNIQUE", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "Rows have the same key: that of a view, or a primary key that the source should not allow.",
     "For a view, choose key_columns that tell its rows apart. For a table, look for a corrupt "
     "index "
     "at the source: REINDEX it, mend the duplicates, run again."},
    {Reason::kKeyHasNull, "KEY_HAS_NULL", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A row has NULL in a column of its key.", "Choose key_columns that are never NULL, or none."},
    {Reason::kStreamNotLoaded, "STREAM_NOT_LOADED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone,
     "No load of the stream has been published yet, or none since its reset, so there is nothing "
     "to "
     "compare.",
     "Run `lockstitch sync` first; check the integration's name."},
    {Reason::kVerifyDifferent, "VERIFY_DIFFERENT", Code::kDataLoss, Owner::kUser, 1, kNone,
     "The destination does not hold what was read from the source.",
     "Look at the rows that are told; `sync --reset` loads the stream anew. Report it if nobody "
     "has "
     "written to the destination table."},

    {Reason::kIntegrationExists, "INTEGRATION_EXISTS", Code::kAlreadyExists, Owner::kUser, 1, kNone,
     "Another integration has the id, the uid or the destination schema.",
     "Choose another name, or update or delete the integration that is there."},
    {Reason::kEtagMismatch, "ETAG_MISMATCH", Code::kAborted, Owner::kUser, 1, kNone,
     "The integration was edited since it was read; nothing was changed.",
     "Read it again and repeat the edit on what is there now."},
    {Reason::kIntegrationCheckFailed, "INTEGRATION_CHECK_FAILED", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone,
     "A step of the check of the integration's connections failed; the message lists all that did. "
     "Nothing was saved.",
     "Mend what the steps tell and try again; to save it all the same, skip the checks."},
    {Reason::kWebhookNotAccepted, "WEBHOOK_NOT_ACCEPTED", Code::kUnavailable, Owner::kUser, 1,
     kNone,
     "The receiver of a webhook did not accept a notification within 30 s by an answer of 2xx. It "
     "is tried six times in all, within an hour and a half.",
     "Check the webhook's URL, its certificate, and what the receiver logs."},
    {Reason::kDataFolderInUse, "DATA_FOLDER_IN_USE", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "Another `lockstitch up` runs with the same data folder.",
     "Use the one that runs, stop it first, or choose another --data-dir."},
    {Reason::kCatalogNotStarted, "CATALOG_NOT_STARTED", Code::kUnavailable, Owner::kUser, 1, kNone,
     "The private catalog database of `lockstitch up` could not be started.",
     "Look into the log that the message names, install PostgreSQL 14 or newer, or give --catalog "
     "URL."},
    {Reason::kJobNotFound, "JOB_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "The integration has no such job, or has it no more: jobs are kept for a time.",
     "Choose one that `lockstitch jobs list` tells."},
    {Reason::kJobNotRunning, "JOB_NOT_RUNNING", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "No job of the integration is under way, or the one named has ended.",
     "Nothing: there is nothing to stop."},
    {Reason::kJobRunning, "JOB_RUNNING", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A job of the integration has not ended yet.",
     "Wait until it has ended, or stop it, and try again."},
    {Reason::kLeadershipLost, "LEADERSHIP_LOST", Code::kAborted, Owner::kUser, 1, kNone,
     "Another scheduler leads, or what was to be written was decided there; nothing was changed.",
     "Nothing: the scheduler that leads goes on with every job."},
    {Reason::kSecretKeysUnreadable, "SECRET_KEYS_UNREADABLE", Code::kFailedPrecondition,
     Owner::kUser, 1, kNone, "The file of keys that secrets are encrypted by can't be used.",
     "Make the file readable for the scheduler's user alone (mode 0600), each line a name and 32 "
     "bytes in base64."},
    {Reason::kSecretKeyUnknown, "SECRET_KEY_UNKNOWN", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "Secrets of an integration were encrypted by a key that is not in the file of keys.",
     "Put the key that the message names back into the file, on a line below the first, and start "
     "the scheduler again; or apply the integration's file with all of its passwords in it, or "
     "delete it with --abandon-destination."},
    {Reason::kCatalogUnsupported, "CATALOG_UNSUPPORTED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "The catalog database's server is older than PostgreSQL 14.",
     "Use PostgreSQL 14 or newer for the catalog database."},
    {Reason::kCatalogTooNew, "CATALOG_TOO_NEW", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "The catalog database's schema was made by a newer version.",
     "Use that version, or a newer one."},
    {Reason::kCatalogConflict, "CATALOG_CONFLICT", Code::kUnavailable, Owner::kRetried, 5, kMinutes,
     "The catalog database cancelled a statement: a deadlock, a lock that was not had in time, or "
     "one that took too long.",
     "Look for other sessions that keep locks in the catalog database (pg_locks), if it goes on."},
    {Reason::kCatalogWriteFailed, "CATALOG_WRITE_FAILED", Code::kFailedPrecondition, Owner::kUser,
     1, kNone, "The catalog database refused a statement.", "Act on the server's message."},

    {Reason::kSuperseded, "SUPERSEDED", Code::kAborted, Owner::kUser, 1, kNone,
     "A later run of the stream has begun; this one may write no more.",
     "Nothing: the later run's result holds."},
    {Reason::kFenceReused, "FENCE_REUSED", Code::kAborted, Owner::kUser, 1, kNone,
     "A second extraction came with the fence of a first one.",
     "Nothing: the first extraction goes on."},
    {Reason::kLoadNotBegun, "LOAD_NOT_BEGUN", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A range was sent for a load that was never opened.", "Report it: this is a defect."},
    {Reason::kLoadMismatch, "LOAD_MISMATCH", Code::kDataLoss, Owner::kRetried, 2, kMinutes,
     "What is durable differs from what was read, so nothing was published.",
     "Report it if it comes back."},
    {Reason::kRunAborted, "RUN_ABORTED", Code::kAborted, Owner::kUser, 1, kNone,
     "The run was ended by its owner.", "Run the integration again."},
    {Reason::kRangeSuperseded, "RANGE_SUPERSEDED", Code::kAborted, Owner::kUser, 1, kNone,
     "The range was opened again by a later call, whose chunks count.",
     "Nothing: the later call goes on."},
    {Reason::kBatchCorrupt, "BATCH_CORRUPT", Code::kDataLoss, Owner::kRetried, 2, kMinutes,
     "A batch's bytes differ from its checksum, or one is missing.", "Report it if it comes back."},
    {Reason::kProtocolViolated, "PROTOCOL_VIOLATED", Code::kInvalidArgument, Owner::kUser, 1, kNone,
     "A message came that the protocol does not allow there.",
     "Use services of matching versions."},

    {Reason::kCredentialsMissing, "CREDENTIALS_MISSING", Code::kUnauthenticated, Owner::kUser, 1,
     kNone, "A call from elsewhere shows neither a token nor a client certificate.",
     "Give a token with --token-file (LOCKSTITCH_TOKEN_FILE), or a certificate with --tls-cert and "
     "--tls-key; an admin makes tokens with `lockstitch token create`."},
    {Reason::kTokenInvalid, "TOKEN_INVALID", Code::kUnauthenticated, Owner::kUser, 1, kNone,
     "The call's token is not known, has expired, or was revoked.",
     "Have an admin make another one with `lockstitch token create`."},
    {Reason::kCallNotAllowed, "CALL_NOT_ALLOWED", Code::kPermissionDenied, Owner::kUser, 1, kNone,
     "Whoever made the call is known, and may not make it.",
     "Call with a certificate or a token that docs/access.md names for the method."},
    {Reason::kRequestLimitExceeded, "REQUEST_LIMIT_EXCEEDED", Code::kResourceExhausted,
     Owner::kUser, 1, kNone,
     "A token or a certificate made more requests than --requests-per-minute allows, or has more "
     "calls under way than --calls-at-once.",
     "Wait as long as the error says, or until other calls have ended, and make fewer, or raise "
     "the "
     "limit."},
    {Reason::kTokenExists, "TOKEN_EXISTS", Code::kAlreadyExists, Owner::kUser, 1, kNone,
     "There is a token of that name, or was one: names of tokens stay with what they did in the "
     "audit log. Or the certificate stands for another one.",
     "Choose another name, or revoke the one that the message names."},
    {Reason::kTokenNotFound, "TOKEN_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "There is no token of that name.", "Choose one that `lockstitch token list` tells."},
    {Reason::kTokenFileUnreadable, "TOKEN_FILE_UNREADABLE", Code::kFailedPrecondition, Owner::kUser,
     1, kNone, "A file with a token can't be read, or holds none.",
     "Put the token alone, as `lockstitch token create` prints it, into a file that its user may "
     "read."},
    {Reason::kTokenNeedsTls, "TOKEN_NEEDS_TLS", Code::kFailedPrecondition, Owner::kUser, 1, kNone,
     "A token would have been sent in plaintext to another machine.",
     "Give --tls-ca, the authority of the scheduler's certificate."},

    {Reason::kSlotsExhausted, "SLOTS_EXHAUSTED", Code::kResourceExhausted, Owner::kRetried,
     kWithoutEnd, absl::InfiniteDuration(), "All slots of the extractor are taken.",
     "Add extractors, or let fewer streams run at once."},
    {Reason::kRunNotFound, "RUN_NOT_FOUND", Code::kNotFound, Owner::kUser, 1, kNone,
     "The extractor knows no run of that id with that fence: it was started anew, or nobody has "
     "followed the run for its grace time.",
     "Nothing: the scheduler has the stream read anew."},
    {Reason::kStopped, "STOPPED", Code::kCancelled, Owner::kUser, 1, kNone, "The job was stopped.",
     "Run the integration again."},
    {Reason::kJobTimeLimitExceeded, "JOB_TIME_LIMIT_EXCEEDED", Code::kDeadlineExceeded,
     Owner::kUser, 1, kNone,
     "The job has run for as long as it may, and was stopped. What is durable by then stays.",
     "Raise the integration's job_time_limit, or have it read less: narrower selections, more "
     "ranges, INCREMENTAL streams."},
    {Reason::kShuttingDown, "SHUTTING_DOWN", Code::kUnavailable, Owner::kRetried, 10, kMinutes,
     "The service is shutting down.", "Run again once it is back."},
    {Reason::kPeerUnreachable, "PEER_UNREACHABLE", Code::kUnavailable, Owner::kRetried, 10,
     kMinutes, "Another service does not answer.",
     "Check that the service the message names runs and is reachable."},
    {Reason::kPeerTooOld, "PEER_TOO_OLD", Code::kUnimplemented, Owner::kUser, 1, kNone,
     "Another service is of an older version that does not know the call.",
     "Upgrade the service that the message names."},
    {Reason::kProgressStalled, "PROGRESS_STALLED", Code::kDeadlineExceeded, Owner::kRetried, 2,
     absl::Minutes(30), "Nothing moved for the whole progress deadline.",
     "Look for locks and stopped processes at both databases."},
    {Reason::kListenAddressRefused, "LISTEN_ADDRESS_REFUSED", Code::kInvalidArgument, Owner::kUser,
     1, kNone, "A service may not listen at that address, or can't.",
     "Give --tls-cert, --tls-key and --tls-ca (gRPC alone), listen at 127.0.0.1:PORT or unix:PATH, "
     "or permit plaintext by --plaintext."},
    {Reason::kTlsFilesRefused, "TLS_FILES_REFUSED", Code::kFailedPrecondition, Owner::kUser, 1,
     kNone, "A file of --tls-cert, --tls-key or --tls-ca can't be used.",
     "Check the file that the message names: PEM, readable by the process, the key that belongs to "
     "the certificate, and a certificate that is valid now."},
    {Reason::kPeerTlsFailed, "PEER_TLS_FAILED", Code::kUnavailable, Owner::kRetried, 10, kMinutes,
     "TLS with another service failed.",
     "Check that both ends have TLS or neither, that --tls-ca is of the authority that the other "
     "end's certificate comes from, that both certificates are valid now, and that the service's "
     "names the host it is called by."},
    {Reason::kInternal, "INTERNAL_ERROR", Code::kInternal, Owner::kUser, 1, kNone,
     "Something went wrong that should not have.", "Report it with the job's log."},
};

}  // namespace

absl::Span<const ReasonInfo> AllReasons() { return kReasons; }

const ReasonInfo& InfoOf(Reason reason) { return kReasons[static_cast<int>(reason)]; }

absl::Status Error(Reason reason, absl::string_view message, absl::string_view remedy) {
  const ReasonInfo& info = InfoOf(reason);
  absl::Status status(info.status, message);
  status.SetPayload(kReasonPayload, absl::Cord(info.code));
  status.SetPayload(kRemedyPayload, absl::Cord(remedy.empty() ? info.remedy : remedy));
  return status;
}

absl::Status WithMessage(const absl::Status& error, absl::string_view message) {
  absl::Status told(error.code(), message);
  error.ForEachPayload(
      [&](absl::string_view name, const absl::Cord& value) { told.SetPayload(name, value); });
  return told;
}

Explanation Explain(const absl::Status& error) {
  const ReasonInfo& unknown = InfoOf(Reason::kInternal);
  const auto reason = error.GetPayload(kReasonPayload);
  const auto remedy = error.GetPayload(kRemedyPayload);
  return {reason ? std::string(*reason) : std::string(unknown.code), std::string(error.message()),
          remedy ? std::string(*remedy) : std::string(unknown.remedy)};
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonPayload);
  return payload ? ReasonForCode(std::string(*payload)) : std::nullopt;
}

std::optional<Reason> ReasonForCode(absl::string_view code) {
  for (const ReasonInfo& info : kReasons) {
    if (code == info.code) return info.reason;
  }
  return std::nullopt;
}

}  // namespace lockstitch
