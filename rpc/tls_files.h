#ifndef LOCKSTITCH_RPC_TLS_FILES_H_
#define LOCKSTITCH_RPC_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lockstitch::rpc {

// PEM files that a process proves itself and tests others by. None of them: no TLS.
struct TlsFiles {
  std::string authority;    // Certificates of the authorities that others' must come from.
  std::string certificate;  // Its own, then those between it and its authority. Empty: none.
  std::string key;          // Of its certificate, not encrypted.

  bool given() const { return !authority.empty(); }
};

// Whether they can be used, and until when: the end of the own certificate. TLS_FILES_REFUSED if
// one of them can't be read or holds nothing of its kind, if key and certificate don't belong
// together, or outside of the certificate's time.
absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TLS_FILES_H_
