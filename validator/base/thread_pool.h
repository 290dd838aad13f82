// SPDX-License-Identifier: Apache-2.0
// A number of threads over a bounded queue.
#ifndef ASSAY_VALIDATOR_BASE_THREAD_POOL_H_
#define ASSAY_VALIDATOR_BASE_THREAD_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace assay {

// Thread-safe. The destructor lets running tasks end and drops queued ones.
class ThreadPool {
 public:
  // REQUIRES: threads >= 1, max_queued >= 0.
  ThreadPool(int threads, size_t max_queued);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Queues `task`. Returns false, and does nothing, where the queue is full or
  // the pool is being destroyed.
  bool TrySchedule(std::function<void()> task);

  // At least so many threads, and room for so many tasks, from now on; nothing
  // where there are.
  void Grow(int threads, size_t max_queued);

 private:
  void Work();

  absl::Mutex mu_;
  size_t max_queued_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_THREAD_POOL_H_
