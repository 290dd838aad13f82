// SPDX-License-Identifier: Apache-2.0
#include "validator/service/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

constexpr size_t kMaxWaiting = 10000;
constexpr absl::Duration kSyncEvery = absl::Seconds(1);

}  // namespace

std::string FormatAuditLine(const AuditEvent& event, absl::Time time) {
  nlohmann::ordered_json out;
  out["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
  const auto put = [&out](const char* key, const std::string& text) {
    if (!text.empty()) out[key] = ValidUtf8(text);
  };
  put("event", event.event);
  put("outcome", event.outcome);
  put("rpc", event.rpc);
  put("principal", event.principal);
  put("credential", event.credential);
  put("peer", event.peer);
  put("run_id", event.run_id);
  put("request_id", event.request_id);
  put("correlation_id", event.correlation_id);
  put("rule_set", event.rule_set);
  put("rule_set_digest", event.rule_set_digest);
  put("migration", event.migration);
  put("recheck_of", event.recheck_of);
  put("user", event.user);
  for (const std::string& id : event.rule_ids) {
    out["rule_ids"].push_back(ValidUtf8(id));
  }
  for (const std::string& name : event.connections) {
    out["connections"].push_back(ValidUtf8(name));
  }
  for (const auto& [name, value] : event.labels) {
    out["labels"][ValidUtf8(name)] = ValidUtf8(value);
  }
  put("trace_id", event.trace_id);
  put("reason", event.reason);
  put("message", event.message);
  if (event.suppressed > 0) out["suppressed"] = event.suppressed;
  return out.dump() + "\n";
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(AuditOptions options) {
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options)));
  ASSAY_RETURN_IF_ERROR(log->Reopen());
  log->thread_ = std::thread([raw = log.get()] { raw->Loop(); });
  return log;
}

AuditLog::AuditLog(AuditOptions options) : options_(std::move(options)) {}

AuditLog::~AuditLog() {
  {
    absl::MutexLock lock(&waiting_mu_);
    closing_ = true;
  }
  if (thread_.joinable()) thread_.join();
  absl::MutexLock lock(&mu_);
  if (fd_ < 0) return;
  WriteWaiting().IgnoreError();
  if (options_.sync != AuditSync::kOff) Sync().IgnoreError();
  close(fd_);
}

absl::Status AuditLog::Write(const AuditEvent& event) {
  absl::MutexLock lock(&mu_);
  ASSAY_RETURN_IF_ERROR(FollowRotation());
  ASSAY_RETURN_IF_ERROR(WriteWaiting());
  ASSAY_RETURN_IF_ERROR(WriteLine(FormatAuditLine(event, absl::Now())));
  if (options_.sync == AuditSync::kLine) ASSAY_RETURN_IF_ERROR(Sync());
  failing_ = false;
  return absl::OkStatus();
}

void AuditLog::Note(const AuditEvent& event) {
  std::string line = FormatAuditLine(event, absl::Now());
  absl::MutexLock lock(&waiting_mu_);
  if (waiting_.size() < kMaxWaiting) {
    waiting_.push_back(std::move(line));
  } else {
    ++lost_;
  }
}

absl::Status AuditLog::Reopen() {
  absl::MutexLock lock(&mu_);
  return OpenFile();
}

absl::Status AuditLog::OpenFile() {
  const int fd =
      open(options_.path.c_str(),
           O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) return Failed("cannot be opened");
  if (fd_ >= 0) {
    if (dirty_ && options_.sync != AuditSync::kOff) fdatasync(fd_);
    close(fd_);
  }
  fd_ = fd;
  dirty_ = false;
  torn_ = false;
  return absl::OkStatus();
}

absl::Status AuditLog::FollowRotation() {
  struct stat named = {};
  struct stat opened = {};
  if (stat(options_.path.c_str(), &named) == 0 && fstat(fd_, &opened) == 0 &&
      named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
    return absl::OkStatus();
  }
  return OpenFile();
}

absl::Status AuditLog::WriteLine(const std::string& line) {
  // What a full disk has cut off must not run into the next line.
  const std::string text = torn_ ? absl::StrCat("\n", line) : line;
  ssize_t written = 0;
  do {
    written = write(fd_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(text.size())) {
    torn_ = false;
    dirty_ = true;
    ill_ = false;
    return absl::OkStatus();
  }
  if (written >= 0) {
    // One byte may be the "\n" that ends the last half.
    torn_ = torn_ ? written != 1 : written > 0;
    errno = ENOSPC;
  }
  return Failed("cannot be written");
}

absl::Status AuditLog::WriteWaiting() {
  while (true) {
    std::string line;
    int64_t lost = 0;
    {
      absl::MutexLock lock(&waiting_mu_);
      if (waiting_.empty() && lost_ == 0) return absl::OkStatus();
      lost = waiting_.empty() ? lost_ : 0;
      line = waiting_.empty()
                 ? FormatAuditLine({.event = "refuse",
                                    .outcome = "not written",
                                    .message = "events that found no room "
                                               "while this log could not be "
                                               "written",
                                    .suppressed = lost},
                                   absl::Now())
                 : waiting_.front();
    }
    ASSAY_RETURN_IF_ERROR(WriteLine(line));
    // Only who holds mu_ takes lines away, so it is still the first.
    absl::MutexLock lock(&waiting_mu_);
    if (lost > 0) {
      lost_ -= lost;
    } else {
      waiting_.pop_front();
    }
  }
}

absl::Status AuditLog::Sync() {
  if (!dirty_) return absl::OkStatus();
  if (fdatasync(fd_) != 0) {
    // /dev/stdout, a pipe: there is nothing to be on disk.
    if (errno != EINVAL && errno != EROFS) return Failed("cannot be synced");
  }
  dirty_ = false;
  return absl::OkStatus();
}

absl::Status AuditLog::Failed(const std::string& what) {
  ill_ = true;
  return MakeError(
      ErrorReason::kAuditFailed,
      absl::StrCat(
          "the audit log '", options_.path, "' ", what, ": ",
          std::strerror(errno),
          "; no run is accepted, and no hold released, until it can be "
          "written"));
}

void AuditLog::Loop() {
  bool failed = false;
  while (true) {
    {
      absl::MutexLock lock(&waiting_mu_);
      // What could not be written just now is tried again after a second.
      auto due = [this, failed]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(waiting_mu_) {
        return closing_ || (!failed && !waiting_.empty());
      };
      waiting_mu_.AwaitWithTimeout(absl::Condition(&due), kSyncEvery);
      if (closing_) return;
    }
    absl::MutexLock lock(&mu_);
    absl::Status status = FollowRotation();
    if (status.ok()) status = WriteWaiting();
    if (status.ok() && options_.sync != AuditSync::kOff) status = Sync();
    // Said once, not every second.
    if (!status.ok() && !failing_) LogError(std::string(status.message()));
    failed = failing_ = !status.ok();
  }
}

}  // namespace assay::service
