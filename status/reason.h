#ifndef LOCKSTITCH_STATUS_REASON_H_
#define LOCKSTITCH_STATUS_REASON_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace lockstitch {

// Why something a user can meet failed. One row each in the table of reason.cc, from which
// docs/errors.md is made.
enum class Reason {
  // The request and what it names.
  kUsageInvalid,
  kIntegrationInvalid,
  kIntegrationNotFound,
  kConnectionStringInvalid,
  kConnectionFileUnreadable,
  kStreamNotFound,
  kMethodNotAvailable,
  kSelectionInvalid,
  kColumnNotFound,
  kColumnUnsupported,
  kReplicationKeyUnfit,
  kReplicationKeyChanged,
  kBookmarkUnfit,
  kFilterInvalid,
  kScheduleInvalid,
  // Connections.
  kHostUnknown,
  kHostUnreachable,
  kAuthenticationFailed,
  kDatabaseNotFound,
  kTlsFailed,
  kTooManyConnections,
  kServerStarting,
  kConnectionFailed,
  kConnectionLost,
  kServerVersionUnsupported,
  kSessionNotWanted,
  kConnectionPooled,
  // The source.
  kSourcePermissionDenied,
  kSourceTableChanged,
  kSourceTableLocked,
  kSourceViewNotPopulated,
  kSourceConflict,
  kSourceChanged,
  kSourceQueryFailed,
  kSnapshotTooOld,
  kSnapshotLost,
  kSourceValueInvalid,
  kRowTooLarge,
  // The destination.
  kDestinationPermissionDenied,
  kDestinationTableNotOurs,
  kDestinationSchemaTaken,
  kDestinationTableLocked,
  kDestinationTableInUse,
  kDestinationConstraintViolated,
  kDestinationNameReserved,
  kDestinationNameInvalid,
  kDestinationNameCollision,
  kDestinationNamingChanged,
  kDestinationColumnsExceeded,
  kDestinationConflict,
  kDestinationFull,
  kDestinationReadOnly,
  kDestinationStateTooNew,
  kDestinationStateMissing,
  kDestinationWriteFailed,
  kValueRejected,
  kKeyNotUnique,
  kKeyHasNull,
  // The comparison of both.
  kStreamNotLoaded,
  kVerifyDifferent,
  // The scheduler and its catalog database.
  kIntegrationExists,
  kEtagMismatch,
  kIntegrationCheckFailed,
  kWebhookNotAccepted,
  kDataFolderInUse,
  kCatalogNotStarted,
  kJobNotFound,
  kJobNotRunning,
  kJobRunning,
  kLeadershipLost,
  kSecretKeysUnreadable,
  kSecretKeyUnknown,
  kCatalogUnsupported,
  kCatalogTooNew,
  kCatalogConflict,
  kCatalogWriteFailed,
  // The protocol.
  kSuperseded,
  kFenceReused,
  kLoadNotBegun,
  kLoadMismatch,
  kRunAborted,
  kRangeSuperseded,
  kBatchCorrupt,
  kProtocolViolated,
  // Who may call.
  kCredentialsMissing,
  kTokenInvalid,
  kCallNotAllowed,
  kRequestLimitExceeded,
  kTokenExists,
  kTokenNotFound,
  kTokenFileUnreadable,
  kTokenNeedsTls,
  // The services.
  kSlotsExhausted,
  kRunNotFound,
  kStopped,
  kJobTimeLimitExceeded,
  kShuttingDown,
  kPeerUnreachable,
  kPeerTooOld,
  kProgressStalled,
  kListenAddressRefused,
  kTlsFilesRefused,
  kPeerTlsFailed,
  kInternal,
};

// Who acts on a failure.
enum class Owner {
  kUser,    // Nothing changes until the user acts.
  kRetried  // Tried again without the user, within the bounds of ReasonInfo.
};

// What is said of a reason, and what is done about it.
struct ReasonInfo {
  Reason reason;
  absl::string_view code;   // UPPER_SNAKE, in every error, log, metric label and in docs/errors.md.
  absl::StatusCode status;  // The gRPC code it travels as.
  Owner owner;
  int attempts;               // Extractions in all, the first included; 1 where the user acts.
  absl::Duration total;       // Bound on the time in which no extraction is under way.
  absl::string_view meaning;  // What happened, in general.
  absl::string_view remedy;   // What to do, an imperative sentence.
};

// Every reason, in the order of the enum.
absl::Span<const ReasonInfo> AllReasons();

const ReasonInfo& InfoOf(Reason reason);

// An error for `reason`. `message` says what happened here, without secrets; `remedy` replaces the
// general one.
absl::Status Error(Reason reason, absl::string_view message, absl::string_view remedy = "");

// The same error with another message.
absl::Status WithMessage(const absl::Status& error, absl::string_view message);

// What an error means to a user. Errors made elsewhere are INTERNAL_ERROR.
struct Explanation {
  std::string reason;
  std::string message;
  std::string remedy;
};
Explanation Explain(const absl::Status& error);

// The reason that `status` was made for; nullopt for OK, for errors made elsewhere, and for codes
// of newer binaries.
std::optional<Reason> ReasonOf(const absl::Status& status);

// The reason with this code; nullopt for codes of newer binaries.
std::optional<Reason> ReasonForCode(absl::string_view code);

// Where an error's reason code and remedy are kept among its payloads; both are text.
inline constexpr absl::string_view kReasonPayload = "lockstitch/reason";
inline constexpr absl::string_view kRemedyPayload = "lockstitch/remedy";

// Where the error of a COPY keeps which of its rows it is about: a number from 1, as text.
inline constexpr absl::string_view kRowPayload = "lockstitch/row";

}  // namespace lockstitch

#endif  // LOCKSTITCH_STATUS_REASON_H_
