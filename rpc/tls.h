#ifndef LOCKSTITCH_RPC_TLS_H_
#define LOCKSTITCH_RPC_TLS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rpc/ticker.h"
#include "rpc/tls_files.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace lockstitch::rpc {

// Whether those who connect to a server must have a certificate, or may do without. One that an
// authority of the server's has not signed, or that has expired, is refused in either case.
enum class ClientCertificates { kRequired, kOptional };

// What a process proves itself and tests others by. The files are looked at every second: what they
// hold then goes for new connections, and those that there are live on. The log tells of a renewed
// certificate, and of files that can't be used; as long as that stays so, new connections fail.
class Tls {
 public:
  // Null where no files are given. Errors of CheckTlsFiles.
  static absl::StatusOr<std::unique_ptr<Tls>> Open(const TlsFiles& files);

  // For channels: the server's certificate must name the host that is called.
  std::shared_ptr<grpc::ChannelCredentials> ForChannels() const { return channels_; }

  // For a server. Files with a certificate of its own must have been given.
  std::shared_ptr<grpc::ServerCredentials> ForServer(ClientCertificates wanted) const;

 private:
  struct Provider;
  Tls(const TlsFiles& files, absl::Time expiry);

  // Looks at the files, and tells of what has changed.
  void LookAgain();

  const TlsFiles files_;
  std::shared_ptr<Provider> provider_;
  std::shared_ptr<grpc::ChannelCredentials> channels_;
  absl::StatusOr<absl::Time> last_;  // Of CheckTlsFiles. Of the ticker's thread.
  Ticker ticker_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TLS_H_
