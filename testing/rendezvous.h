#ifndef LOCKSTITCH_TESTING_RENDEZVOUS_H_
#define LOCKSTITCH_TESTING_RENDEZVOUS_H_

#include <string>

#include "testing/temporary_folder.h"

namespace lockstitch::testing {

// A point at which a process waits for the test, through the failpoint action `wait:FIFO`.
class Rendezvous {
 public:
  Rendezvous();
  ~Rendezvous();
  Rendezvous(const Rendezvous&) = delete;

  // The failpoint's action.
  std::string action() const { return "wait:" + path_; }

  // Blocks until the process has come to the point.
  void AwaitArrival();

  // Lets it go on.
  void Release();

 private:
  TemporaryFolder folder_;
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_RENDEZVOUS_H_
