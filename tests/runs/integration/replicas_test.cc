// SPDX-License-Identifier: Apache-2.0
// Two managers on one run store: calls through either, lost servers, lost
// stores. tests/e2e/replicas_test.py does it to whole servers.
#include <fstream>
#include <future>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

namespace fs = std::filesystem;

using Body =
    std::function<absl::Status(const engine::ExecuteRequest&, engine::Observer&,
                               const CancellationToken&)>;

// A connection that fails while `cut`, as one whose cable was pulled.
class CuttableStore : public db::StoreConnection {
 public:
  CuttableStore(std::unique_ptr<db::StoreConnection> inner,
                const std::atomic<bool>* cut)
      : inner_(std::move(inner)), cut_(cut) {}
  absl::StatusOr<std::vector<db::StoreRow>> Run(
      const db::Statement& statement) override {
    ASSAY_RETURN_IF_ERROR(Cut());
    return inner_->Run(statement);
  }
  bool alive() const override { return !lost_ && inner_->alive(); }
  int64_t changed_rows() const override { return inner_->changed_rows(); }
  absl::Status Begin() override {
    ASSAY_RETURN_IF_ERROR(Cut());
    return inner_->Begin();
  }
  absl::Status Commit() override {
    ASSAY_RETURN_IF_ERROR(Cut());
    return inner_->Commit();
  }
  absl::Status Rollback() override { return inner_->Rollback(); }

 private:
  absl::Status Cut() {
    if (!*cut_) return absl::OkStatus();
    lost_ = true;
    return MakeError(ErrorReason::kConnectionLost, "the cable is pulled");
  }

  const std::unique_ptr<db::StoreConnection> inner_;
  const std::atomic<bool>* const cut_;
  bool lost_ = false;
};

