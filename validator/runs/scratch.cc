// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::runs {
namespace {

namespace fs = std::filesystem;

void RemoveFolder(const std::string& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) {
    LogWarning(
        absl::StrCat("'", folder, "' was not removed: ", error.message()));
  }
}

// Removes the folders in `parent` whose name `keep` does not want.
void RemoveFolders(const std::string& parent,
                   const std::function<bool(const std::string&)>& keep) {
  std::vector<std::string> leavings;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end;
       it.increment(error)) {
    if (!keep(it->path().filename().string())) {
      leavings.push_back(it->path().string());
    }
  }
  for (const std::string& folder : leavings) RemoveFolder(folder);
}

constexpr char kRuns[] = "/runs/";

// The epochs in which the run was executed with this directory.
std::vector<int64_t> EpochsOf(const std::string& path,
                              const std::string& run_id) {
  std::vector<int64_t> epochs;
  std::error_code error;
  const std::string prefix = run_id + ".";
  for (fs::directory_iterator it(path + kRuns, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    int64_t epoch = 0;
    if (name.rfind(prefix, 0) == 0 &&
        absl::SimpleAtoi(name.substr(prefix.size()), &epoch)) {
      epochs.push_back(epoch);
    }
  }
  return epochs;
}

absl::Status DirectoryError(const std::string& path, const std::string& why) {
  return MakeError(ErrorReason::kStoreFailed,
                   absl::StrCat("cannot use the state directory '", path, "': ",
                                why, "; state.directory names another one"));
}

absl::Status Unreadable(const std::string& path) {
  return MakeError(
      ErrorReason::kStoreFailed,
      absl::StrCat("cannot read '", path, "': ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateDirectory>> StateDirectory::Open(
    const std::string& path) {
  return OpenFor(path, Use::kAlone);
}

absl::StatusOr<std::unique_ptr<StateDirectory>> StateDirectory::OpenShared(
    const std::string& path, const std::string& store_id) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<StateDirectory> directory,
                         OpenFor(path, Use::kShared));
  if (path.empty()) return directory;
  // Servers of another store would take our files for leavings.
  const std::string marker = absl::StrCat(path, "/store");
  const std::string part =
      absl::StrCat(marker, ".", store_id, ".", getpid(), ".part");
  std::ofstream(part, std::ios::binary) << store_id;
  std::error_code error;
  // The first one's name stays.
  fs::create_hard_link(part, marker, error);
  fs::remove(part, error);
  std::ifstream in(marker, std::ios::binary);
  std::string found;
  std::getline(in, found);
  if (found == store_id) return directory;
  return DirectoryError(
      path, found.empty()
                ? absl::StrCat("cannot write '", marker, "'")
                : absl::StrCat("it belongs to another run store (", found,
                               ", and this one is ", store_id, ")"));
}

absl::StatusOr<std::unique_ptr<StateDirectory>> StateDirectory::OpenFor(
    const std::string& path, Use use) {
  if (path.empty()) {
    return std::unique_ptr<StateDirectory>(new StateDirectory("", -1, use));
  }
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return DirectoryError(path, error.message());
  const std::string lock = absl::StrCat(path, "/lock");
  const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return DirectoryError(path, std::strerror(errno));
  const int lock_mode = use == Use::kShared ? LOCK_SH : LOCK_EX;
  if (flock(fd, lock_mode | LOCK_NB) != 0) {
    const std::string why = errno == EWOULDBLOCK
                                ? "another assayd uses it"
                                : std::string(std::strerror(errno));
    close(fd);
    return DirectoryError(path, why);
  }
  return std::unique_ptr<StateDirectory>(new StateDirectory(path, fd, use));
}

StateDirectory::~StateDirectory() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

std::string StateDirectory::OfExecution(const std::string& run_id,
                                        int64_t epoch) const {
  if (path_.empty() || use_ == Use::kAlone) return path_;
  return absl::StrCat(path_, kRuns, run_id, ".", epoch);
}

std::string StateDirectory::Checkpoints(const std::string& run_id,
                                        int64_t epoch) const {
  if (path_.empty()) return "";
  if (use_ == Use::kAlone) return ScratchDirectory(path_, run_id);
  int64_t newest = -1;
  for (const int64_t found : EpochsOf(path_, run_id)) {
    if (found <= epoch) newest = std::max(newest, found);
  }
  if (newest < 0) return "";
  return ScratchDirectory(OfExecution(run_id, newest), run_id);
}

void StateDirectory::Adopt(const std::string& run_id, int64_t epoch) const {
  if (path_.empty() || use_ == Use::kAlone) return;
  const std::string from = Checkpoints(run_id, epoch);
  const std::string to = ScratchDirectory(OfExecution(run_id, epoch), run_id);
  std::error_code error;
  if (from.empty() || from == to || !fs::exists(from, error)) return;
  fs::create_directories(to, error);
  // What is missing or half in the copy, or of different moments, does not pass
  // the checks of those who read it: the diff then starts again.
  if (!error) fs::copy(from, to, fs::copy_options::recursive, error);
  if (!error) return;
  LogWarning(absl::StrCat("its checkpoints in '", from, "' cannot be copied (",
                          error.message(), "); diffs start again"),
             {.run_id = run_id});
  RemoveFolder(to);
}

void StateDirectory::RemoveScratch(const std::string& run_id,
                                   int64_t epoch) const {
  if (path_.empty() || run_id.empty()) return;
  if (use_ == Use::kAlone) {
    return RemoveFolder(ScratchDirectory(path_, run_id));
  }
  for (const int64_t found : EpochsOf(path_, run_id)) {
    if (found <= epoch) RemoveFolder(OfExecution(run_id, found));
  }
}

void StateDirectory::RemoveDifferences(const std::string& run_id) const {
  if (path_.empty() || run_id.empty() || use_ == Use::kShared) return;
  RemoveFolder(RunFolder(path_, "differences", run_id));
}

void StateDirectory::RemoveLeavings(
    const std::function<bool(const std::string&)>& is_active,
    const std::function<bool(const std::string&)>& is_known) const {
  if (path_.empty()) return;
  if (use_ == Use::kShared) {
    return RemoveFolders(absl::StrCat(path_, kRuns),
                         [&is_active](const std::string& name) {
                           return is_active(name.substr(0, name.find('.')));
                         });
  }
  // Run ids are their own file names; anything else was no run's.
  RemoveFolders(absl::StrCat(path_, "/scratch"), is_active);
  RemoveFolders(absl::StrCat(path_, "/differences"), is_known);
}

absl::StatusOr<LinePage> ReadLines(const std::string& path, int64_t offset,
                                   int limit, size_t max_bytes) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) {
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
    if (in.eof()) return page;  // The beginning of a line, never ended.
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
