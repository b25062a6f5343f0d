#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_SECRET_BOX_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_SECRET_BOX_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::scheduler {

// Encrypts what is kept at rest: AES-256-GCM, a nonce drawn for each text. Thread-safe.
class SecretBox {
 public:
  // Keys from a file that its owner alone may read: one a line, `NAME BASE64-OF-32-BYTES`; the
  // first encrypts, all decrypt, so that keys are rotated by putting a new one on top.
  // SECRET_KEYS_UNREADABLE.
  static absl::StatusOr<SecretBox> Open(const std::string& path);
  // Makes such a file with one key, where there is none.
  static absl::Status CreateFile(const std::string& path);

  // `context` is bound to it: what was sealed for one row doesn't open for another.
  std::string Seal(absl::string_view text, absl::string_view context) const;
  // SECRET_KEY_UNKNOWN if the key is none of the file's; INTERNAL_ERROR if it was altered.
  absl::StatusOr<std::string> Unseal(absl::string_view sealed, absl::string_view context) const;

 private:
  explicit SecretBox(std::string first, std::map<std::string, std::string> keys);

  std::string first_;
  std::map<std::string, std::string> keys_;  // By name.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_SECRET_BOX_H_
