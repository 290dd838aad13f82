// SPDX-License-Identifier: Apache-2.0
// Tells ThreadSanitizer what abseil's mutexes do, since Debian's abseil is built
// without it: the linker sends our calls through here (--wrap; CMakeLists.txt
// takes the names from the lines that begin with WRAP(_).
//
// While a mutex is waited for, ThreadSanitizer ignores what the thread reads:
// conditions of Await are asked with the mutex held, also by other threads.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

using absl::CondVar;
using absl::Condition;
using absl::Duration;
using absl::Mutex;
using absl::Time;

namespace {

class Unlocked {
 public:
  explicit Unlocked(Mutex* mutex) : mutex_(mutex) {
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    __tsan_mutex_pre_lock(mutex, 0);
  }
  ~Unlocked() { __tsan_mutex_post_lock(mutex_, 0, 0); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace

// clang-format off
#define WRAP(symbol, result, parameters)   \
  extern "C" result __real_##symbol parameters; \
  extern "C" result __wrap_##symbol parameters

WRAP(_ZN4absl7debian35Mutex4LockEv, void,
     (Mutex* mutex)) {
  __tsan_mutex_pre_lock(mutex, 0);
  __real__ZN4absl7debian35Mutex4LockEv(mutex);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

WRAP(_ZN4absl7debian35Mutex6UnlockEv, void,
     (Mutex* mutex)) {
  __tsan_mutex_pre_unlock(mutex, 0);
  __real__ZN4absl7debian35Mutex6UnlockEv(mutex);
  __tsan_mutex_post_unlock(mutex, 0);
}

// Unlocks inside of abseil. Its mutex is its only member.
WRAP(_ZN4absl7debian319ReleasableMutexLock7ReleaseEv, void,
     (absl::ReleasableMutexLock* lock)) {
  Mutex* const mutex = *reinterpret_cast<Mutex**>(lock);
  __tsan_mutex_pre_unlock(mutex, 0);
  __real__ZN4absl7debian319ReleasableMutexLock7ReleaseEv(lock);
  __tsan_mutex_post_unlock(mutex, 0);
}

WRAP(_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, void,
     (Mutex* mutex, const Condition& condition)) {
  const Unlocked unlocked(mutex);
  __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(mutex, condition);
}

WRAP(_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, bool,
     (Mutex* mutex, const Condition& condition, Duration timeout)) {
  const Unlocked unlocked(mutex);
  return __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(mutex, condition, timeout);
}

WRAP(_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, bool,
     (Mutex* mutex, const Condition& condition, Time deadline)) {
  const Unlocked unlocked(mutex);
  return __real__ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE(mutex, condition, deadline);
}

WRAP(_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, void,
     (CondVar* condvar, Mutex* mutex)) {
  const Unlocked unlocked(mutex);
  __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(condvar, mutex);
}

WRAP(_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE, bool,
     (CondVar* condvar, Mutex* mutex, Time deadline)) {
  const Unlocked unlocked(mutex);
  return __real__ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE(condvar, mutex, deadline);
}

WRAP(_ZN4absl7debian312Notification6NotifyEv, void,
     (absl::Notification* notification)) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

WRAP(_ZNK4absl7debian312Notification19WaitForNotificationEv, void,
     (const absl::Notification* notification)) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}