// One server of several.
struct Replica {
  explicit Replica(const StoreOptions& store, const std::string& directory)
      : clock(absl::FromUnixSeconds(1'790'000'000)),
        uptime(absl::FromUnixSeconds(0)) {
    options.store = store;
    options.directory = directory;
  }

  void Open() {
    Seams seams = RealSeams();
    seams.clock = &clock;
    seams.membership_clock = &uptime;
    seams.sweep_interval = absl::InfiniteDuration();
    seams.execute = [this](const engine::ExecuteRequest& request,
                           connections::Registry&, engine::Observer& observer,
                           const CancellationToken& token) {
      Body now;
      {
        absl::MutexLock lock(&mu);
        ++executions;
        now = body;
      }
      return now ? now(request, observer, token)
                 : PassEverything(request, observer);
    };
    seams.open_store = [this](const StoreSource& source)
        -> absl::StatusOr<std::unique_ptr<db::StoreConnection>> {
      if (cut) {
        return MakeError(ErrorReason::kDatabaseUnreachable,
                         "the cable is pulled");
      }
      ASSAY_ASSIGN_OR_RETURN(auto inner, source.Connect());
      return std::make_unique<CuttableStore>(std::move(inner), &cut);
    };
    auto opened = RunManagerImpl::Create(options, &registry, TestKinds(),
                                         std::move(seams));
    ASSERT_TRUE(opened.ok()) << opened.status();
    manager = *std::move(opened);
  }

  void Do(Body what) {
    absl::MutexLock lock(&mu);
    body = std::move(what);
  }
  // Holds every execution until Release or its cancellation; then judges.
  void Hold(Verdict verdict = Verdict::kPass) {
    released = false;
    Do([this, verdict](const engine::ExecuteRequest& request,
                       engine::Observer& observer,
                       const CancellationToken& token) -> absl::Status {
      while (!released) {
        if (token.cancelled() && !deaf) return token.status();
        absl::SleepFor(absl::Milliseconds(1));
      }
      return PassEverything(request, observer, verdict);
    });
  }
  int Executions() {
    absl::MutexLock lock(&mu);
    return executions;
  }

  FakeClock clock;
  FakeClock uptime;
  FakeRegistry registry;
  ManagerOptions options;
  std::atomic<bool> cut = false;
  std::atomic<bool> released = false;
  std::atomic<bool> deaf = false;  // Cancelling is not heard.
  absl::Mutex mu;
  Body body ABSL_GUARDED_BY(mu);
  int executions ABSL_GUARDED_BY(mu) = 0;
  std::unique_ptr<RunManagerImpl> manager;
};

class ReplicasTest : public ::testing::Test {
 protected:
  using Run = ::assay::runs::Run;  // Not testing::Test's.

  ReplicasTest()
      : store_(stores_.New("", "")),
        a_(store_, directory_.File("a")),
        b_(store_, directory_.File("b")) {}
  ~ReplicasTest() override {
    for (Replica* replica : {&a_, &b_}) {
      replica->released = true;
      replica->cut = false;
      replica->manager.reset();
    }
  }

  void OpenBoth() {
    a_.Open();
    b_.Open();
    ASSERT_TRUE(a_.manager != nullptr && b_.manager != nullptr);
    ASSERT_NE(a_.manager->server_id(), b_.manager->server_id());
  }

  static RunRequest Request(const std::string& request_id = "",
                            const std::string& text = RuleSetText(1)) {
    RunRequest request;
    request.rule_set_text = text;
    request.request_id = request_id;
    return request;
  }
  static RunRequest Correlated(const std::string& request_id, Attach attach) {
    RunRequest request = Request(request_id);
    request.correlation_id = "dag";
    request.attach = attach;
    return request;
  }

  Run Start(Replica& on, const RunRequest& request) {
    const absl::StatusOr<Run> run = on.manager->Start(request, nullptr);
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : Run();
  }
  Run Get(Replica& on, const std::string& run_id) {
    const absl::StatusOr<Run> run = on.manager->Get(run_id, true);
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : Run();
  }
  bool Eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 20000; ++i) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return false;
  }
  bool AwaitExecutions(Replica& on, int count) {
    return Eventually([&] { return on.Executions() >= count; });
  }
  Run AwaitEnd(Replica& on, const std::string& run_id) {
    EXPECT_TRUE(Eventually([&] { return IsTerminal(Get(on, run_id).state); }))
        << RunStateName(Get(on, run_id).state);
    return Get(on, run_id);
  }
  void Sql(const std::string& sql) {
    stores_.Run(absl::StrCat("SET search_path TO ",
                             PostgresqlStores::SchemaOf(store_)));
    stores_.Run(sql);
  }
  // What the store believes of a server that has been silent for too long.
  void Expire(Replica& replica) {
    Sql(absl::StrCat("UPDATE servers SET expires = 0 WHERE server_id = '",
                     replica.manager->server_id(), "'"));
  }

  PostgresqlStores stores_;
  assay::testing::ScratchDirectory directory_;
  StoreOptions store_;
  Replica a_;
  Replica b_;
};

TEST_F(ReplicasTest, ARequestIdIsKnownToAll) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  EXPECT_EQ(Start(b_, Request("r1")).run_id, run.run_id);
  EXPECT_EQ(
      GetReason(
          b_.manager->Start(Request("r1", RuleSetText(2)), nullptr).status()),
      ErrorReason::kRequestIdReused);
  a_.released = true;
  EXPECT_EQ(AwaitEnd(b_, run.run_id).outcome.verdict, Verdict::kPass);
  EXPECT_EQ(Start(b_, Request("r1")).state, RunState::kSucceeded);
  EXPECT_EQ(b_.Executions(), 0);
  // At the same moment, on both.
  for (int i = 0; i < 20; ++i) {
    const RunRequest request = Request(absl::StrCat("same", i));
    Run on_b;
    std::thread other([&] { on_b = Start(b_, request); });
    const Run on_a = Start(a_, request);
    other.join();
    EXPECT_EQ(on_a.run_id, on_b.run_id);
  }
}

