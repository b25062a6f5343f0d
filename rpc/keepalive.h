#ifndef LOCKSTITCH_RPC_KEEPALIVE_H_
#define LOCKSTITCH_RPC_KEEPALIVE_H_

namespace lockstitch::rpc {

// Both ends ping a silent connection and drop it when nothing answers.
inline constexpr int kKeepaliveTimeMs = 20'000;
inline constexpr int kKeepaliveTimeoutMs = 20'000;

// Larger than a batch and its frame, and than a catalog's response with the widest table.
inline constexpr int kMaxMessageBytes = 16 << 20;

// Calls of a connection at once; others wait at their client. More than the runs that an extractor
// has, or the ranges that it sends to one loader.
inline constexpr int kMaxConcurrentStreams = 1024;

// Trailers carry a status with its details.
inline constexpr int kMaxMetadataBytes = 64 << 10;

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_KEEPALIVE_H_
