// SPDX-License-Identifier: Apache-2.0
// A run manager that does what a test says, and wakes as the real one may: on
// any thread, and never after a subscription is gone.
//
// Thread-safe.
#ifndef ASSAY_TESTS_SERVICE_FAKE_RUN_MANAGER_H_
#define ASSAY_TESTS_SERVICE_FAKE_RUN_MANAGER_H_

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "validator/base/status.h"
#include "validator/runs/run_manager.h"

namespace assay::runs {

class FakeRunManager final : public RunManager {
 public:
  // Adds a run that is running.
  void Add(const std::string& run_id) {
    absl::MutexLock lock(&mu_);
    Run& run = entries_[run_id].run;
    run.run_id = run_id;
    run.state = RunState::kRunning;
    run.as_of_time = absl::FromUnixSeconds(1000);
  }

  void AddResult(const std::string& run_id, const std::string& rule_id) {
    auto result = std::make_shared<Result>();
    result->rule_id = rule_id;
    result->verdict = Verdict::kPass;
    result->samples = {{.cells = {{.column = "c", .text = "v"}}}};
    Change(run_id, [&](Entry& entry) {
      entry.run.results.push_back(result);
      return ResultEvent{static_cast<int>(entry.run.results.size()) - 1,
                         result};
    });
  }

  void AddProgress(const std::string& run_id, int64_t rows) {
    Change(run_id, [&](Entry& entry) {
      entry.run.progress.rows_read = rows;
      return ProgressEvent{entry.run.progress};
    });
  }

  void SetState(const std::string& run_id, RunState state) {
    Change(run_id, [&](Entry& entry) {
      entry.run.state = state;
      if (IsTerminal(state)) {
        entry.run.outcome.verdict = Verdict::kPass;
        entry.run.outcome.decision = Decision::kProceed;
      }
      return StateEvent{state};
    });
  }

  int subscriptions() const {
    absl::MutexLock lock(&mu_);
    return static_cast<int>(wakers_.size());
  }

