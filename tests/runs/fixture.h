// SPDX-License-Identifier: Apache-2.0
// A run manager over a real store (stores.h), with an executor, a registry and
// a clock that the test holds in its hands.
#ifndef ASSAY_TESTS_RUNS_FIXTURE_H_
#define ASSAY_TESTS_RUNS_FIXTURE_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/runs/stores.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {

inline void CheckNothing(const Rule&, std::vector<Issue>&) {}

// The parser with one kind, so that these tests need no other room's kinds.
inline std::vector<const KindSpec*> TestKinds() {
  static const auto* const kSpec = [] {
    auto* const spec = new KindSpec();
    spec->name = "not_null";
    spec->shorthand = "columns";
    spec->params = {ParamSpec{.name = "columns",
                              .type = ParamType::kColumns,
                              .required = true,
                              .doc = "The columns."}};
    spec->id_params = {"columns"};
    spec->check = &CheckNothing;
    return spec;
  }();
  return {kSpec};
}

class FakeRegistry : public connections::Registry {
 public:
  FakeRegistry() {
    config_.name = "crm";
    other_.name = "warehouse";
  }
  std::vector<const connections::ConnectionConfig*> List() const override {
    return {&config_, &other_};
  }
  const connections::ConnectionConfig* Find(
      std::string_view name) const override {
    if (name == config_.name) return &config_;
    return name == other_.name ? &other_ : nullptr;
  }
  absl::StatusOr<std::vector<connections::Session>> Acquire(
      const std::vector<std::string>&, const CancellationToken&) override {
    return MakeError(ErrorReason::kInternal, "no sessions here");
  }
  absl::StatusOr<connections::ConnectionReport> Test(
      std::string_view, const CancellationToken&) override {
    return MakeError(ErrorReason::kInternal, "no connections here");
  }
  absl::StatusOr<int> KillOrphans(std::string_view name,
                                  const std::vector<int64_t>& ids,
                                  std::string_view marker) override {
    if (before_kill) before_kill();
    absl::MutexLock lock(&mu);
    for (const int64_t id : ids) {
      kills.push_back(
          absl::StrCat(std::string(name), "/", id, "/", std::string(marker)));
    }
    return kill_status.ok() ? absl::StatusOr<int>(static_cast<int>(ids.size()))
                            : kill_status;
  }

  std::function<void()> before_kill;
  absl::Status kill_status;
  absl::Mutex mu;
  std::vector<std::string> kills ABSL_GUARDED_BY(mu);

 private:
  connections::ConnectionConfig config_;
  connections::ConnectionConfig other_;
};

// What the fake engine does with a run; the default passes every rule.
struct Script {
  std::function<absl::Status(const engine::ExecuteRequest&, engine::Observer&,
                             const CancellationToken&)>
      body;
};

inline Result PassResult(const std::string& id) {
  Result result;
  result.rule_id = id;
  result.kind = "not_null";
  result.verdict = Verdict::kPass;
  return result;
}

// Hands over one result per rule of every group that is not done.
inline absl::Status PassEverything(const engine::ExecuteRequest& request,
                                   engine::Observer& observer,
                                   Verdict verdict = Verdict::kPass) {
  int index = 0;
  const int groups = engine::CountGroups(*request.rule_set);
  for (int group = 0; group < groups; ++group) {
    const auto& rules =
        request.rule_set->tables[static_cast<size_t>(group)].rules;
    for (const Rule& rule : rules) {
      if (request.done_groups.count(group) == 0) {
        Result result = PassResult(rule.id);
        result.verdict = verdict;
        observer.OnResult(index, result);
      }
      ++index;
    }
    if (request.done_groups.count(group) == 0) observer.OnGroupDone(group);
  }
  return absl::OkStatus();
}

// Waits for the token, as an engine does whose queries are cancelled.
inline absl::Status UntilCancelled(const CancellationToken& token) {
  while (!token.cancelled()) {
    SleepUnlessCancelled(absl::Seconds(5), token).IgnoreError();
  }
  return token.status();
}

inline std::string RuleSetText(int groups, int rules = 1,
                               const std::string& name = "shop/orders") {
  std::string text =
      absl::StrCat("version: 1\nname: ", name, "\nmigration: shop\ntables:\n");
  for (int group = 0; group < groups; ++group) {
    absl::StrAppend(&text, "  - connection: crm\n    table: t", group,
                    "\n    rules:\n");
    for (int rule = 0; rule < rules; ++rule) {
      absl::StrAppend(&text, "      - not_null: [c", rule, "]\n");
    }
  }
  return text;
}

class RunsTest : public ::testing::Test {
 protected:
  using Run = ::assay::runs::Run;  // Not testing::Test's.