TEST_F(ReplicasTest, WaitsAreWokenByWhatHappensElsewhere) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1", RuleSetText(2)));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  std::atomic<int> woken = 0;
  const auto subscription = b_.manager->Subscribe(run.run_id, [&] { ++woken; });
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  ASSERT_TRUE(Eventually(
      [&] { return Get(b_, run.run_id).state == RunState::kRunning; }));
  const int before = woken;
  a_.released = true;
  ASSERT_TRUE(Eventually([&] { return woken > before; }));
  const Run ended = AwaitEnd(b_, run.run_id);
  EXPECT_EQ(ended.outcome.decision, Decision::kProceed);
  EXPECT_EQ(ended.results.size(), 2u);
  const auto events = b_.manager->ReadEvents(run.run_id, 0, 100);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(std::get<StateEvent>(events->back().what).state,
            RunState::kSucceeded);
  // Pages of one come to the same end.
  std::vector<int64_t> sequences;
  int64_t after = 0;
  while (true) {
    const auto page = b_.manager->ReadEvents(run.run_id, after, 1);
    ASSERT_TRUE(page.ok()) << page.status();
    if (page->empty()) break;
    after = (*page)[0].sequence;
    sequences.push_back(after);
  }
  EXPECT_EQ(sequences.size(), 3u);
}

TEST_F(ReplicasTest, ProgressIsSeenElsewhere) {
  OpenBoth();
  std::atomic<bool> more = false;
  a_.Do([&](const engine::ExecuteRequest& request, engine::Observer& observer,
            const CancellationToken&) {
    engine::Progress progress;
    progress.rows_read = 41;
    progress.activity = "reads t0";
    observer.OnProgress(progress);
    while (!more) absl::SleepFor(absl::Milliseconds(1));
    return PassEverything(request, observer);
  });
  const Run run = Start(a_, Request("r1"));
  const auto subscription = b_.manager->Subscribe(run.run_id, [] {});
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  // Its owner hears that somebody looks, and tells more often.
  EXPECT_TRUE(Eventually([&] {
    a_.manager->Sweep();
    a_.clock.Advance(absl::Seconds(1));
    const Run seen = Get(b_, run.run_id);
    return seen.progress.rows_read == 41 &&
           seen.progress.activity == "reads t0";
  }));
  const auto events = b_.manager->ReadEvents(run.run_id, 0, 100);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_FALSE(events->empty());
  EXPECT_TRUE(std::holds_alternative<ProgressEvent>(events->back().what));
  more = true;
  AwaitEnd(b_, run.run_id);
}

TEST_F(ReplicasTest, CancelReachesTheOwner) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  EXPECT_EQ(GetReason(b_.manager->Cancel(run.run_id, "r2").status()),
            ErrorReason::kArgumentInvalid);
  const auto cancelled = b_.manager->Cancel(run.run_id, "r1");
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state, RunState::kCancelling);
  a_.manager->Sweep();
  const Run ended = AwaitEnd(a_, run.run_id);
  EXPECT_EQ(ended.state, RunState::kCancelled);
  EXPECT_EQ(ended.outcome.decision, Decision::kHold);
  EXPECT_EQ(GetReason(b_.manager->Cancel(run.run_id, "").status()),
            ErrorReason::kRunAlreadyFinished);
}

TEST_F(ReplicasTest, WhoWasToldThatItIsCancelledNeverSeesItSucceed) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  ASSERT_TRUE(b_.manager->Cancel(run.run_id, "").ok());
  a_.released = true;  // It ends before its owner has heard.
  EXPECT_EQ(AwaitEnd(a_, run.run_id).state, RunState::kCancelled);
  EXPECT_EQ(Get(b_, run.run_id).outcome.decision, Decision::kHold);
}

