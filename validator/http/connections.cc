// SPDX-License-Identifier: Apache-2.0
#include "validator/http/connections.h"

#include <utility>

namespace assay::http {
namespace {

constexpr size_t kMaxRefused = 64;
constexpr int64_t kMaxBytes = int64_t{256} << 20;

}  // namespace

Admission Connections::Add(Connection* key,
                           const std::weak_ptr<Connection>& connection) {
  absl::MutexLock lock(&mu_);
  const size_t max = static_cast<size_t>(max_);
  if (closed_ || open_.size() >= max + kMaxRefused) return Admission::kDrop;
  const bool full = open_.size() >= max;
  open_.emplace(key, connection);
  return full ? Admission::kRefuse : Admission::kServe;
}

void Connections::Remove(Connection* key) {
  absl::MutexLock lock(&mu_);
  open_.erase(key);
}

void Connections::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
}

std::vector<std::shared_ptr<Connection>> Connections::All() const {
  std::vector<std::shared_ptr<Connection>> out;
  absl::MutexLock lock(&mu_);
  for (const auto& [key, connection] : open_) {
    if (auto alive = connection.lock()) out.push_back(std::move(alive));
  }
  return out;
}

bool Connections::AwaitNone(absl::Duration limit) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(this, &Connections::None), limit);
}

bool Connections::TakeBytes(int64_t bytes) {
  absl::MutexLock lock(&mu_);
  if (bytes_ + bytes > kMaxBytes) return false;
  bytes_ += bytes;
  return true;
}

void Connections::GiveBytes(int64_t bytes) {
  absl::MutexLock lock(&mu_);
  bytes_ -= bytes;
}

}  // namespace assay::http
