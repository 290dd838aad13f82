// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/differences.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "plugins/cli/io.h"
#include "validator/base/state_paths.h"
#include "validator/base/status.h"

namespace assay::cli {
namespace {

constexpr int kPageSize = 10000;

absl::Status FileError(const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", std::strerror(errno)));
}

// Hands the lines over page by page, until `sink` returns false.
absl::Status ReadPages(
    Client& client, const std::string& run_id, const std::string& rule_id,
    const std::function<absl::StatusOr<bool>(const std::string&)>& sink) {
  v1::ListDifferencesRequest request;
  request.set_run_id(run_id);
  request.set_rule_id(rule_id);
  request.set_page_size(kPageSize);
  do {
    ASSAY_ASSIGN_OR_RETURN(const v1::ListDifferencesResponse page,
                           client.ListDifferences(request));
    if (page.lines().empty() && !page.next_page_token().empty()) {
      return absl::InternalError("the server sends empty pages");
    }
    std::string text;
    for (const std::string& line : page.lines()) {
      absl::StrAppend(&text, line, "\n");
    }
    ASSAY_ASSIGN_OR_RETURN(const bool more, sink(text));
    if (!more) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

bool ReaderHasGone(int fd) {
  pollfd poll_fd{fd, 0, 0};
  return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLERR) != 0;
}

// Reads into `fd`, which may be a pipe.
absl::Status ReadInto(Client& client, const std::string& run_id,
                      const std::string& rule_id, int fd) {
  return ReadPages(client, run_id, rule_id,
                   [fd](const std::string& text) -> absl::StatusOr<bool> {
                     ASSAY_RETURN_IF_ERROR(WriteAll(fd, text));
                     return !ReaderHasGone(fd);
                   });
}

bool IsSpecialFile(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) &&
         !S_ISDIR(info.st_mode);
}

}  // namespace

absl::Status WriteDifferences(Client& client, const std::string& run_id,
                              const std::string& rule_id,
                              const std::string& path) {
  if (path == "-") return ReadInto(client, run_id, rule_id, STDOUT_FILENO);
  const bool special = IsSpecialFile(path);
  const std::string target =
      special ? path : absl::StrCat(path, ".", getpid(), ".tmp");
  const int fd =
      open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(path);
  absl::Status status = ReadInto(client, run_id, rule_id, fd);
  if (close(fd) != 0 && status.ok()) status = FileError(path);
  if (special) return status;
  if (status.ok() && std::rename(target.c_str(), path.c_str()) != 0) {
    status = FileError(path);
  }
  if (!status.ok()) unlink(target.c_str());
  return status;
}

absl::Status WriteAllDifferences(Client& client, const v1::Run& run,
                                 const std::string& folder) {
  absl::Status status;
  for (const v1::RuleResult& result : run.results()) {
    if (result.differences_count() <= 0) continue;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder, ": ", error.message()));
    }
    status.Update(WriteDifferences(
        client, run.run_id(), result.rule_id(),
        absl::StrCat(folder, "/", FileName(result.rule_id()), ".jsonl")));
  }
  return status;
}

}  // namespace assay::cli