TEST_F(ReplicasTest, ClaimsOfAllServersCount) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Correlated("r1", Attach::kAlways));
  EXPECT_EQ(Start(b_, Correlated("r2", Attach::kAlways)).run_id, run.run_id);
  EXPECT_NE(Start(b_, Correlated("r3", Attach::kNever)).run_id, run.run_id);
  EXPECT_NE(Start(b_, Correlated("r4", Attach::kOrphaned)).run_id, run.run_id)
      << "somebody holds a lease on it";
  EXPECT_EQ(a_.manager->Cancel(run.run_id, "r1")->state, RunState::kRunning);
  EXPECT_EQ(b_.manager->Cancel(run.run_id, "r2")->state, RunState::kCancelling);
  a_.manager->Sweep();
  EXPECT_EQ(AwaitEnd(b_, run.run_id).state, RunState::kCancelled);
}

TEST_F(ReplicasTest, AnOrphanedRunIsAttachedToFromElsewhere) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Correlated("r1", Attach::kOrphaned));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  a_.clock.Advance(absl::Minutes(16));
  a_.manager->Sweep();  // Suspends it, and tells that nobody holds it.
  ASSERT_TRUE(Eventually([&] {
    a_.manager->Sweep();
    return Get(a_, run.run_id).state == RunState::kSuspended;
  }));
  a_.manager->Sweep();
  // The sixteen minutes went by on our clock, not on the database's.
  stores_.Run(absl::StrCat("UPDATE ", PostgresqlStores::SchemaOf(store_),
                           ".runs SET leased_until = 0"));
  EXPECT_EQ(Start(b_, Correlated("r2", Attach::kOrphaned)).run_id, run.run_id);
  a_.manager->Sweep();  // The owner hears of it, and goes on.
  ASSERT_TRUE(AwaitExecutions(a_, 2));
  a_.released = true;
  EXPECT_EQ(AwaitEnd(b_, run.run_id).state, RunState::kSucceeded);
}

TEST_F(ReplicasTest, AWaitElsewhereKeepsTheLeaseAndResumes) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  a_.clock.Advance(absl::Minutes(16));
  a_.manager->Sweep();
  ASSERT_TRUE(Eventually(
      [&] { return Get(a_, run.run_id).state == RunState::kSuspended; }));
  a_.manager->Sweep();
  const auto subscription = b_.manager->Subscribe(run.run_id, [] {});
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  ASSERT_TRUE(Eventually([&] {
    a_.manager->Sweep();
    return a_.Executions() == 2;
  }));
  a_.released = true;
  EXPECT_EQ(AwaitEnd(b_, run.run_id).state, RunState::kSucceeded);
}

TEST_F(ReplicasTest, RunsOfADeadServerGoOn) {
  OpenBoth();
  a_.Do([](const engine::ExecuteRequest& request, engine::Observer& observer,
           const CancellationToken& token) {
    EXPECT_EQ(request.done_groups.size(), 0u);
    EXPECT_TRUE(observer.OnSession("crm", 41).ok());
    observer.OnResult(0, PassResult("first"));
    observer.OnGroupDone(0);
    observer.OnResult(1, PassResult("half"));
    return UntilCancelled(token);
  });
  const Run run = Start(a_, Request("r1", RuleSetText(3)));
  ASSERT_TRUE(
      Eventually([&] { return Get(b_, run.run_id).outcome.counts.pass >= 1; }));
  std::atomic<bool> woken = false;
  const auto subscription =
      b_.manager->Subscribe(run.run_id, [&] { woken = true; });
  b_.manager->Sweep();
  EXPECT_EQ(b_.Executions(), 0) << "its owner is alive";
  a_.cut = true;
  Expire(a_);
  b_.manager->Sweep();
  const Run ended = AwaitEnd(b_, run.run_id);
  EXPECT_EQ(ended.state, RunState::kSucceeded);
  EXPECT_EQ(ended.attempts, 2);
  EXPECT_EQ(ended.as_of_time, run.as_of_time);
  EXPECT_EQ(ended.results[0]->rule_id, "first");
  EXPECT_NE(ended.results[1]->rule_id, "half");
  EXPECT_TRUE(Eventually([&] { return woken.load(); }));
  absl::MutexLock lock(&b_.registry.mu);
  EXPECT_EQ(b_.registry.kills, std::vector<std::string>{
                                   "crm/41/" + engine::RunMarker(run.run_id)});
}

