// SPDX-License-Identifier: Apache-2.0
#include "validator/server/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::server {
namespace {

// Those that are not ignored: sigwait would see an ignored signal that is
// blocked, and nohup would not work.
sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  return set;
}

}  // namespace

void TakeSignals(Parent parent) {
  std::signal(SIGPIPE, SIG_IGN);
  if (parent == Parent::kTakesUsAlong) std::signal(SIGINT, SIG_IGN);
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool FollowParent() {
  const pid_t before = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have ended before the kernel was asked.
  return getppid() == before;
}

int WaitForStop() {
  const sigset_t set = StopSignals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void StartStopWatchdog(absl::Duration longest) {
  std::thread([longest] {
    const sigset_t set = StopSignals();
    const timespec timeout = absl::ToTimespec(longest);
    int number = 0;
    do {
      number = sigtimedwait(&set, nullptr, &timeout);
    } while (number < 0 && errno == EINTR);
    if (number < 0) {
      LogError("the server did not end in time; ending it now");
      _exit(1);
    }
    LogWarning("second signal: ending at once");
    _exit(128 + number);
  }).detach();
}

absl::Status WriteReady(int fd, const std::string& line) {
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = write(fd, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       absl::StrCat("cannot write to --ready-fd ", fd, ": ",
                                    std::strerror(errno)));
    }
    left.remove_prefix(static_cast<size_t>(written));
  }
  if (fd > STDERR_FILENO) close(fd);
  return absl::OkStatus();
}

}  // namespace assay::server
