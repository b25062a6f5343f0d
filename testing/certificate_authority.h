#ifndef LOCKSTITCH_TESTING_CERTIFICATE_AUTHORITY_H_
#define LOCKSTITCH_TESTING_CERTIFICATE_AUTHORITY_H_

#include <string>
#include <vector>

#include "testing/temporary_folder.h"

namespace lockstitch::testing {

// A certificate with its private key, both PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// An authority of a test's own, made by the openssl command. What fails here ends the test program.
class CertificateAuthority {
 public:
  CertificateAuthority();

  // Signs a certificate for a host or a user; valid from now for that many days, or until some ago.
  // It also names `others`, as openssl writes them: IP:127.0.0.1.
  KeyPair Issue(const std::string& name, int days = 1,
                const std::vector<std::string>& others = {}) const;

  // Its own certificate, and the file that holds it.
  std::string certificate() const;
  std::string certificate_file() const { return folder_.path() + "/authority.crt"; }

  // Writes a file for the test's user alone, which goes with the authority; answers its path.
  std::string File(const std::string& name, const std::string& content) const;

 private:
  TemporaryFolder folder_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_CERTIFICATE_AUTHORITY_H_
