// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/embedded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "plugins/cli/io.h"
#include "plugins/cli/rule_set_file.h"
#include "validator/base/status.h"

extern char** environ;

namespace assay::cli {
namespace {

constexpr int kReadyFd = 3;
// assayd's exit code for what its configuration or its flags say.
constexpr int kServerUsage = 2;
constexpr absl::Duration kStartTime = absl::Seconds(30);
constexpr absl::Duration kStopTime = absl::Seconds(3);
constexpr size_t kLogTailBytes = 2000;
// sun_path holds 108 bytes.
constexpr size_t kMaxFolderBytes = 80;

bool IsProgram(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

absl::StatusOr<std::string> FindAssayd() {
  const std::string given = Environment("ASSAYD");
  if (!given.empty()) {
    if (IsProgram(given)) return given;
    return absl::InvalidArgumentError(
        absl::StrCat("ASSAYD=", given, ": no such program"));
  }
  std::error_code error;
  const std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const std::string beside = (self.parent_path() / "assayd").string();
    if (IsProgram(beside)) return beside;
  }
  const std::string path = Environment("PATH");
  for (absl::string_view folder : absl::StrSplit(path, ':')) {
    const std::string program = absl::StrCat(folder, "/assayd");
    if (!folder.empty() && IsProgram(program)) return program;
  }
  return absl::InvalidArgumentError(
      "--embedded: assayd is neither beside this program nor on PATH; install "
      "it, or say where it is with ASSAYD=/path/to/assayd");
}

absl::StatusOr<std::string> MakeFolder() {
  std::string base = Environment("TMPDIR");
  if (base.empty() || base.size() > kMaxFolderBytes) base = "/tmp";
  std::string folder = absl::StrCat(base, "/assay-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--embedded needs a folder of its own: ", folder, ": ",
                     std::strerror(errno), " (TMPDIR says where)"));
  }
  return folder;
}

// The configuration holds passwords: nobody else may read it, not even for the
// moment before a chmod.
absl::Status WritePrivate(const std::string& path, const std::string& text) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  absl::Status status = WriteAll(fd, text);
  close(fd);
  return status;
}

absl::StatusOr<std::string> ConfigText(
    const std::vector<std::string>& connections) {
  ASSAY_ASSIGN_OR_RETURN(const TextMap map,
                         ParsePairs(connections, "--connection"));
  // JSON is YAML, and its quoting is beyond doubt.
  nlohmann::json config;
  config["connections"] = nlohmann::json::object();
  for (const auto& [name, odbc] : map) {
    config["connections"][name] = {{"odbc", odbc}};
  }
  return config.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void RemoveFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedServer>> EmbeddedServer::Start(
    const std::string& config, const std::vector<std::string>& connections,
    Interrupt& interrupt) {
  if (config.empty() && connections.empty()) {
    return absl::InvalidArgumentError(
        "--embedded needs a database: --connection "
        "NAME='Driver=SQLite3;Database=shop.db', or --config FILE");
  }
  if (!config.empty() && !connections.empty()) {
    return absl::InvalidArgumentError(
        "--config and --connection exclude each other");
  }
  std::string config_path = config;
  if (!config.empty()) {
    std::error_code error;
    config_path = std::filesystem::absolute(config, error).string();
    if (access(config_path.c_str(), R_OK) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--config ", config, ": ", std::strerror(errno)));
    }
  }
  std::string config_text;
  if (config.empty()) {
    ASSAY_ASSIGN_OR_RETURN(config_text, ConfigText(connections));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string program, FindAssayd());
  ASSAY_ASSIGN_OR_RETURN(std::string folder, MakeFolder());
  std::unique_ptr<EmbeddedServer> server(
      new EmbeddedServer(std::move(folder), interrupt));
  if (config.empty()) {
    config_path = absl::StrCat(server->folder_, "/assayd.yaml");
    ASSAY_RETURN_IF_ERROR(WritePrivate(config_path, config_text));
  }
  ASSAY_RETURN_IF_ERROR(server->Launch(program, config_path));
  // It is read: nothing of it stays where this command is killed.
  if (config.empty()) (void)unlink(config_path.c_str());
  return server;
}

EmbeddedServer::EmbeddedServer(std::string folder, Interrupt& interrupt)
    : folder_(std::move(folder)), interrupt_(interrupt) {
  interrupt_.SetOnSecond([this] {
    if (pid_ > 0) kill(pid_, SIGKILL);
    RemoveFolder(folder_);
  });
}

EmbeddedServer::~EmbeddedServer() {
  if (pid_ > 0 && !reaped_) {
    kill(pid_, SIGTERM);
    const absl::Time end = absl::Now() + kStopTime;
    // There is no waitpid with a time limit; the server ends within
    // milliseconds, so this is short.
    for (absl::Duration pause = absl::Milliseconds(1); !Died();
         pause = std::min(pause * 2, absl::Milliseconds(50))) {
      if (absl::Now() > end) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        break;
      }
      absl::SleepFor(pause);
    }
  }
  interrupt_.SetOnSecond(nullptr);
  RemoveFolder(folder_);
}

