// SPDX-License-Identifier: Apache-2.0
#include "validator/base/thread_pool.h"

#include <algorithm>
#include <utility>

namespace assay {

ThreadPool::ThreadPool(int threads, size_t max_queued) : max_queued_(0) {
  Grow(threads, max_queued);
}

void ThreadPool::Grow(int threads, size_t max_queued) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return;
  max_queued_ = std::max(max_queued_, max_queued);
  while (threads_.size() < static_cast<size_t>(threads)) {
    threads_.emplace_back([this] { Work(); });
  }
}

ThreadPool::~ThreadPool() {
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    queue_.clear();
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

bool ThreadPool::TrySchedule(std::function<void()> task) {
  absl::MutexLock lock(&mu_);
  if (stopping_ || queue_.size() >= max_queued_) return false;
  queue_.push_back(std::move(task));
  return true;
}

void ThreadPool::Work() {
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mu_);
      auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return stopping_ || !queue_.empty();
      };
      mu_.Await(absl::Condition(&ready));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace assay