// The server that was paused finishes what it had begun, and nobody believes
// it.
TEST_F(ReplicasTest, WhoWasPausedOverwritesNothing) {
  OpenBoth();
  a_.Hold(Verdict::kFail);
  a_.deaf = true;
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  std::atomic<int> woken = 0;
  const auto subscription = a_.manager->Subscribe(run.run_id, [&] { ++woken; });
  Expire(a_);
  b_.Hold();
  b_.manager->Sweep();
  ASSERT_TRUE(AwaitExecutions(b_, 1));
  a_.released = true;  // Before it has heard that it is dead.
  ASSERT_TRUE(Eventually([&] { return a_.manager->active_runs() == 0; }));
  EXPECT_EQ(Get(a_, run.run_id).state, RunState::kRunning) << "as b has it";
  EXPECT_EQ(Get(b_, run.run_id).state, RunState::kRunning);
  const int before = woken;
  b_.released = true;
  EXPECT_EQ(AwaitEnd(b_, run.run_id).outcome.verdict, Verdict::kPass);
  EXPECT_EQ(AwaitEnd(a_, run.run_id).outcome.verdict, Verdict::kPass);
  // Who waits on the loser hears of the end, too.
  EXPECT_TRUE(Eventually([&] { return woken > before; }));
  // It is a member again, under another name, and works.
  const std::string old = a_.manager->server_id();
  a_.manager->Sweep();
  EXPECT_NE(a_.manager->server_id(), old);
  EXPECT_EQ(AwaitEnd(b_, Start(a_, Request("r2")).run_id).outcome.verdict,
            Verdict::kFail);
}

TEST_F(ReplicasTest, WhoIsTakenForDeadStopsItsQueries) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  Expire(a_);
  b_.Hold();
  b_.manager->Sweep();
  ASSERT_TRUE(AwaitExecutions(b_, 1));
  a_.manager->Sweep();
  EXPECT_EQ(a_.manager->active_runs(), 0);
  b_.released = true;
  EXPECT_EQ(AwaitEnd(a_, run.run_id).attempts, 2);
}

TEST_F(ReplicasTest, AServerThatDrainsHandsOver) {
  OpenBoth();
  a_.Hold();
  const Run running = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  a_.manager->Drain(absl::ZeroDuration());
  b_.manager->Sweep();
  const Run ended = AwaitEnd(b_, running.run_id);
  EXPECT_EQ(ended.state, RunState::kSucceeded);
  EXPECT_EQ(ended.lost_attempts, 0);
}

TEST_F(ReplicasTest, OrphansAreTakenAsThereIsRoom) {
  b_.options.max_concurrent_runs = 2;
  OpenBoth();
  a_.Hold();
  b_.Hold();
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(Start(a_, Request(absl::StrCat("r", i))).run_id);
  }
  ASSERT_TRUE(b_.manager->Cancel(ids[5], "").ok());
  a_.cut = true;
  Expire(a_);
  b_.manager->Sweep();
  // Two that are executed, and the cancelled one, which has ended at once.
  EXPECT_EQ(b_.manager->active_runs(), 2);
  EXPECT_EQ(Get(b_, ids[5]).state, RunState::kCancelled);
  b_.manager->Sweep();
  EXPECT_EQ(b_.manager->active_runs(), 3) << "one at a time all the same";
  b_.released = true;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Eventually([&] {
      b_.manager->Sweep();
      return IsTerminal(Get(b_, ids[static_cast<size_t>(i)]).state);
    }));
  }
}

