// SPDX-License-Identifier: Apache-2.0
#include "validator/server/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::server {
namespace {

// Those that are not ignored: sigwait would see an ignored signal that is
// blocked.
sigset_t Heeded(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  return set;
}

}  // namespace

void TakeSignals(Parent parent) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const bool along = parent == Parent::kTakesUsAlong;
  if (along) (void)std::signal(SIGINT, SIG_IGN);
  // Under nohup too: to reload is no end.
  (void)std::signal(SIGHUP, along ? SIG_IGN : SIG_DFL);
  const sigset_t set = Heeded({SIGTERM, SIGINT, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool FollowParent() {
  const pid_t before = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have ended before the kernel was asked.
  return getppid() == before;
}

int WaitForSignal() {
  const sigset_t set = Heeded({SIGTERM, SIGINT, SIGHUP});
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void StartStopWatchdog(absl::Duration longest) {
  std::thread([longest] {
    const sigset_t set = Heeded({SIGTERM, SIGINT});
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

void TellServiceManager(ServiceState state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  const std::string_view name = path;
  if (name.empty() || name.size() >= sizeof(to.sun_path)) return;
  name.copy(to.sun_path, name.size());
  // An abstract socket begins with a NUL, which environments cannot hold.
  if (name.front() == '@') to.sun_path[0] = '\0';
  std::string text = "READY=1";
  if (state == ServiceState::kStopping) text = "STOPPING=1";
  if (state == ServiceState::kReloading) {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    text = absl::StrCat(
        "RELOADING=1\nMONOTONIC_USEC=",
        absl::ToInt64Microseconds(absl::DurationFromTimespec(now)));
  }
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (sendto(fd, text.data(), text.size(), MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&to), size) < 0) {
    LogWarning(absl::StrCat("cannot tell the service manager: ",
                            std::strerror(errno)));
  }
  close(fd);
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
