// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "validator/runs/live_run.h"

namespace assay::runs {

void LiveRun::PutClaim(const Claim& claim) {
  absl::MutexLock lock(&mu_);
  claims_[claim.key] = claim;
}

std::optional<Claim> LiveRun::FindClaim(const std::string& key) const {
  absl::MutexLock lock(&mu_);
  auto it = claims_.find(key);
  if (it == claims_.end()) return std::nullopt;
  return it->second;
}

int LiveRun::active_claims() const {
  absl::MutexLock lock(&mu_);
  int active = 0;
  for (const auto& [key, claim] : claims_) active += claim.withdrawn ? 0 : 1;
  return active;
}

std::string LiveRun::NextAnonymousClaim() const {
  absl::MutexLock lock(&mu_);
  return absl::StrCat("anonymous:", id(), ":", claims_.size());
}

void LiveRun::RenewLease(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  lease_end_ = now + plan_.run.request.options.lease;
}

void LiveRun::AddSubscriber() {
  absl::MutexLock lock(&mu_);
  ++subscribers_;
}

void LiveRun::RemoveSubscriber(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  --subscribers_;
  lease_end_ = now + plan_.run.request.options.lease;
}

bool LiveRun::LeasedLocked(absl::Duration now) const {
  if (subscribers_ > 0) return true;
  return !plan_.run.request.options.detached && now < lease_end_;
}

bool LiveRun::Leased(absl::Duration now) const {
  absl::MutexLock lock(&mu_);
  return LeasedLocked(now);
}

bool LiveRun::WantResume() {
  absl::MutexLock lock(&mu_);
  if (stop_ == Stop::kSuspend) resume_wanted_ = true;
  return state_ == RunState::kSuspended;
}

bool LiveRun::TrySuspend(absl::Duration now,
                         std::optional<CancellationSource>* source) {
  absl::MutexLock lock(&mu_);
  if (plan_.run.request.options.detached || LeasedLocked(now) ||
      (state_ != RunState::kPending && state_ != RunState::kRunning)) {
    return false;
  }
  if (source_.has_value()) {
    if (stop_ != Stop::kNone) return false;
    stop_ = Stop::kSuspend;
    *source = source_;
    return true;
  }
  suspended_since_ = now;
  EnterState(RunState::kSuspended);
  return true;
}

std::optional<absl::Duration> LiveRun::suspended_since() const {
  absl::MutexLock lock(&mu_);
  if (state_ != RunState::kSuspended) return std::nullopt;
  return suspended_since_;
}

void LiveRun::set_suspended_since(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  suspended_since_ = now;
}

absl::Duration LiveRun::LeaseLeft(absl::Duration now,
                                  absl::Duration held) const {
  absl::MutexLock lock(&mu_);
  if (subscribers_ > 0) return held;
  if (plan_.run.request.options.detached) return absl::ZeroDuration();
  return lease_end_ - now;
}

}  // namespace assay::runs