TEST_F(ReplicasTest, DifferencesAreSeenEverywhereAndRechecked) {
  std::string lines;
  for (int i = 0; i < 20000; ++i) {
    absl::StrAppend(&lines, "{\"kind\":\"changed\",\"key\":{\"id\":\"", i,
                    "\"}}\n");
  }
  OpenBoth();
  a_.Do([&](const engine::ExecuteRequest& request, engine::Observer& observer,
            const CancellationToken&) {
    const std::string path =
        DifferencesPath(request.directory, request.run_id, "t0.not_null.c0");
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << lines;
    Result result = PassResult("t0.not_null.c0");
    result.verdict = Verdict::kFail;
    result.differences = 20000;
    observer.OnResult(0, result);
    observer.OnGroupDone(0);
    return absl::OkStatus();
  });
  const Run run = Start(a_, Request("r1"));
  EXPECT_EQ(AwaitEnd(b_, run.run_id).outcome.verdict, Verdict::kFail);
  std::string read;
  int64_t offset = 0;
  int pages = 0;
  while (offset >= 0) {
    const auto page = b_.manager->ListDifferences(run.run_id, "t0.not_null.c0",
                                                  offset, 7000, 1 << 20);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const std::string& line : page->lines) {
      absl::StrAppend(&read, line, "\n");
    }
    offset = page->next;
    ++pages;
  }
  EXPECT_TRUE(read == lines);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(
      GetReason(
          b_.manager->ListDifferences(run.run_id, "t0.not_null.c0", 3, 10, 1000)
              .status()),
      ErrorReason::kPageTokenInvalid);
  EXPECT_EQ(
      GetReason(
          b_.manager->ListDifferences(run.run_id, "x", 0, 10, 1000).status()),
      ErrorReason::kDifferencesNotFound);
  // Its files have gone with the execution.
  EXPECT_TRUE(
      Eventually([&] { return fs::is_empty(directory_.File("a") + "/runs"); }));
  std::string found;
  b_.Do([&](const engine::ExecuteRequest& request, engine::Observer& observer,
            const CancellationToken&) {
    EXPECT_EQ(request.recheck_of, run.run_id);
    std::ifstream in(DifferencesPath(request.directory, request.recheck_of,
                                     "t0.not_null.c0"),
                     std::ios::binary);
    found.assign(std::istreambuf_iterator<char>(in), {});
    return PassEverything(request, observer);
  });
  RunRequest recheck;
  recheck.recheck_of = run.run_id;
  AwaitEnd(a_, Start(b_, recheck).run_id);
  EXPECT_TRUE(found == lines);
}

TEST_F(ReplicasTest, CheckpointsOfASharedDirectoryAreCopied) {
  b_.options.directory = a_.options.directory;
  OpenBoth();
  std::promise<std::string> told;
  a_.deaf = true;
  a_.Do([&](const engine::ExecuteRequest& request, engine::Observer& observer,
            const CancellationToken&) -> absl::Status {
    const std::string scratch =
        ScratchDirectory(request.directory, request.run_id);
    fs::create_directories(scratch + "/diff");
    std::ofstream(scratch + "/diff/window") << "a's";
    told.set_value(scratch);
    a_.released = false;
    observer.OnProgress({});
    while (!a_.released) absl::SleepFor(absl::Milliseconds(1));
    return PassEverything(request, observer);
  });
  const Run run = Start(a_, Request("r1"));
  const std::string scratch_a = told.get_future().get();
  EXPECT_EQ(scratch_a, directory_.File("a") + "/runs/" + run.run_id +
                           ".0/scratch/" + run.run_id);
  std::atomic<bool> go = false;
  std::string found;
  b_.Do([&](const engine::ExecuteRequest& request, engine::Observer& observer,
            const CancellationToken&) {
    const std::string scratch =
        ScratchDirectory(request.directory, request.run_id);
    EXPECT_NE(scratch, scratch_a);
    while (!go) absl::SleepFor(absl::Milliseconds(1));
    std::ifstream(scratch + "/diff/window") >> found;
    return PassEverything(request, observer);
  });
  Expire(a_);
  b_.manager->Sweep();
  ASSERT_TRUE(AwaitExecutions(b_, 1));
  std::ofstream(scratch_a + "/diff/window") << "spoilt";
  go = true;
  EXPECT_EQ(AwaitEnd(b_, run.run_id).attempts, 2);
  EXPECT_EQ(found, "a's");
  a_.released = true;
}

