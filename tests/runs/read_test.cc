// SPDX-License-Identifier: Apache-2.0
// Events, listings, prefixes, retention; and claims against a model.
#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

class ReadTest : public RunsTest {
 protected:
  // All events after `after`, read in pages of `limit`.
  std::vector<Event> Replay(const std::string& run_id, int64_t after,
                            int limit = 3) {
    std::vector<Event> all;
    while (true) {
      auto events = manager_->ReadEvents(run_id, after, limit);
      EXPECT_TRUE(events.ok()) << events.status();
      if (!events.ok() || events->empty()) return all;
      EXPECT_LE(events->size(), static_cast<size_t>(limit));
      for (const Event& event : *events) {
        EXPECT_GT(event.sequence, after);
        after = event.sequence;
        all.push_back(event);
      }
    }
  }
  static std::vector<int> Indices(const std::vector<Event>& events) {
    std::vector<int> indices;
    for (const Event& event : events) {
      if (const auto* result = std::get_if<ResultEvent>(&event.what)) {
        indices.push_back(result->index);
      }
    }
    std::sort(indices.begin(), indices.end());
    return indices;
  }
};

TEST_F(ReadTest, EventsAreCompleteAndEndInAState) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken&) {
    engine::Progress progress;
    for (int i = 0; i < 100; ++i) {
      progress.rows_read = i;
      observer.OnProgress(progress);
    }
    return PassEverything(request, observer);
  });
  Open();
  const Run run = AwaitEnd(MustStart(Request("r1", RuleSetText(3, 2))).run_id);
  for (int round = 0; round < 2; ++round) {
    for (const int limit : {1, 2, 100}) {
      const std::vector<Event> events = Replay(run.run_id, 0, limit);
      ASSERT_FALSE(events.empty());
      EXPECT_EQ(Indices(events), (std::vector<int>{0, 1, 2, 3, 4, 5}));
      const auto* end = std::get_if<StateEvent>(&events.back().what);
      ASSERT_NE(end, nullptr);
      EXPECT_EQ(end->state, RunState::kSucceeded);
      EXPECT_EQ(events.back().sequence, run.sequence);
      EXPECT_LE(std::count_if(events.begin(), events.end(),
                              [](const Event& event) {
                                return std::holds_alternative<ProgressEvent>(
                                    event.what);
                              }),
                1);
      EXPECT_TRUE(Replay(run.run_id, run.sequence).empty());
    }
    manager_.reset();
    Open();  // From the store: the same results under the same numbers.
  }
}

TEST_F(ReadTest, ReaderThatReconnectsAfterACrashMissesNothing) {
  SetScript([](const engine::ExecuteRequest&, engine::Observer& observer,
               const CancellationToken& token) {
    observer.OnResult(0, PassResult("kept"));
    observer.OnGroupDone(0);
    observer.OnResult(1, PassResult("lost"));
    return UntilCancelled(token);
  });
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(3)));
  ASSERT_TRUE(
      Eventually([&] { return MustGet(run.run_id).outcome.counts.pass == 2; }));
  const std::vector<Event> before = Replay(run.run_id, 0);
  EXPECT_EQ(Indices(before), (std::vector<int>{0, 1}));
  SetScript(nullptr);
  CrashAndReopen();
  AwaitEnd(run.run_id);
  EXPECT_EQ(Indices(Replay(run.run_id, before.back().sequence)),
            (std::vector<int>{1, 2}));
  EXPECT_EQ(Indices(Replay(run.run_id, 0)), (std::vector<int>{0, 1, 2}));
}

TEST_F(ReadTest, SubscribersAreWokenUntilTheEnd) {
  HoldExecutions();
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  std::atomic<int> woken = 0;
  auto subscription = manager_->Subscribe(run.run_id, [&] { ++woken; });
  ASSERT_TRUE(subscription.ok());
  EXPECT_TRUE(Eventually([&] { return woken > 0; }));
  Release();
  AwaitEnd(run.run_id);
  const int64_t last = MustGet(run.run_id).sequence;
  EXPECT_TRUE(Eventually([&] {
    return woken > 1 && Replay(run.run_id, 0).back().sequence == last;
  }));
  subscription->reset();
  // Ended, in memory and from the store: one wake-up is enough.
  for (int round = 0; round < 2; ++round) {
    std::atomic<int> late = 0;
    auto ended = manager_->Subscribe(run.run_id, [&] { ++late; });
    ASSERT_TRUE(ended.ok());
    EXPECT_TRUE(Eventually([&] { return late > 0; }));
    ended->reset();
    manager_.reset();
    Open();
  }
  EXPECT_EQ(GetReason(manager_->Subscribe("zzzzzzzz", [] {}).status()),
            ErrorReason::kRunNotFound);
}

