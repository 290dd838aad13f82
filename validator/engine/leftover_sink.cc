// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/leftover_sink.h"

#include <utility>

#include "absl/types/span.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

// Concluded in one go: enough to be worth a thread, few enough for the caches.
constexpr size_t kConcludedTogether = 4096;
constexpr size_t kConcludedBytes = 4 << 20;

}  // namespace

LeftoverSink::~LeftoverSink() {
  if (concluded_.valid()) concluded_.wait();
}

absl::Status LeftoverSink::Conclude(const diff::LeftoverKey& leftover) {
  if (chunk_.empty()) chunk_.resize(kConcludedTogether);
  CopyTo(leftover, chunk_[filled_++]);
  for (const auto& rows : {leftover.source, leftover.target}) {
    for (const diff::Leftover& row : rows) filled_bytes_ += row.payload.size();
  }
  return filled_ < chunk_.size() && filled_bytes_ < kConcludedBytes
             ? absl::OkStatus()
             : HandOver();
}

absl::Status LeftoverSink::HandOver() {
  const size_t filled = std::exchange(filled_, 0);
  filled_bytes_ = 0;
  if (concluded_.valid()) ASSAY_RETURN_IF_ERROR(concluded_.get());
  in_work_.swap(chunk_);
  concluded_ = std::async(std::launch::async, [this, filled] {
    return conclusion_.Take(absl::MakeSpan(in_work_).first(filled));
  });
  return absl::OkStatus();
}

absl::Status LeftoverSink::Flush() {
  if (filled_ > 0) ASSAY_RETURN_IF_ERROR(HandOver());
  return concluded_.valid() ? concluded_.get() : absl::OkStatus();
}

}  // namespace assay::engine
