// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/io.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "validator/base/issue.h"
#include "validator/report/display.h"

namespace assay::cli {
namespace {

absl::Status FileError(const std::string& path, int error) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", std::strerror(error)));
}

absl::StatusOr<std::string> ReadDescriptor(int fd, const std::string& name,
                                           size_t limit) {
  std::string out;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name, errno);
    if (n == 0) return out;
    out.append(buffer.data(), static_cast<size_t>(n));
    if (out.size() > limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": larger than ", limit >> 20, " MiB"));
    }
  }
}

absl::Status Missing(const std::string& path) {
  std::string hint;
  for (const std::string& name : SimilarFiles(path)) {
    absl::StrAppend(&hint, hint.empty() ? "\n  Did you mean " : ", ", name);
  }
  if (!hint.empty()) hint.push_back('?');
  return absl::InvalidArgumentError(absl::StrCat(path, ": no such file", hint));
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path, size_t limit) {
  if (path == "-") {
    if (IsTerminal(STDIN_FILENO)) {
      Complain("reading standard input; end it with Ctrl-D");
    }
    return ReadDescriptor(STDIN_FILENO, "standard input", limit);
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? Missing(path) : FileError(path, errno);
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is a directory; name the file in it, e.g. ", path,
        path.empty() || path.back() != '/' ? "/" : "", "rules.yaml"));
  }
  absl::StatusOr<std::string> out = ReadDescriptor(fd, path, limit);
  close(fd);
  return out;
}

absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is a directory; name a file"));
    }
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return FileError(path, errno);
    absl::Status status = WriteAll(fd, content);
    close(fd);
    return status;
  }
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(path, errno);
  absl::Status status = WriteAll(fd, content);
  if (close(fd) != 0 && status.ok()) status = FileError(path, errno);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = FileError(path, errno);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) return absl::OkStatus();
    if (n < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot write: ", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status Print(std::string_view text) {
  return WriteAll(STDOUT_FILENO, text);
}

void PrintError(std::string_view text) {
  // There is nowhere left to say that this failed.
  WriteAll(STDERR_FILENO, text).IgnoreError();
}

void Complain(std::string_view message) {
  std::string out = "assay: ";
  while (!message.empty()) {
    const size_t end = message.find('\n');
    absl::StrAppend(&out, report::Escape(message.substr(0, end)), "\n");
    if (end == std::string_view::npos) break;
    message.remove_prefix(end + 1);
  }
  PrintError(out);
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool CanRedraw(int fd) {
  return IsTerminal(fd) && Environment("TERM") != "dumb";
}

size_t TerminalWidth(int fd) {
  struct winsize size {};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool WantColor(std::string_view mode, int fd) {
  if (mode == "always") return true;
  if (mode == "never") return false;
  return CanRedraw(fd) && Environment("NO_COLOR").empty();
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> SimilarFiles(const std::string& path) {
  const std::filesystem::path given(path);
  const std::filesystem::path folder =
      given.has_parent_path() ? given.parent_path() : ".";
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  // A hint is not worth reading a huge folder to its end.
  for (int i = 0;
       !error && it != std::filesystem::directory_iterator() && i < 1000;
       ++i, it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  const std::string nearest = NearestName(given.filename().string(), names);
  if (nearest.empty()) return {};
  return {given.has_parent_path() ? (given.parent_path() / nearest).string()
                                  : nearest};
}

}  // namespace assay::cli