  RunsTest() : clock_(absl::FromUnixSeconds(1'790'000'000)) {
    char path[] = "/tmp/assay-runs-test-XXXXXX";
    directory_ = mkdtemp(path);
    options_.store = NewStore("runs");
    options_.max_concurrent_runs = 4;
  }
  ~RunsTest() override {
    Release();
    manager_.reset();
    std::filesystem::remove_all(directory_);
  }

  Seams TestSeams() {
    Seams seams = RealSeams();
    seams.clock = &clock_;
    seams.sweep_interval = absl::InfiniteDuration();
    seams.max_lost_attempts = max_lost_attempts_;
    seams.execute = [this](const engine::ExecuteRequest& request,
                           connections::Registry&, engine::Observer& observer,
                           const CancellationToken& token) {
      std::function<absl::Status(const engine::ExecuteRequest&,
                                 engine::Observer&, const CancellationToken&)>
          body;
      {
        absl::MutexLock lock(&mu_);
        ++executions_;
        done_groups_seen_.push_back(request.done_groups);
        as_of_seen_.push_back(request.as_of);
        last_request_ = request;
        body = script_.body;
      }
      return body ? body(request, observer, token)
                  : PassEverything(request, observer);
    };
    return seams;
  }

  absl::Status TryOpen() { return TryOpen(TestSeams()); }
  absl::Status TryOpen(Seams seams) {
    auto manager = RunManagerImpl::Create(options_, &registry_, TestKinds(),
                                          std::move(seams));
    if (!manager.ok()) return manager.status();
    manager_ = *std::move(manager);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
#ifdef ASSAY_TEST_STORE_POSTGRESQL
    // What is left over is taken bit by bit, for others may have room.
    for (int i = 0; i < 8; ++i) manager_->Sweep();
#endif
  }

  void SetScript(
      std::function<absl::Status(const engine::ExecuteRequest&,
                                 engine::Observer&, const CancellationToken&)>
          body) {
    absl::MutexLock lock(&mu_);
    script_.body = std::move(body);
  }

  // A script that holds every execution until Release or its cancellation.
  void HoldExecutions() {
    {
      absl::MutexLock lock(&mu_);
      released_ = false;
    }
    SetScript([this](const engine::ExecuteRequest& request,
                     engine::Observer& observer,
                     const CancellationToken& token) -> absl::Status {
      while (true) {
        {
          absl::MutexLock lock(&mu_);
          if (released_) break;
        }
        if (token.cancelled()) return token.status();
        absl::SleepFor(absl::Milliseconds(1));
      }
      return PassEverything(request, observer);
    });
  }
  void Release() {
    absl::MutexLock lock(&mu_);
    released_ = true;
  }

  RunRequest Request(const std::string& request_id = "",
                     const std::string& text = RuleSetText(1)) {
    RunRequest request;
    request.rule_set_text = text;
    request.request_id = request_id;
    return request;
  }

  Run MustStart(const RunRequest& request) {
    absl::StatusOr<Run> run = manager_->Start(request, nullptr);
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : Run();
  }

  Run MustGet(const std::string& run_id) {
    absl::StatusOr<Run> run = manager_->Get(run_id, true);
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : Run();
  }

  // Polls until `condition` is true; for states that another thread enters.
  bool Eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return false;
  }

  Run AwaitState(const std::string& run_id, RunState state) {
    EXPECT_TRUE(Eventually([&] { return MustGet(run_id).state == state; }))
        << "is " << RunStateName(MustGet(run_id).state) << ", not "
        << RunStateName(state);
    return MustGet(run_id);
  }

  Run AwaitEnd(const std::string& run_id) {
    EXPECT_TRUE(Eventually([&] { return IsTerminal(MustGet(run_id).state); }))
        << RunStateName(MustGet(run_id).state);
    return MustGet(run_id);
  }

  int executions() {
    absl::MutexLock lock(&mu_);
    return executions_;
  }
  bool AwaitExecutions(int count) {
    return Eventually([&] { return executions() >= count; });
  }

  // An empty store that a manager can open.
  StoreOptions NewStore(const std::string& name) {
    return stores_.New(directory_, name);
  }

  // What kill -9 leaves: the store as it is at this moment.
  StoreOptions CopyStore() { return stores_.Copy(directory_, options_.store); }

  // The next server on what the dead one left.
  void CrashAndReopen() {
    const StoreOptions copy = CopyStore();
    manager_.reset();
    options_.store = copy;
    Open();
  }

  std::string directory_;
  FakeClock clock_;
  FakeRegistry registry_;
  ManagerOptions options_;
  int64_t max_lost_attempts_ = Seams().max_lost_attempts;
  absl::Mutex mu_;
  Script script_ ABSL_GUARDED_BY(mu_);
  bool released_ ABSL_GUARDED_BY(mu_) = false;
  int executions_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::set<int>> done_groups_seen_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::Time> as_of_seen_ ABSL_GUARDED_BY(mu_);
  engine::ExecuteRequest last_request_ ABSL_GUARDED_BY(mu_);
  TestStores stores_;
  std::unique_ptr<RunManagerImpl> manager_;
};

}  // namespace assay::runs

#endif  // ASSAY_TESTS_RUNS_FIXTURE_H_
