#ifndef LOCKSTITCH_TESTING_TEMPORARY_FOLDER_H_
#define LOCKSTITCH_TESTING_TEMPORARY_FOLDER_H_

#include <string>

namespace lockstitch::testing {

// A folder of a test's own that goes with it, contents and all. Whoever fails to make it ends the
// test program.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;

  // Short, since a Unix socket's path has 107 bytes at most.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_TEMPORARY_FOLDER_H_
