// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace assay::cli {
namespace {

std::atomic<int> received{0};

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // nohup says so by ignoring it.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

int Interrupt::Received() { return received.load(); }

Interrupt& Interrupt::Install() {
  // Never destroyed: its thread lives as long as the process.
  static Interrupt* const kInterrupt = [] {
    auto* interrupt = new Interrupt;
    const sigset_t set = Signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([interrupt] { interrupt->Run(); }).detach();
    return interrupt;
  }();
  return *kInterrupt;
}

void Interrupt::Run() {
  const sigset_t set = Signals();
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    std::lock_guard<std::mutex> lock(mutex_);
    if (signal_ != 0) {
      if (on_second_) on_second_();
      _exit(128 + number);
    }
    signal_ = number;
    received.store(number);
    changed_.notify_all();
    if (on_first_) on_first_();
  }
}

int Interrupt::signal() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return signal_;
}

bool Interrupt::WaitFor(absl::Duration duration) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(duration),
                           [this] { return signal_ != 0; });
}

void Interrupt::SetOnFirst(std::function<void()> callback) {
  std::lock_guard<std::mutex> lock(mutex_);
  on_first_ = std::move(callback);
  if (on_first_ && signal_ != 0) on_first_();
}

void Interrupt::SetOnSecond(std::function<void()> callback) {
  std::lock_guard<std::mutex> lock(mutex_);
  on_second_ = std::move(callback);
}

}  // namespace assay::cli