  // Returns false where there are not `count` of them within five seconds.
  bool AwaitSubscriptions(int count) const {
    absl::MutexLock lock(&mu_);
    auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return static_cast<int>(wakers_.size()) == count;
    };
    return mu_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(5));
  }

  absl::Status start_error;
  std::vector<Issue> start_issues;
  RunRequest started;
  std::string cancelled_request_id;

  // What the service said of who asks; of the last Start.
  Admission admission;

  using RunManager::Cancel;
  using RunManager::Start;
  absl::StatusOr<Run> Start(const RunRequest& request, const Admission& with,
                            std::vector<Issue>* issues) override {
    *issues = start_issues;
    if (!start_error.ok()) return start_error;
    started = request;
    admission = with;
    Add("run-started");
    return Get("run-started", false);
  }

  absl::StatusOr<Run> Find(const std::string& run_id, const SeesRun& sees,
                           bool with_results) override {
    absl::StatusOr<Run> run = Get(run_id, with_results);
    if (run.ok() && sees && !sees(*run)) {
      return MakeError(ErrorReason::kRunNotFound, "no run '" + run_id + "'");
    }
    return run;
  }

  absl::StatusOr<Run> Get(const std::string& run_id,
                          bool with_results) override {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, entry] : entries_) {
      if (!id.starts_with(run_id)) continue;
      Run run = entry.run;
      if (!with_results) run.results.clear();
      return run;
    }
    return MakeError(ErrorReason::kRunNotFound, "no run '" + run_id + "'");
  }

  // Lists of differences are files of this directory.
  std::string directory;

  absl::StatusOr<LinePage> ListDifferences(const std::string& run_id,
                                           const std::string& rule_id,
                                           int64_t offset, int limit,
                                           size_t max_bytes) override {
    return ReadLines(DifferencesPath(directory, run_id, rule_id), offset, limit,
                     max_bytes);
  }

  absl::StatusOr<ListPage> List(const ListFilter&,
                                const std::optional<ListCursor>& after,
                                int page_size) override {
    absl::MutexLock lock(&mu_);
    ListPage page;
    for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
      if (after && at->first >= after->run_id) continue;
      if (static_cast<int>(page.runs.size()) == page_size) {
        page.next = {.as_of_time = page.runs.back().as_of_time,
                     .run_id = page.runs.back().run_id};
        break;
      }
      page.runs.push_back(at->second.run);
    }
    return page;
  }

  absl::StatusOr<Run> Cancel(const std::string& run_id,
                             const std::string& request_id,
                             const std::string&) override {
    cancelled_request_id = request_id;
    return Get(run_id, false);
  }

  Release released;

  absl::StatusOr<Run> ReleaseHold(
      const std::string& run_id, const Release& release,
      const std::function<absl::Status(const Run&)>& record) override {
    absl::StatusOr<Run> run = Get(run_id, false);
    if (!run.ok()) return run;
    run->release = release;
    run->release->time = absl::FromUnixSeconds(2000);
    if (const absl::Status status = record(*run); !status.ok()) return status;
    released = release;
    return run;
  }

  std::optional<Run> previous;

  absl::StatusOr<std::optional<Run>> FindPrevious(const Run&) override {
    return previous;
  }

  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(
      const std::string& run_id, std::function<void()> wake) override {
    auto waker = std::make_shared<Waker>();
    waker->run_id = run_id;
    {
      absl::MutexLock lock(&waker->mu);
      waker->wake = std::move(wake);
    }
    absl::MutexLock lock(&mu_);
    wakers_.push_back(waker);
    return std::make_unique<FakeSubscription>(this, waker);
  }

  absl::StatusOr<std::vector<Event>> ReadEvents(const std::string& run_id,
                                                int64_t after_sequence,
                                                int limit) override {
    absl::MutexLock lock(&mu_);
    std::vector<Event> out;
    for (const Event& event : entries_[run_id].events) {
      if (event.sequence <= after_sequence) continue;
      if (static_cast<int>(out.size()) == limit) break;
      out.push_back(event);
    }
    return out;
  }

  int64_t active_runs() const override { return 3; }
  void SetLimits(const Limits&) override {}
  void Drain(absl::Duration) override {}

 private:
  struct Entry {
    Run run;
    std::vector<Event> events;
  };

  struct Waker {
    std::string run_id;
    absl::Mutex mu;
    std::function<void()> wake ABSL_GUARDED_BY(mu);
  };

  class FakeSubscription final : public Subscription {
   public:
    FakeSubscription(FakeRunManager* manager, std::shared_ptr<Waker> waker)
        : manager_(manager), waker_(std::move(waker)) {}
    ~FakeSubscription() override {
      {
        absl::MutexLock lock(&manager_->mu_);
        std::erase(manager_->wakers_, waker_);
      }
      absl::MutexLock lock(&waker_->mu);  // Waits for a wake that runs.
      waker_->wake = nullptr;
    }

   private:
    FakeRunManager* const manager_;
    const std::shared_ptr<Waker> waker_;
  };

  template <typename MakeEvent>
  void Change(const std::string& run_id, MakeEvent make) {
    std::vector<std::shared_ptr<Waker>> wakers;
    {
      absl::MutexLock lock(&mu_);
      Entry& entry = entries_[run_id];
      auto what = make(entry);
      entry.events.push_back({++entry.run.sequence, std::move(what)});
      wakers = wakers_;
    }
    for (const auto& waker : wakers) {
      if (waker->run_id != run_id) continue;
      absl::MutexLock lock(&waker->mu);
      if (waker->wake) waker->wake();
    }
  }

  mutable absl::Mutex mu_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<Waker>> wakers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay::runs

#endif  // ASSAY_TESTS_SERVICE_FAKE_RUN_MANAGER_H_