std::string EmbeddedServer::address() const {
  return absl::StrCat("unix:", folder_, "/socket");
}

bool EmbeddedServer::Died() {
  if (reaped_ || pid_ <= 0) return true;
  reaped_ = waitpid(pid_, nullptr, WNOHANG) != 0;
  return reaped_;
}

std::string EmbeddedServer::LogTail() const {
  absl::StatusOr<std::string> log =
      ReadInput(absl::StrCat(folder_, "/log"), 64 << 20);
  if (!log.ok()) return "";
  std::string out = *std::move(log);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  if (out.size() > kLogTailBytes) out = out.substr(out.size() - kLogTailBytes);
  return out;
}

absl::Status EmbeddedServer::Launch(const std::string& program,
                                    const std::string& config) {
  std::array<int, 2> ready{};
  if (pipe2(ready.data(), O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  const std::string log = absl::StrCat(folder_, "/log");
  const std::string store = absl::StrCat(folder_, "/runs.db");
  const std::string listen = address();
  std::array<std::string, 13> words{program,
                                    "--config",
                                    config,
                                    "--listen",
                                    listen,
                                    "--store",
                                    store,
                                    "--log-level",
                                    "warning",
                                    "--exit-with-parent",
                                    "--ready-fd",
                                    std::to_string(kReadyFd),
                                    ""};
  std::array<char*, 13> argv{};
  for (size_t i = 0; i + 1 < words.size(); ++i) argv[i] = words[i].data();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_adddup2(&actions, ready[1], kReadyFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Our blocked signals are not the server's; and in a group of its own it does
  // not get the terminal's Ctrl-C before we have cancelled the run.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t all;
  sigemptyset(&all);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    sigaddset(&all, number);
  }
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  // A pipe end that already has the number would keep close-on-exec.
  if (ready[1] == kReadyFd) fcntl(ready[1], F_SETFD, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes,
                                argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ready[1]);
  if (error != 0) {
    close(ready[0]);
    return absl::InternalError(
        absl::StrCat("cannot start ", program, ": ", std::strerror(error)));
  }
  pid_ = pid;
  absl::Status status = AwaitReady(ready[0]);
  close(ready[0]);
  if (status.ok() || absl::IsCancelled(status)) return status;
  const std::string tail = LogTail();
  const std::string message = absl::StrCat(
      program,
      " did not start: ", tail.empty() ? std::string(status.message()) : tail);
  // Mistakes of the configuration do not pass by themselves.
  int ended = 0;
  for (int i = 0; i < 100 && !reaped_; ++i) {
    if (i > 0) absl::SleepFor(absl::Milliseconds(10));
    reaped_ = waitpid(pid_, &ended, WNOHANG) == pid_;
  }
  if (reaped_ && WIFEXITED(ended) && WEXITSTATUS(ended) == kServerUsage) {
    return absl::InvalidArgumentError(message);
  }
  return absl::InternalError(message);
}

absl::Status EmbeddedServer::AwaitReady(int fd) {
  const absl::Time end = absl::Now() + kStartTime;
  while (absl::Now() < end) {
    if (interrupt_.signal() != 0) return absl::CancelledError("interrupted");
    pollfd poll_fd{fd, POLLIN, 0};
    // Short, so that a signal, which goes to another thread, is seen.
    if (poll(&poll_fd, 1, 100) <= 0) continue;
    char byte = 0;
    const ssize_t n = read(fd, &byte, 1);
    if (n > 0) return absl::OkStatus();
    if (n == 0 || errno != EINTR) {
      return absl::InternalError("it ended before it was ready");
    }
  }
  return absl::InternalError("it was not ready in time");
}

}  // namespace assay::cli
