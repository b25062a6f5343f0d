#ifndef LOCKSTITCH_RPC_KEEPALIVE_H_
#define LOCKSTITCH_RPC_KEEPALIVE_H_

namespace lockstitch::rpc {

// Both ends ping a silent connection and drop it when nothing answers.
inline constexpr int kKeepaliveTimeMs = 20'000;
inline constexpr int kKeepaliveTimeoutMs = 20'000;

// Larger than a batch and its frame, and than a catalog's response with the widest table.
inline constexpr int kMaxMessageBytes = 16 << 20;

// Trailers carry a status with its details.
inline constexpr int kMaxMetadataBytes = 64 << 10;

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_KEEPALIVE_H_
