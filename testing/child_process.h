#ifndef LOCKSTITCH_TESTING_CHILD_PROCESS_H_
#define LOCKSTITCH_TESTING_CHILD_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace lockstitch::testing {

// A program that a test started. Its output is kept. Killed, with what it started, when the object
// goes or the test dies.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  // Added to the test's own.
    std::string user;      // To run as, where the test is root. Empty: as the test.
    int death_signal = 9;  // Sent to it when that thread ends.
  };

  explicit ChildProcess(const Options& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;

  // Blocks until a line of stdout or stderr holds `text` and answers that line; empty if the
  // process ended without it.
  std::string WaitForLine(const std::string& text);

  // Sends a signal.
  void Signal(int signal);

  // Whether it has ended, without waiting.
  bool Ended();

  // Blocks until it has ended: its exit status, or 128 + the signal that ended it.
  int Wait();

  // Signal(SIGKILL) and Wait().
  void Kill();

  // Everything it has printed so far on each.
  std::string stdout_text() const;
  std::string stderr_text() const;

  pid_t pid() const { return pid_; }

 private:
  struct Pipe {
    int descriptor = -1;
    std::string text;
    bool closed = false;
  };

  void Collect(Pipe* pipe);
  bool Reap(int options);
  bool FindLine(const Pipe& pipe, const std::string& text, std::string* line) const;

  pid_t pid_ = -1;
  int status_ = -1;
  mutable absl::Mutex mutex_;
  Pipe out_, err_;
  std::vector<std::thread> collectors_;
};

// Runs a command to its end: its exit status and what it printed.
struct CommandResult {
  int status = 0;
  std::string out;
  std::string err;
};
CommandResult RunCommand(const ChildProcess::Options& options);

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_CHILD_PROCESS_H_
