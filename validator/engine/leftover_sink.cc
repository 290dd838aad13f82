// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/leftover_sink.h"

#include <utility>

#include "validator/base/status.h"

namespace assay::engine {
namespace {

// Concluded in one go: enough to be worth a thread, few enough for memory.
constexpr size_t kConcludedTogether = 20000;

}  // namespace

LeftoverSink::~LeftoverSink() {
  if (concluded_.valid()) concluded_.wait();
}

absl::Status LeftoverSink::Conclude(const diff::LeftoverKey& leftover) {
  chunk_.push_back(ToRecord(leftover));
  return chunk_.size() < kConcludedTogether ? absl::OkStatus() : HandOver();
}

absl::Status LeftoverSink::HandOver() {
  if (concluded_.valid()) ASSAY_RETURN_IF_ERROR(concluded_.get());
  in_work_.swap(chunk_);
  chunk_.clear();
  concluded_ = std::async(std::launch::async,
                          [this] { return conclusion_.Take(in_work_); });
  return absl::OkStatus();
}

absl::Status LeftoverSink::Flush() {
  if (!chunk_.empty()) ASSAY_RETURN_IF_ERROR(HandOver());
  return concluded_.valid() ? concluded_.get() : absl::OkStatus();
}

}  // namespace assay::engine