TEST_F(ReadTest, WakeMayCallTheManager) {
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  std::atomic<bool> done = false;
  auto subscription = manager_->Subscribe(run.run_id, [&] {
    if (IsTerminal(manager_->Get(run.run_id, false)->state)) done = true;
  });
  EXPECT_TRUE(Eventually([&] { return done.load(); }));
}

TEST_F(ReadTest, ListPagesNewestFirst) {
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    RunRequest request = Request(absl::StrCat("r", i),
                                 RuleSetText(1, 1, i % 2 ? "odd" : "even"));
    request.labels["n"] = i < 3 ? "low" : "high";
    if (i == 6) request.labels["x"] = "y";
    ids.push_back(MustStart(request).run_id);
    AwaitEnd(ids.back());
    if (i != 3) clock_.Advance(absl::Seconds(1));  // 3 and 4: the same time.
  }
  for (int size = 1; size <= 8; ++size) {
    std::vector<std::string> seen;
    std::optional<ListCursor> cursor;
    do {
      const absl::StatusOr<ListPage> page = manager_->List({}, cursor, size);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->runs.size(), static_cast<size_t>(size));
      for (const Run& run : page->runs) seen.push_back(run.run_id);
      cursor = page->next;
    } while (cursor.has_value());
    EXPECT_EQ(seen.size(), 7u);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 7u);
    EXPECT_EQ(seen.front(), ids[6]);
    EXPECT_EQ(seen.back(), ids[0]);
  }
  ListFilter filter;
  filter.rule_set_name = "odd";
  EXPECT_EQ(manager_->List(filter, std::nullopt, 10)->runs.size(), 3u);
  filter.labels["n"] = "high";
  EXPECT_EQ(manager_->List(filter, std::nullopt, 10)->runs.size(), 2u);
  filter = {};
  filter.labels = {{"n", "high"}, {"x", "y"}};
  EXPECT_EQ(manager_->List(filter, std::nullopt, 10)->runs.size(), 1u);
  filter = {};
  filter.verdict = Verdict::kFail;
  EXPECT_TRUE(manager_->List(filter, std::nullopt, 10)->runs.empty());
  filter = {};
  filter.migration = "shop";
  EXPECT_EQ(manager_->List(filter, std::nullopt, 10)->runs.size(), 7u);
  filter.active_only = true;
  EXPECT_TRUE(manager_->List(filter, std::nullopt, 10)->runs.empty());
  EXPECT_FALSE(manager_->List({}, std::nullopt, 0).ok());
}

TEST_F(ReadTest, PrefixOfARunId) {
  Open();
  const std::string a = MustStart(Request("r1")).run_id;
  EXPECT_EQ(MustGet(a.substr(0, 12)).run_id, a);
  std::string upper = a;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  EXPECT_EQ(MustGet(upper).run_id, a);
  const std::string b = MustStart(Request("r2")).run_id;
  const absl::Status ambiguous = manager_->Get(a.substr(0, 4), false).status();
  EXPECT_EQ(GetReason(ambiguous), ErrorReason::kArgumentInvalid);
  EXPECT_NE(ambiguous.message().find(b), absl::string_view::npos);
  EXPECT_EQ(GetReason(manager_->Get("01m", false).status()),
            ErrorReason::kArgumentInvalid);
  for (const char* id : {"zzzz", "....", "01234567890123456789",
                         "012345678901234567890", "a' OR 1=1"}) {
    EXPECT_EQ(GetReason(manager_->Get(id, false).status()),
              ErrorReason::kRunNotFound)
        << id;
  }
}