TEST_F(ReplicasTest, ADirectoryIsOfOneStore) {
  OpenBoth();
  Replica other(stores_.New("", ""), a_.options.directory);
  auto opened = RunManagerImpl::Create(other.options, &other.registry,
                                       TestKinds(), RealSeams());
  EXPECT_EQ(GetReason(opened.status()), ErrorReason::kStoreFailed);
  EXPECT_NE(opened.status().message().find("belongs to another run store"),
            absl::string_view::npos)
      << opened.status();
  // Nor is it a server's that keeps its runs for itself.
  EXPECT_EQ(GetReason(StateDirectory::Open(a_.options.directory).status()),
            ErrorReason::kStoreFailed);
}

TEST_F(ReplicasTest, AStoreThatIsGoneIsWaitedFor) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  const Run other = Start(b_, Request("r2"));
  AwaitEnd(b_, other.run_id);
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  a_.cut = true;
  const absl::Status refused =
      a_.manager->Start(Request("r3"), nullptr).status();
  EXPECT_EQ(GetReason(refused), ErrorReason::kStoreUnreachable) << refused;
  EXPECT_TRUE(IsRetryable(refused));
  EXPECT_EQ(GetReason(a_.manager->Get(other.run_id, false).status()),
            ErrorReason::kStoreUnreachable);
  EXPECT_EQ(GetReason(a_.manager->Cancel(run.run_id, "").status()),
            ErrorReason::kStoreUnreachable);
  // What ends meanwhile has not ended before it is stored.
  a_.released = true;
  absl::SleepFor(absl::Milliseconds(100));
  a_.manager->Sweep();
  EXPECT_EQ(Get(a_, run.run_id).state, RunState::kRunning);
  EXPECT_EQ(Get(b_, run.run_id).state, RunState::kRunning);
  a_.cut = false;
  ASSERT_TRUE(Eventually([&] {
    a_.manager->Sweep();
    return IsTerminal(Get(a_, run.run_id).state);
  }));
  EXPECT_EQ(Get(b_, run.run_id).outcome.verdict, Verdict::kPass);
  EXPECT_EQ(a_.Executions(), 1);
  EXPECT_EQ(Start(a_, Request("r1")).run_id, run.run_id);
}

TEST_F(ReplicasTest, AServerThatCannotSayThatItIsAliveStops) {
  OpenBoth();
  a_.Hold();
  const Run run = Start(a_, Request("r1"));
  ASSERT_TRUE(AwaitExecutions(a_, 1));
  a_.cut = true;
  a_.uptime.Advance(store_.takeover_after * 0.8);
  a_.manager->Sweep();
  EXPECT_EQ(a_.manager->active_runs(), 1);
  EXPECT_EQ(Get(a_, run.run_id).state, RunState::kRunning);
  a_.uptime.Advance(store_.takeover_after * 0.2);
  EXPECT_EQ(GetReason(a_.manager->Get(run.run_id, false).status()),
            ErrorReason::kStoreUnreachable)
      << "it may be another's by now";
  a_.manager->Sweep();
  EXPECT_EQ(a_.manager->active_runs(), 0);
  // Nobody has taken it: it goes on here, and the attempt is not held against
  // it.
  a_.cut = false;
  a_.Hold();
  ASSERT_TRUE(Eventually([&] {
    a_.manager->Sweep();
    return a_.manager->active_runs() == 1;
  }));
  ASSERT_TRUE(AwaitExecutions(a_, 2));
  EXPECT_EQ(Get(a_, run.run_id).lost_attempts, 1) << "only the one under way";
  a_.released = true;
  const Run ended = AwaitEnd(b_, run.run_id);
  EXPECT_EQ(ended.state, RunState::kSucceeded);
  EXPECT_EQ(ended.attempts, 2);
}

}  // namespace
}  // namespace assay::runs
