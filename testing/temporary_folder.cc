#include "testing/temporary_folder.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>

namespace lockstitch::testing {

TemporaryFolder::TemporaryFolder() : path_("/tmp/lockstitch.XXXXXX") {
  if (mkdtemp(path_.data()) != nullptr) return;
  std::perror("mkdtemp");
  std::abort();
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

}  // namespace lockstitch::testing