// On PostgreSQL it is the database's clock that says when.
#ifndef ASSAY_TEST_STORE_POSTGRESQL
TEST_F(ReadTest, RetentionByNumberAndByAge) {
  options_.keep_runs = 3;
  options_.keep_for = absl::Hours(24);
  HoldExecutions();
  Open();
  RunRequest held = Request("held");
  held.options.detached = true;
  const std::string active = MustStart(held).run_id;
  ASSERT_TRUE(AwaitExecutions(1));
  SetScript(nullptr);
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(absl::Seconds(1));
    ids.push_back(MustStart(Request(absl::StrCat("r", i))).run_id);
    AwaitEnd(ids.back());
  }
  ASSERT_TRUE(Eventually([&] { return manager_->active_runs() == 1; }));
  manager_->Sweep();
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(manager_->Get(ids[i], false).ok(), i >= 3) << i;
  }
  // The request_id went with its run.
  EXPECT_NE(MustStart(Request("r0")).run_id, ids[0]);
  ASSERT_TRUE(Eventually([&] { return manager_->active_runs() == 1; }));
  clock_.Advance(absl::Hours(30));
  manager_->Sweep();
  const absl::StatusOr<ListPage> page = manager_->List({}, std::nullopt, 10);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->runs.size(), 1u);  // Active runs are never removed.
  EXPECT_EQ(page->runs[0].run_id, active);
}
#endif

TEST_F(ReadTest, MoreRunsThanMemoryKeeps) {
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.push_back(MustStart(Request(absl::StrCat("r", i))).run_id);
  }
  for (const std::string& id : ids) {
    const Run run = AwaitEnd(id);
    EXPECT_EQ(run.outcome.verdict, Verdict::kPass);
    EXPECT_EQ(run.results.size(), 1u);
  }
}

// Random starts and cancels of one correlation, against a plain model.
TEST_F(ReadTest, ClaimsBehaveAsTheirModel) {
  std::mt19937 random(7);
  max_lost_attempts_ = 1000;
  for (int round = 0; round < 15; ++round) {
    manager_.reset();
    options_.store = NewStore(absl::StrCat("model", round));
    HoldExecutions();
    Open();
    std::map<std::string, std::string> run_of;          // request → run
    std::map<std::string, std::set<std::string>> live;  // run → claims
    for (int step = 0; step < 40 && !HasFailure(); ++step) {
      SCOPED_TRACE(absl::StrCat("round ", round, " step ", step));
      const std::string id = absl::StrCat("q", random() % 8);
      if (random() % 8 == 0) {
        CrashAndReopen();
      } else if (random() % 2 == 0) {
        RunRequest request = Request(id);
        request.correlation_id = "task";
        request.attach = random() % 3 == 0 ? Attach::kNever : Attach::kAlways;
        const std::string run = MustStart(request).run_id;
        if (run_of.count(id) > 0) {
          EXPECT_EQ(run, run_of[id]);
          continue;
        }
        if (request.attach == Attach::kAlways && !live.empty()) {
          EXPECT_EQ(live.count(run), 1u);
        } else {
          EXPECT_EQ(live.count(run), 0u);
        }
        run_of[id] = run;
        live[run].insert(id);
      } else if (run_of.count(id) > 0) {
        const std::string run = run_of[id];
        const absl::StatusOr<Run> answer = manager_->Cancel(run, id);
        auto it = live.find(run);
        if (it == live.end()) {
          EXPECT_EQ(GetReason(answer.status()),
                    ErrorReason::kRunAlreadyFinished);
          continue;
        }
        ASSERT_TRUE(answer.ok()) << answer.status();
        it->second.erase(id);
        if (!it->second.empty()) continue;
        live.erase(it);
        AwaitState(run, RunState::kCancelled);
      }
      EXPECT_EQ(manager_->active_runs(), static_cast<int64_t>(live.size()));
    }
  }
}

// Everything at once; for the sanitizers.
TEST_F(ReadTest, ManyThreads) {
  options_.max_concurrent_runs = 3;
  Seams seams = TestSeams();
  seams.sweep_interval = absl::Milliseconds(1);
  ASSERT_TRUE(TryOpen(std::move(seams)).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 15; ++i) {
        RunRequest request =
            Request(absl::StrCat("t", t % 3, "/", i), RuleSetText(2, 2));
        request.correlation_id = absl::StrCat("c", i % 2);
        request.attach = Attach::kAlways;
        const Run run = MustStart(request);
        auto subscription =
            manager_->Subscribe(run.run_id, [this, id = run.run_id] {
              manager_->ReadEvents(id, 0, 100).IgnoreError();
            });
        if (i % 4 == t % 4) {
          manager_->Cancel(run.run_id, request.request_id).IgnoreError();
        }
        clock_.Advance(absl::Seconds(7));
        manager_->List({}, std::nullopt, 5).IgnoreError();
        EXPECT_TRUE(Eventually([&] {
          return IsTerminal(manager_->Get(run.run_id, false)->state);
        }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Eventually([&] { return manager_->active_runs() == 0; }));
}

}  // namespace
}  // namespace assay::runs
