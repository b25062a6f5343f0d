#include "testing/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace lockstitch::testing {
namespace {

// In the child, between fork and exec. Root starts nothing as root that refuses it.
[[noreturn]] void Become(const ChildProcess::Options& options, const passwd* user, int out,
                         int err) {
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (user != nullptr && (initgroups(user->pw_name, user->pw_gid) != 0 ||
                          setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, options.death_signal);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : options.command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const Options& options) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) std::abort();
  const passwd* user =
      options.user.empty() || geteuid() != 0 ? nullptr : getpwnam(options.user.c_str());
  pid_ = fork();
  if (pid_ == 0) Become(options, user, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  out_.descriptor = out[0];
  err_.descriptor = err[0];
  for (Pipe* pipe : {&out_, &err_}) collectors_.emplace_back([this, pipe] { Collect(pipe); });
}

ChildProcess::~ChildProcess() {
  if (status_ < 0) Kill();
  for (std::thread& collector : collectors_) collector.join();
  close(out_.descriptor);
  close(err_.descriptor);
}

void ChildProcess::Collect(Pipe* pipe) {
  char buffer[4096];
  ssize_t length;
  while ((length = read(pipe->descriptor, buffer, sizeof(buffer))) > 0) {
    absl::MutexLock lock(&mutex_);
    pipe->text.append(buffer, static_cast<size_t>(length));
  }
  absl::MutexLock lock(&mutex_);
  pipe->closed = true;
}

bool ChildProcess::FindLine(const Pipe& pipe, const std::string& text, std::string* line) const {
  const size_t found = pipe.text.find(text);
  const size_t end = found == std::string::npos ? found : pipe.text.find('\n', found);
  if (end == std::string::npos) return false;
  const size_t begin = pipe.text.rfind('\n', found);
  const size_t first = begin == std::string::npos ? 0 : begin + 1;
  *line = pipe.text.substr(first, end - first);
  return true;
}

std::string ChildProcess::WaitForLine(const std::string& text) {
  std::string line;
  const auto decided = [&] {
    return FindLine(out_, text, &line) || FindLine(err_, text, &line) ||
           (out_.closed && err_.closed);
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&decided));
  return line;
}

void ChildProcess::Signal(int signal) { kill(pid_, signal); }

bool ChildProcess::Reap(int options) {
  int status = 0;
  if (status_ < 0 && waitpid(pid_, &status, options) == pid_)
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_ >= 0;
}

bool ChildProcess::Ended() { return Reap(WNOHANG); }

int ChildProcess::Wait() {
  Reap(0);
  return status_;
}

void ChildProcess::Kill() {
  kill(-pid_, SIGKILL);
  Wait();
}

std::string ChildProcess::stdout_text() const {
  absl::MutexLock lock(&mutex_);
  return out_.text;
}

std::string ChildProcess::stderr_text() const {
  absl::MutexLock lock(&mutex_);
  return err_.text;
}

CommandResult RunCommand(const ChildProcess::Options& options) {
  CommandResult result;
  ChildProcess process(options);
  // Its pipes close when it ends.
  process.WaitForLine(std::string("\0no line holds this\n", 20));
  result.status = process.Wait();
  result.out = process.stdout_text();
  result.err = process.stderr_text();
  return result;
}

}  // namespace lockstitch::testing
