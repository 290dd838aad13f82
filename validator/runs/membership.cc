// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/membership.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"

namespace assay::runs {

Membership::Membership(Store* store, const Clock* clock, std::string name,
                       absl::Duration takeover_after)
    : store_(store),
      clock_(clock),
      name_(std::move(name)),
      takeover_after_(takeover_after) {}

absl::Status Membership::Join() {
  ASSAY_ASSIGN_OR_RETURN(const std::string id, NewRunId(clock_->Now()));
  const absl::Duration before = clock_->Uptime();
  ASSAY_RETURN_IF_ERROR(store_->Join(id, name_, takeover_after_));
  absl::MutexLock lock(&mu_);
  server_id_ = id;
  expelled_ = false;
  // From before the store was asked, and a bit less, for clocks that differ.
  sure_until_ = before + takeover_after_ * 0.9;
  return absl::OkStatus();
}

void Membership::Beat() {
  std::string id;
  {
    absl::MutexLock lock(&mu_);
    if (expelled_ || left_) return;
    id = server_id_;
  }
  const absl::Duration before = clock_->Uptime();
  const absl::StatusOr<bool> known = store_->Beat(id, takeover_after_);
  absl::MutexLock lock(&mu_);
  if (known.ok() != reachable_) {
    reachable_ = known.ok();
    if (reachable_) {
      LogInfo("the run store is reached again");
    } else {
      LogWarning(absl::StrCat(
          "the run store was not told that this server is alive; after ",
          absl::FormatDuration(takeover_after_),
          " its runs stop, and others may take them over: ",
          known.status().message()));
    }
  }
  if (!known.ok()) return;
  if (*known) {
    sure_until_ = before + takeover_after_ * 0.9;
  } else {
    expelled_ = true;
  }
}

void Membership::Leave() {
  std::string id;
  {
    absl::MutexLock lock(&mu_);
    if (left_) return;
    left_ = true;
    id = server_id_;
  }
  const absl::Status status = store_->Leave(id);
  if (!status.ok()) {
    LogWarning(absl::StrCat(
        "the run store was not told that this server ends, so others take its "
        "runs over only after ",
        absl::FormatDuration(takeover_after_), ": ", status.message()));
  }
}

Standing Membership::standing() const {
  absl::MutexLock lock(&mu_);
  if (expelled_) return Standing::kExpelled;
  return clock_->Uptime() < sure_until_ ? Standing::kMember : Standing::kUnsure;
}

std::string Membership::server_id() const {
  absl::MutexLock lock(&mu_);
  return server_id_;
}

absl::Duration Membership::interval() const {
  return std::clamp(takeover_after_ / 5, absl::Milliseconds(100),
                    absl::Seconds(3));
}

std::string ServerName() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  return absl::StrCat(*host == '\0' ? "unknown" : host, ":", getpid());
}

}  // namespace assay::runs
