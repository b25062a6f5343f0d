// Prints golden messages of the protocol in the image given, as tests/upgrade/README.md tells.

#include <iostream>

#include "absl/strings/escaping.h"
#include "tests/upgrade/golden_messages.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: print_golden_messages IMAGE\n";
    return 2;
  }
  const lockstitch::testing::ProtocolImage image(argv[1]);
  std::cout << "# Messages of every rpc; made by print_golden_messages.\n";
  for (const auto& message : lockstitch::tests::MakeGoldenMessages(image)) {
    std::cout << "\n"
              << message.type << "\n"
              << message.text << "\n"
              << absl::BytesToHexString(message.bytes) << "\n";
  }
}
