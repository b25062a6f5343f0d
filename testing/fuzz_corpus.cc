// Feeds a fuzz target with the inputs that are kept for it: corpus_test FOLDER.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int main(int argc, char** argv) {
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argc == 2 ? argv[1] : "")) {
    // Before it is fed, so that the last one named is the one that failed.
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    std::stringstream input;
    input << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    const std::string bytes = input.str();
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++inputs;
  }
  return inputs > 0 ? 0 : 1;
}
