#ifndef LOCKSTITCH_TESTS_UPGRADE_GOLDEN_MESSAGES_H_
#define LOCKSTITCH_TESTS_UPGRADE_GOLDEN_MESSAGES_H_

#include <string>
#include <vector>

#include "testing/protocol_image.h"

namespace lockstitch::tests {

// A message as a protocol writes it. A file of them has three lines for each: the type, the text,
// and the bytes in hexadecimal; blank lines stand between, and lines that begin with # don't count.
struct GoldenMessage {
  std::string type;   // With its package.
  std::string text;   // As OneLine has it.
  std::string bytes;  // On the wire.
};

// A message as protobuf's text format, on one line.
std::string OneLine(const google::protobuf::Message& message);

// Every request and answer of a protocol's rpcs, one after the other so that all fields are set in
// one of them: small numbers and short texts, no two alike within a message, and of each
// enumeration the value declared last. A message has several where it, or one within it, holds one
// of several fields.
std::vector<GoldenMessage> MakeGoldenMessages(const testing::ProtocolImage& image);

std::vector<GoldenMessage> ReadGoldenMessages(const std::string& file);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_UPGRADE_GOLDEN_MESSAGES_H_
