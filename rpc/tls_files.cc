#include "rpc/tls_files.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

struct Free {
  void operator()(BIO* file) const { BIO_free(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using File = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

absl::Status Refused(const std::string& path, absl::string_view why) {
  // What OpenSSL has to add is not for the next who asks it.
  ERR_clear_error();
  return Error(Reason::kTlsFilesRefused, absl::StrCat(path, " ", why));
}

absl::StatusOr<File> Open(const std::string& path) {
  errno = 0;
  File file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return Refused(path, absl::StrCat("can't be read: ", std::strerror(errno)));
  return file;
}

absl::StatusOr<Certificate> ReadCertificate(const std::string& path) {
  ASSIGN_OR_RETURN(const File file, Open(path));
  Certificate certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return Refused(path, "holds no certificate as PEM");
  return certificate;
}

absl::StatusOr<Key> ReadKey(const std::string& path) {
  ASSIGN_OR_RETURN(const File file, Open(path));
  // Of one that is encrypted nobody is asked for the password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(PEM_read_bio_PrivateKey(file.get(), nullptr, no_password, nullptr));
  if (key == nullptr) return Refused(path, "holds no private key as PEM, or an encrypted one");
  return key;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? absl::FromTimeT(timegm(&parts))
                                            : absl::InfinitePast();
}

}  // namespace

absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files) {
  RETURN_IF_ERROR(ReadCertificate(files.authority).status());
  if (files.certificate.empty()) return absl::InfiniteFuture();
  ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files.certificate));
  ASSIGN_OR_RETURN(const Key key, ReadKey(files.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Refused(files.key,
                   absl::StrCat("is not the key of the certificate in ", files.certificate));
  }
  const absl::Time now = absl::Now();
  const absl::Time begin = TimeOf(X509_get0_notBefore(certificate.get()));
  const absl::Time end = TimeOf(X509_get0_notAfter(certificate.get()));
  const auto text = [](absl::Time time) {
    return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
  };
  if (now < begin)
    return Refused(files.certificate, absl::StrCat("is not valid before ", text(begin)));
  if (now >= end) return Refused(files.certificate, absl::StrCat("expired at ", text(end)));
  return end;
}

}  // namespace lockstitch::rpc
