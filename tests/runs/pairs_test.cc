// SPDX-License-Identifier: Apache-2.0
// Finished pairs of wildcards: kept within a run, for its next execution and
// for its rechecks.
#include <memory>

#include "tests/runs/fixture.h"
#include "validator/runs/store.h"

namespace assay::runs {
namespace {

using engine::PairResult;
using engine::PairResults;

class PairsTest : public RunsTest {
 protected:
  static PairResult Pair(const std::string& binding, int64_t keys) {
    PairResult pair;
    pair.binding = binding;
    pair.result = PassResult("d");
    pair.result.table = "\"odd \xff\".\"t\"";
    pair.result.diff.emplace().keys = keys;
    return pair;
  }

  // Finishes `count` pairs more than are done, and then waits for ever.
  void FinishSome(int count) {
    SetScript([this, count](const engine::ExecuteRequest& request,
                            engine::Observer& observer,
                            const CancellationToken& token) {
      const auto done = request.done_pairs.find(0);
      const size_t from =
          done == request.done_pairs.end() ? 0 : done->second.size();
      for (size_t i = from; i < from + static_cast<size_t>(count); ++i) {
        observer.OnPairDone(0, absl::StrCat("p", i), Pair("b", 1));
      }
      finished_ = true;
      return UntilCancelled(token);
    });
  }

  engine::ExecuteRequest LastRequest() {
    absl::MutexLock lock(&mu_);
    return last_request_;
  }

  std::map<int, PairResults> Stored(const std::string& run_id) {
    auto source = StoreSource::Open(options_.store);
    EXPECT_TRUE(source.ok()) << source.status();
    auto store = Store::Open([&] { return (*source)->Connect(); },
                             (*source)->dialect(), 1);
    EXPECT_TRUE(store.ok()) << store.status();
    return *(*store)->LoadPairs(run_id);
  }

  std::atomic<bool> finished_ = false;
};

TEST_F(PairsTest, GoOnWithTheRunAfterACrash) {
  const std::string odd = "`a``b`.`\xff`";
  SetScript([&](const engine::ExecuteRequest&, engine::Observer& observer,
                const CancellationToken& token) {
    observer.OnPairDone(0, "p", Pair("old", 1));
    observer.OnPairDone(0, "p", Pair("new", 2));
    observer.OnPairDone(0, odd, Pair("b", 3));
    observer.OnPairDone(1, "p", Pair("b", 4));
    finished_ = true;
    return UntilCancelled(token);
  });
  Open();
  const Run run = MustStart(Request("r1", RuleSetText(1, 2)));
  ASSERT_TRUE(Eventually([&] { return finished_.load(); }));
  EXPECT_TRUE(LastRequest().done_pairs.empty());
  SetScript(nullptr);
  CrashAndReopen();
  EXPECT_EQ(AwaitEnd(run.run_id).state, RunState::kSucceeded);
  const auto pairs = LastRequest().done_pairs;
  ASSERT_EQ(pairs.size(), 2u);
  ASSERT_EQ(pairs.at(0).size(), 2u);
  EXPECT_EQ(pairs.at(0).at("p").binding, "new");
  EXPECT_EQ(pairs.at(0).at("p").result, Pair("new", 2).result);
  EXPECT_EQ(pairs.at(0).at(odd).result.diff->keys, 3);
  EXPECT_EQ(pairs.at(1).at("p").result.diff->keys, 4);
  // They are of this run.
  AwaitEnd(MustStart(Request("r2", RuleSetText(1, 2))).run_id);
  EXPECT_TRUE(LastRequest().done_pairs.empty());
}

TEST_F(PairsTest, ARecheckKnowsThem) {
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken&) {
    observer.OnPairDone(0, "p", Pair("b", 20000));
    return PassEverything(request, observer, Verdict::kFail);
  });
  Open();
  const Run parent = AwaitEnd(MustStart(Request()).run_id);
  EXPECT_TRUE(LastRequest().earlier_pairs.empty());
  SetScript(nullptr);
  RunRequest request;
  request.recheck_of = parent.run_id;
  AwaitEnd(MustStart(request).run_id);
  EXPECT_TRUE(LastRequest().done_pairs.empty());
  ASSERT_EQ(LastRequest().earlier_pairs.count(0), 1u);
  EXPECT_EQ(LastRequest().earlier_pairs.at(0).at("p").result.diff->keys, 20000);
}

TEST_F(PairsTest, GoWithTheRun) {
  options_.keep_runs = 1;
  SetScript([](const engine::ExecuteRequest& request,
               engine::Observer& observer, const CancellationToken&) {
    observer.OnPairDone(0, "p", Pair("b", 1));
    return PassEverything(request, observer);
  });
  Open();
  const Run first = AwaitEnd(MustStart(Request("r1")).run_id);
  clock_.Advance(absl::Seconds(1));
  const Run second = AwaitEnd(MustStart(Request("r2")).run_id);
  manager_->Sweep();
  manager_.reset();
  EXPECT_TRUE(Stored(first.run_id).empty());
  EXPECT_EQ(Stored(second.run_id).size(), 1u);
}

TEST_F(PairsTest, AreProgress) {
  FinishSome(1);
  Open();
  const Run run = MustStart(Request("r1"));
  for (int64_t i = 0; i < 3 * max_lost_attempts_; ++i) {
    ASSERT_TRUE(Eventually([&] { return finished_.exchange(false); }));
    CrashAndReopen();
  }
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kRunning);
  FinishSome(0);
  for (int64_t i = 0; i < max_lost_attempts_ + 1; ++i) {
    ASSERT_TRUE(Eventually([&] { return finished_.exchange(false); }));
    CrashAndReopen();
    if (MustGet(run.run_id).state == RunState::kFailed) break;
  }
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kFailed);
}

}  // namespace
}  // namespace assay::runs
