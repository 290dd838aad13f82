// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/scratch.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::runs {
namespace {

namespace fs = std::filesystem;

std::string RunFolder(const std::string& directory, const char* kind,
                      const std::string& run_id) {
  return absl::StrCat(directory, "/", kind, "/", FileName(run_id));
}

void RemoveFolder(const std::string& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) {
    LogWarning(
        absl::StrCat("'", folder, "' was not removed: ", error.message()));
  }
}

absl::Status Unreadable(const std::string& path) {
  return MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("cannot read '", path, "': ", std::strerror(errno)));
}

}  // namespace

std::string FileName(const std::string& name) {
  if (name == "." || name == "..") return name == "." ? "%2E" : "%2E%2E";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '.' || c == '_' || c == '-') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

std::string DifferencesPath(const std::string& directory,
                            const std::string& run_id,
                            const std::string& rule_id) {
  return absl::StrCat(RunFolder(directory, "differences", run_id), "/",
                      FileName(rule_id), ".jsonl");
}

std::string ScratchDirectory(const std::string& directory,
                             const std::string& run_id) {
  return RunFolder(directory, "scratch", run_id);
}

absl::Status MakeStateDirectory(const std::string& directory) {
  if (directory.empty()) return absl::OkStatus();
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) {
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  if (!error) return absl::OkStatus();
  return MakeError(ErrorReason::kStoreFailed,
                   absl::StrCat("cannot make the state directory '", directory,
                                "': ", error.message()));
}

void RemoveScratch(const std::string& directory, const std::string& run_id) {
  if (directory.empty() || run_id.empty()) return;
  RemoveFolder(ScratchDirectory(directory, run_id));
}

void RemoveDifferences(const std::string& directory,
                       const std::string& run_id) {
  if (directory.empty() || run_id.empty()) return;
  RemoveFolder(RunFolder(directory, "differences", run_id));
}

void RemoveStaleScratch(const std::string& directory,
                        const std::set<std::string>& active) {
  if (directory.empty()) return;
  std::set<std::string> kept;
  for (const std::string& id : active) kept.insert(FileName(id));
  std::vector<std::string> stale;
  std::error_code error;
  for (fs::directory_iterator it(absl::StrCat(directory, "/scratch"), error),
       end;
       !error && it != end; it.increment(error)) {
    if (kept.count(it->path().filename().string()) == 0) {
      stale.push_back(it->path().string());
    }
  }
  for (const std::string& folder : stale) RemoveFolder(folder);
}

absl::StatusOr<LinePage> ReadLines(const std::string& path, int64_t offset,
                                   int limit, size_t max_bytes) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return MakeError(ErrorReason::kDifferencesNotFound,
                       "there is no list of differences");
    }
    return Unreadable(path);
  }
  const absl::Status no_line =
      MakeError(ErrorReason::kPageTokenInvalid,
                "page_token: the list of differences has no line there; begin "
                "again without a token");
  if (offset < 0 || offset > info.st_size) return no_line;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Unreadable(path);
  if (offset > 0) {
    in.seekg(offset - 1);
    if (in.get() != '\n') return no_line;
  }
  LinePage page;
  size_t bytes = 0;
  std::string line;
  while (std::getline(in, line)) {
    // Without a line break it is the beginning of a line that was never ended.
    if (in.eof()) return page;
    if (static_cast<int>(page.lines.size()) == limit ||
        (!page.lines.empty() && bytes + line.size() > max_bytes)) {
      page.next = offset;
      return page;
    }
    bytes += line.size();
    offset += static_cast<int64_t>(line.size()) + 1;
    page.lines.push_back(std::move(line));
  }
  if (in.bad()) return Unreadable(path);
  return page;
}

}  // namespace assay::runs
