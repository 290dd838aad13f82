// SPDX-License-Identifier: Apache-2.0
// The audit log: one JSON object a line for each thing that somebody has done,
// or was not allowed to do. docs/security.md describes the fields.
//
// Thread-safe. Lines are appended whole (one write(2), O_APPEND), in the order
// of the calls, and never changed. A file that was moved away is made anew with
// the next line, so that rotation needs no signal.
#ifndef ASSAY_VALIDATOR_SERVICE_AUDIT_LOG_H_
#define ASSAY_VALIDATOR_SERVICE_AUDIT_LOG_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/base/metrics.h"

namespace assay::service {

// When a line is on disk, and not only with the kernel.
enum class AuditSync {
  kLine,    // Before the call is answered.
  kSecond,  // Within a second; a crash of the whole machine may lose that much.
  kOff,     // When the kernel likes.
};

struct AuditOptions {
  std::string path;
  AuditSync sync = AuditSync::kSecond;
  friend bool operator==(const AuditOptions&, const AuditOptions&) = default;
};

// Empty members are left out of the line.
struct AuditEvent {
  std::string event;    // "start", "cancel", "release", "refuse", "server".
  std::string outcome;  // What became of it.
  std::string rpc;
  std::string principal;
  std::string credential;  // How the principal was known.
  std::string peer;
  std::string run_id;
  std::string request_id;
  std::string correlation_id;
  std::string rule_set;         // Its name.
  std::string rule_set_digest;  // SHA-256 of its text.
  std::string migration;
  std::string recheck_of;
  std::string user;                   // Whom the caller names, of a release.
  std::vector<std::string> rule_ids;  // That a release accepts by name.
  std::vector<std::string> connections;
  std::map<std::string, std::string> labels;
  std::string trace_id;
  std::string reason;      // Of an error; docs/errors.md lists them.
  std::string message;     // Why, for people; more than the caller was told.
  int64_t suppressed = 0;  // Like ones before that have no line.
};

// The line of `event`, with its "\n".
std::string FormatAuditLine(const AuditEvent& event, absl::Time time);

class AuditLog {
 public:
  // Opens or makes the file, mode 0600. kAuditFailed where that cannot be done.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(AuditOptions options);

  // Writes what waits.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Writes the event and all that wait before it, as durable as the options
  // say. kAuditFailed where it is not written: then it is no part of the log.
  absl::Status Write(const AuditEvent& event);

  // Returns at once; the event is written soon, and is kept where the file
  // cannot be written now. Beyond 10000 of those they are counted, and the
  // number is written when there is room again.
  void Note(const AuditEvent& event);

  // Opens the file of its path anew.
  absl::Status Reopen();

 private:
  explicit AuditLog(AuditOptions options);
  absl::Status OpenFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status FollowRotation() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteLine(const std::string& line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Sync() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Failed(const std::string& what);
  void Loop();

  const AuditOptions options_;
  // What Note has; taken after mu_.
  absl::Mutex waiting_mu_;
  std::deque<std::string> waiting_ ABSL_GUARDED_BY(waiting_mu_);
  int64_t lost_ ABSL_GUARDED_BY(waiting_mu_) = 0;
  bool closing_ ABSL_GUARDED_BY(waiting_mu_) = false;

  absl::Mutex mu_ ABSL_ACQUIRED_BEFORE(waiting_mu_);
  int fd_ ABSL_GUARDED_BY(mu_) = -1;
  bool dirty_ ABSL_GUARDED_BY(mu_) = false;  // Written since the last sync.
  bool torn_ ABSL_GUARDED_BY(mu_) = false;   // Half a line is at the end.
  bool failing_ ABSL_GUARDED_BY(mu_) = false;
  // Whether the last attempt to write or to sync failed; for the metrics.
  std::atomic<bool> ill_ = false;
  const std::shared_ptr<void> collector_ =
      Metrics::Global().AddCollector([this](const Metrics::Tell& tell) {
        tell(Metric::kAuditFailing, {}, ill_ ? 1 : 0);
      });
  std::thread thread_;
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_AUDIT_LOG_H_
