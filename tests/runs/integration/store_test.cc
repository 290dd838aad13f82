// SPDX-License-Identifier: Apache-2.0
// The store by itself, on each database that it may be in: the same answers.
#include "validator/runs/store.h"

#include <thread>

#include "absl/time/clock.h"
#include "tests/runs/stores.h"
#include "validator/base/status.h"
#include "validator/runs/digest.h"

namespace assay::runs {
namespace {

using assay::testing::ScratchDirectory;

constexpr absl::Duration kLong = absl::Minutes(1);

class StoreOnTest : public ::testing::TestWithParam<std::string> {
 protected:
  using Run = ::assay::runs::Run;  // Not testing::Test's.

  bool postgresql() const { return GetParam() == "postgresql"; }

  void SetUp() override {
    const StoreOptions options = postgresql()
                                     ? postgresql_.New("", "")
                                     : sqlite_.New(directory_.File(""), "runs");
    auto source = StoreSource::Open(options);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
    store_ = OpenStore();
    ASSERT_NE(store_, nullptr);
  }

  std::unique_ptr<Store> OpenStore() {
    auto store = Store::Open([this] { return source_->Connect(); },
                             source_->dialect(), 4);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::vector<db::StoreRow> Sql(const std::string& sql) {
    auto connection = source_->Connect();
    EXPECT_TRUE(connection.ok()) << connection.status();
    if (!connection.ok()) return {};
    auto rows = (*connection)->Run({sql, {}});
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status();
    return rows.ok() ? *std::move(rows) : std::vector<db::StoreRow>();
  }

  Run NewRun(const std::string& correlation_id = "") {
    Run run;
    run.as_of_time = absl::FromUnixMicros(1'790'000'000'000'000 + ++made_);
    run.run_id = *NewRunId(absl::FromUnixMillis(1'790'000'000'000 + made_));
    run.request.rule_set_text = "version: 1 # ä \xff '?' {ts}\n";
    run.request.correlation_id = correlation_id;
    run.request.labels = {{"team", "a\xff"}};
    run.rule_set_name = "shop/orders";
    run.migration = "mi\xffgration";
    run.state = RunState::kPending;
    return run;
  }

  Claim ClaimOf(const Run& run, const std::string& key = "") {
    return {key.empty() ? "anonymous:" + run.run_id + ":0" : StoreKey(key),
            run.run_id, "digest"};
  }

  Insertion Insert(const Run& run, const std::string& key = "",
                   const std::string& owner = "me") {
    const auto inserted =
        store_->InsertRun(run, "digest", ClaimOf(run, key), owner, nullptr);
    EXPECT_TRUE(inserted.ok()) << inserted.status();
    return inserted.value_or(Insertion::kAttachable);
  }

  static StoredResult ResultOf(int index, int64_t sequence,
                               int64_t list_epoch = -1) {
    Result result;
    result.rule_id = absl::StrCat("rule", index);
    result.kind = "not_null";
    result.verdict = Verdict::kPass;
    return {index, sequence, std::make_shared<const Result>(result),
            list_epoch};
  }

  absl::Status Save(Run run, int64_t epoch, RunState state,
                    std::vector<StoredResult> results = {},
                    std::vector<int> dropped = {}) {
    run.state = state;
    run.end_time = run.as_of_time + absl::Seconds(1);
    run.sequence = epoch * 1000 + 7;
    return store_->Save(run.run_id, epoch, {results, {0}, dropped, &run});
  }

  RunState StateOf(const Run& run) {
    const auto stored = store_->LoadRun(run.run_id);
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() && stored->has_value() ? (*stored)->run.state
                                              : RunState::kUnspecified;
  }

  ScratchDirectory directory_;
  SqliteStores sqlite_;
  PostgresqlStores postgresql_;
  std::unique_ptr<StoreSource> source_;
  std::unique_ptr<Store> store_;
  int64_t made_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Databases, StoreOnTest,
                         ::testing::Values("sqlite", "postgresql"),
                         [](const auto& info) { return info.param; });

TEST_P(StoreOnTest, WhatIsWrittenIsRead) {
  Run run = NewRun("corr");
  run.request.request_id = "r1";
  run.progress.activity = "reads";
  ASSERT_EQ(Insert(run, "r1"), Insertion::kInserted);
  ASSERT_TRUE(
      Save(run, 0, RunState::kRunning, {ResultOf(1, 2), ResultOf(0, 3)}).ok());
  const auto stored = store_->LoadRun(run.run_id);
  ASSERT_TRUE(stored.ok() && stored->has_value()) << stored.status();
  EXPECT_EQ((*stored)->run.request.rule_set_text, run.request.rule_set_text);
  EXPECT_EQ((*stored)->run.migration, run.migration);
  EXPECT_EQ((*stored)->run.as_of_time, run.as_of_time);
  EXPECT_EQ((*stored)->run.progress.activity, "reads");
  EXPECT_EQ((*stored)->run.state, RunState::kRunning);
  EXPECT_EQ((*stored)->owner, "me");
  const auto results = store_->LoadResults(run.run_id, -1, 10);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].index, 1);
  EXPECT_EQ((*results)[1].result->rule_id, "rule0");
  EXPECT_EQ(store_->LoadResults(run.run_id, 2, 10)->size(), 1u);
  ASSERT_TRUE(Save(run, 0, RunState::kRunning, {}, {1}).ok());
  EXPECT_EQ(store_->LoadResults(run.run_id, -1, 10)->size(), 1u);
  EXPECT_EQ(*store_->FindIds(run.run_id.substr(0, 8), 5),
            std::vector<std::string>{run.run_id});
  EXPECT_EQ(*store_->ActiveOf({run.run_id, "zzzzzzzzzzzzzzzzzzzz"}),
            std::set<std::string>{run.run_id});
  EXPECT_EQ((*store_->FindClaim(StoreKey("r1")))->run_id, run.run_id);
  EXPECT_FALSE(store_->FindClaim(StoreKey("r2"))->has_value());
}

TEST_P(StoreOnTest, PairsAreOfTheRunAndItsEpoch) {
  const Run run = NewRun();
  ASSERT_EQ(Insert(run, "r1"), Insertion::kInserted);
  const std::string odd = "`a``b`.\xff";
  const auto pair = [](const std::string& binding, int64_t keys) {
    engine::PairResult out;
    out.binding = binding;
    out.result = *ResultOf(3, 1).result;
    out.result.diff.emplace().keys = keys;
    return out;
  };
  ASSERT_TRUE(store_->SavePair(run.run_id, 0, 3, "p", pair("old", 1)).ok());
  ASSERT_TRUE(store_->SavePair(run.run_id, 0, 3, "p", pair("new", 2)).ok());
  ASSERT_TRUE(store_->SavePair(run.run_id, 0, 4, odd, pair("b", 3)).ok());
  if (postgresql()) {
    EXPECT_TRUE(IsNotOwner(
        store_->SavePair(run.run_id, 7, 3, "p", pair("other", 9))));
  }
  const auto pairs = store_->LoadPairs(run.run_id);
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  ASSERT_EQ(pairs->size(), 2u);
  EXPECT_EQ(pairs->at(3).at("p").binding, "new");
  EXPECT_EQ(pairs->at(3).at("p").result, pair("new", 2).result);
  EXPECT_EQ(pairs->at(4).at(odd).result.diff->keys, 3);
  EXPECT_TRUE(store_->LoadPairs(NewRun().run_id)->empty());
}

TEST_P(StoreOnTest, ListsByWhatIsLookedUp) {
  std::vector<Run> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(NewRun());
    ASSERT_EQ(Insert(runs.back()), Insertion::kInserted);
  }
  ListFilter filter;
  filter.rule_set_name = "shop/orders";
  filter.migration = "mi\xffgration";
  filter.labels = {{"team", "a\xff"}};
  filter.active_only = true;
  auto page = store_->List(filter, std::nullopt, 3);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->size(), 3u);
  EXPECT_EQ((*page)[0].run_id, runs[4].run_id);
  page = store_->List(filter,
                      ListCursor{(*page)[2].as_of_time, (*page)[2].run_id}, 3);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[1].run_id, runs[0].run_id);
  filter.migration = "other";
  EXPECT_TRUE(store_->List(filter, std::nullopt, 3)->empty());
}

TEST_P(StoreOnTest, OneOfManyGetsARequestId) {
  constexpr int kThreads = 8;
  std::vector<Run> runs;
  for (int i = 0; i < kThreads; ++i) runs.push_back(NewRun());
  std::atomic<int> inserted = 0;
  std::atomic<int> known = 0;
  std::vector<std::thread> threads;
  for (const Run& run : runs) {
    threads.emplace_back([&] {
      (Insert(run, "same") == Insertion::kInserted ? inserted : known)++;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 1);
  EXPECT_EQ(known, kThreads - 1);
  // Nothing is left of the others.
  EXPECT_EQ(store_->List({}, std::nullopt, 100)->size(), 1u);
}

TEST_P(StoreOnTest, OneOfManyAttachAlwaysStarts) {
  constexpr int kThreads = 8;
  std::vector<Run> runs;
  for (int i = 0; i < kThreads; ++i) runs.push_back(NewRun("corr"));
  std::atomic<int> inserted = 0;
  std::vector<std::thread> threads;
  for (const Run& run : runs) {
    threads.emplace_back([&] {
      const auto outcome =
          store_->InsertRun(run, "digest", ClaimOf(run), "me",
                            [](const Attachable&) { return true; });
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      inserted += *outcome == Insertion::kInserted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 1);
  const auto found = store_->FindAttachable("corr", "digest");
  ASSERT_EQ(found->size(), 1u);
  EXPECT_TRUE((*found)[0].leased);
  EXPECT_TRUE(store_->FindAttachable("corr", "other")->empty());
  const std::string run_id = (*found)[0].stored.run.run_id;
  EXPECT_TRUE(*store_->Attach({StoreKey("r2"), run_id, "digest"}, kLong));
  // The same once more, as after a lost connection.
  EXPECT_TRUE(*store_->Attach({StoreKey("r2"), run_id, "digest"}, kLong));
  EXPECT_EQ(*store_->Cancel(run_id, StoreKey("r2")), CancelOutcome::kClaimed);
  EXPECT_EQ(*store_->Cancel(run_id, ""), CancelOutcome::kWanted);
  EXPECT_TRUE(store_->FindAttachable("corr", "digest")->empty());
  EXPECT_FALSE(*store_->Attach({StoreKey("r3"), run_id, "digest"}, kLong));
}

TEST_P(StoreOnTest, LeasesOfOthersAreSeen) {
  const Run run = NewRun("corr");
  ASSERT_EQ(Insert(run), Insertion::kInserted);
  ASSERT_TRUE(store_->SaveLease(run.run_id, 0, absl::ZeroDuration()).ok());
  absl::SleepFor(absl::Milliseconds(5));
  EXPECT_FALSE((*store_->FindAttachable("corr", "digest"))[0].leased);
  ASSERT_TRUE(store_->Touch(run.run_id, kLong).ok());
  EXPECT_TRUE((*store_->FindAttachable("corr", "digest"))[0].leased);
}

TEST_P(StoreOnTest, AnEndIsFinal) {
  const Run run = NewRun();
  ASSERT_EQ(Insert(run), Insertion::kInserted);
  ASSERT_TRUE(Save(run, 0, RunState::kSucceeded, {ResultOf(0, 1)}).ok());
  // The same again, as after a lost connection.
  EXPECT_TRUE(Save(run, 0, RunState::kSucceeded, {ResultOf(0, 1)}).ok());
  EXPECT_TRUE(IsNotOwner(Save(run, 0, RunState::kRunning)));
  EXPECT_TRUE(IsNotOwner(Save(run, 0, RunState::kFailed)));
  EXPECT_TRUE(IsNotOwner(Save(run, 1, RunState::kSucceeded)));
  EXPECT_EQ(StateOf(run), RunState::kSucceeded);
  EXPECT_EQ(*store_->Cancel(run.run_id, ""), CancelOutcome::kEnded);
  EXPECT_TRUE(IsNotOwner(Save(NewRun(), 0, RunState::kRunning)));
}

TEST_P(StoreOnTest, WhatIsCancelledDoesNotSucceed) {
  Run run = NewRun();
  ASSERT_EQ(Insert(run, "r1"), Insertion::kInserted);
  ASSERT_TRUE(Save(run, 0, RunState::kRunning).ok());
  EXPECT_EQ(*store_->Cancel(run.run_id, StoreKey("r0")),
            CancelOutcome::kNoClaim);
  EXPECT_EQ(StateOf(run), RunState::kRunning);
  EXPECT_EQ(*store_->Cancel(run.run_id, StoreKey("r1")),
            CancelOutcome::kWanted);
  EXPECT_EQ(StateOf(run), RunState::kCancelling);
  EXPECT_TRUE(IsCancelWanted(Save(run, 0, RunState::kSucceeded)));
  EXPECT_EQ(StateOf(run), RunState::kCancelling);
  EXPECT_TRUE(Save(run, 0, RunState::kCancelled).ok());
  EXPECT_EQ(StateOf(run), RunState::kCancelled);
}

TEST_P(StoreOnTest, RunsOfTheDeadAreTakenOverOnce) {
  ASSERT_TRUE(store_->Join("alive", "b:2", kLong).ok());
  ASSERT_TRUE(store_->Join("dead", "a:1", absl::Milliseconds(1)).ok());
  const Run mine = NewRun();
  const Run theirs = NewRun();
  ASSERT_EQ(Insert(mine, "", "alive"), Insertion::kInserted);
  ASSERT_EQ(Insert(theirs, "r1", "dead"), Insertion::kInserted);
  ASSERT_TRUE(Save(theirs, 0, RunState::kRunning, {ResultOf(0, 2)}).ok());
  ASSERT_TRUE(store_->AddSession(theirs.run_id, 0, "crm", 41).ok());
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_FALSE(store_->TakeOver(mine.run_id, 0, "dead")->has_value());
  const auto survey = store_->Look("alive");
  ASSERT_TRUE(survey.ok()) << survey.status();
  ASSERT_EQ(survey->owned.size(), 1u);
  EXPECT_EQ(survey->owned[0].run_id, mine.run_id);
  ASSERT_EQ(survey->orphans.size(), 1u);
  EXPECT_EQ(survey->orphans[0].run_id, theirs.run_id);
  EXPECT_FALSE(*store_->Beat("dead", kLong));
  EXPECT_TRUE(*store_->Beat("alive", kLong));

  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto run =
          store_->TakeOver(theirs.run_id, 0, absl::StrCat("server", i));
      ASSERT_TRUE(run.ok()) << run.status();
      if (!run->has_value()) return;
      ++taken;
      EXPECT_EQ((*run)->stored.epoch, 1);
      EXPECT_EQ((*run)->results.size(), 1u);
      EXPECT_EQ((*run)->done_groups, std::set<int>{0});
      EXPECT_EQ((*run)->claims.size(), 1u);
      ASSERT_EQ((*run)->sessions.size(), 1u);
      EXPECT_EQ((*run)->sessions[0].second, 41);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  // Whoever had it writes nothing any more.
  EXPECT_TRUE(IsNotOwner(Save(theirs, 0, RunState::kSucceeded)));
  EXPECT_TRUE(IsNotOwner(Save(theirs, 0, RunState::kRunning)));
  const absl::Status session = store_->AddSession(theirs.run_id, 0, "crm", 42);
  EXPECT_EQ(IsNotOwner(session), postgresql()) << session;
  EXPECT_EQ(StateOf(theirs), RunState::kRunning);
  EXPECT_TRUE(Save(theirs, 1, RunState::kSucceeded).ok());
}

TEST_P(StoreOnTest, AServerThatLeavesIsGoneAtOnce) {
  ASSERT_TRUE(store_->Join("a", "a:1", kLong).ok());
  ASSERT_TRUE(store_->Join("b", "b:1", kLong).ok());
  const Run run = NewRun();
  ASSERT_EQ(Insert(run, "", "a"), Insertion::kInserted);
  EXPECT_TRUE(store_->Look("b")->orphans.empty());
  ASSERT_TRUE(store_->Leave("a").ok());
  EXPECT_EQ(store_->Look("b")->orphans.size(), 1u);
  // The owner itself may take it again.
  EXPECT_TRUE(store_->TakeOver(run.run_id, 0, "b")->has_value());
  EXPECT_TRUE(store_->TakeOver(run.run_id, 1, "b")->has_value());
  EXPECT_EQ(store_->Look("b")->owned[0].epoch, 2);
}

TEST_P(StoreOnTest, PulsesOfMany) {
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) {
    const Run run = NewRun();
    ASSERT_EQ(Insert(run), Insertion::kInserted);
    ids.push_back(run.run_id);
    if (i == 0) {
      ASSERT_TRUE(Save(run, 0, RunState::kRunning).ok());
    }
    if (i == 1) {
      ASSERT_EQ(*store_->Cancel(run.run_id, ""), CancelOutcome::kWanted);
    }
  }
  ids.push_back("zzzzzzzzzzzzzzzzzzzz");
  const auto pulses = store_->Pulses(ids);
  ASSERT_TRUE(pulses.ok()) << pulses.status();
  std::map<std::string, RunPulse> found;
  for (const RunPulse& pulse : *pulses) found[pulse.run_id] = pulse;
  EXPECT_EQ(found.size(), 300u);
  EXPECT_EQ(pulses->size(), 300u);
  EXPECT_EQ(found[ids[0]], (RunPulse{ids[0], 7, RunState::kRunning}));
  EXPECT_EQ(found[ids[1]].state, RunState::kCancelling);
  EXPECT_EQ(found[ids[299]], (RunPulse{ids[299], 0, RunState::kPending}));
  EXPECT_TRUE(store_->Pulses({})->empty());
}

TEST_P(StoreOnTest, ListsOfDifferencesByEpoch) {
  const Run run = NewRun();
  ASSERT_EQ(Insert(run), Insertion::kInserted);
  const std::string first = "{\"k\":\"ä\\\\\"}\nline\r\n";
  ASSERT_TRUE(store_->AddToList(run.run_id, 3, 0, 0, first).ok());
  ASSERT_TRUE(store_->AddToList(run.run_id, 3, 0, 0, first).ok());
  const auto size = static_cast<int64_t>(first.size());
  const std::string large(300 << 10, 'x');
  ASSERT_TRUE(store_->AddToList(run.run_id, 3, 0, size, large + "\n").ok());
  ASSERT_TRUE(store_->AddToList(run.run_id, 3, 1, 0, "other\n").ok());
  EXPECT_FALSE(store_->FindList(run.run_id, "rule3")->has_value());
  ASSERT_TRUE(Save(run, 0, RunState::kSucceeded, {ResultOf(3, 5, 0)}).ok());
  const auto place = store_->FindList(run.run_id, "rule3");
  ASSERT_TRUE(place.ok() && place->has_value()) << place.status();
  EXPECT_EQ(**place, (std::pair<int, int64_t>(3, 0)));
  for (const int64_t offset : {int64_t{0}, size - 1}) {
    const auto piece = store_->ReadList(run.run_id, 3, 0, offset);
    ASSERT_TRUE(piece.ok() && piece->has_value()) << piece.status();
    EXPECT_EQ((*piece)->offset, 0);
    EXPECT_EQ((*piece)->text, first);
  }
  EXPECT_EQ((*store_->ReadList(run.run_id, 3, 0, size))->text, large + "\n");
  EXPECT_FALSE(
      store_->ReadList(run.run_id, 3, 0, size + (300 << 10) + 1)->has_value());
  // What a loser left goes with the end, where there can be one.
  EXPECT_EQ(store_->ReadList(run.run_id, 3, 1, 0)->has_value(), !postgresql());
  EXPECT_EQ(store_->RemoveOld(0, absl::InfinitePast(), 10)->size(), 1u);
  EXPECT_FALSE(store_->ReadList(run.run_id, 3, 0, 0)->has_value());
  // No list without its run.
  EXPECT_FALSE(store_->AddToList(run.run_id, 3, 0, 0, first).ok());
}

TEST_P(StoreOnTest, RetentionIsForOneServer) {
  EXPECT_TRUE(*store_->ClaimRetention(kLong));
  EXPECT_EQ(*store_->ClaimRetention(kLong), !postgresql());
  absl::SleepFor(absl::Milliseconds(5));
  EXPECT_TRUE(*store_->ClaimRetention(absl::Milliseconds(1)));
  std::vector<Run> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(NewRun());
    ASSERT_EQ(Insert(runs.back()), Insertion::kInserted);
    if (i > 0) {
      ASSERT_TRUE(Save(runs.back(), 0, RunState::kSucceeded).ok());
    }
  }
  EXPECT_EQ(*store_->RemoveOld(2, absl::InfinitePast(), 10),
            std::vector<std::string>{runs[1].run_id});
  EXPECT_EQ(StateOf(runs[1]), RunState::kUnspecified);
  EXPECT_EQ(store_->RemoveOld(2, absl::InfiniteFuture(), 10)->size(), 2u);
  EXPECT_EQ(StateOf(runs[0]), RunState::kPending) << "active runs stay";
}

TEST_P(StoreOnTest, AnotherVersionIsSaid) {
  const std::string id = store_->id();
  EXPECT_EQ(id.size(), 20u);
  EXPECT_EQ(OpenStore()->id(), id);
  store_.reset();
  Sql("UPDATE assay_store SET version = 99");
  const auto open = [this] {
    return Store::Open([this] { return source_->Connect(); },
                       source_->dialect(), 1)
        .status();
  };
  EXPECT_NE(open().message().find("schema 99, written by a newer assayd"),
            absl::string_view::npos)
      << open();
  const auto migrated =
      Store::Migrate([this] { return source_->Connect(); }, source_->dialect());
  EXPECT_EQ(GetReason(migrated.status()), ErrorReason::kStoreFailed);
  Sql(absl::StrCat("UPDATE assay_store SET version = ", kStoreVersion));
  EXPECT_TRUE(open().ok());
}

// Takes what later versions added away again.
TEST_P(StoreOnTest, VersionOneIsBroughtUp) {
  const Run run = NewRun();
  ASSERT_EQ(Insert(run, "r1"), Insertion::kInserted);
  store_.reset();
  for (const char* const sql :
       {"DROP TABLE pairs", "DROP TABLE differences", "DROP TABLE servers",
        "ALTER TABLE runs DROP COLUMN owner",
        "ALTER TABLE runs DROP COLUMN sequence",
        "ALTER TABLE runs DROP COLUMN cancel_wanted",
        "ALTER TABLE runs DROP COLUMN touched",
        "ALTER TABLE runs DROP COLUMN leased_until",
        "ALTER TABLE runs DROP COLUMN correlation_key",
        "ALTER TABLE results DROP COLUMN rule_key",
        "ALTER TABLE results DROP COLUMN list_epoch",
        "ALTER TABLE assay_store DROP COLUMN store_id",
        "ALTER TABLE assay_store DROP COLUMN retention_at",
        "UPDATE assay_store SET version = 1"}) {
    Sql(sql);
  }
  const auto open =
      Store::Open([this] { return source_->Connect(); }, source_->dialect(), 1);
  EXPECT_EQ(open.ok(), !postgresql()) << open.status();
  if (postgresql()) {
    EXPECT_NE(open.status().message().find("run `assayd store migrate`"),
              absl::string_view::npos)
        << open.status();
    std::vector<std::thread> threads;
    std::atomic<int> made = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto found = Store::Migrate([this] { return source_->Connect(); },
                                          source_->dialect());
        ASSERT_TRUE(found.ok()) << found.status();
        made += *found == 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(made, 1);
  }
  store_ = OpenStore();
  ASSERT_NE(store_, nullptr);
  EXPECT_EQ(StateOf(run), RunState::kPending);
  EXPECT_EQ((*store_->FindClaim(StoreKey("r1")))->run_id, run.run_id);
}

TEST_P(StoreOnTest, ServersInUseAreNotMigrated) {
  if (!postgresql()) return;
  ASSERT_TRUE(store_->Join("a", "host:1", kLong).ok());
  // As if there were a version between.
  const auto check = [this] {
    return Store::Migrate([this] { return source_->Connect(); },
                          source_->dialect());
  };
  EXPECT_EQ(*check(), kStoreVersion) << "nothing to do is no trouble";
}

TEST(EmptyDatabaseTest, SaysWhatToDo) {
  PostgresqlStores stores;
  auto source = StoreSource::Open(stores.Empty());
  ASSERT_TRUE(source.ok()) << source.status();
  const auto connect = [&] { return (*source)->Connect(); };
  const absl::Status status =
      Store::Open(connect, (*source)->dialect(), 1).status();
  EXPECT_EQ(GetReason(status), ErrorReason::kStoreFailed);
  EXPECT_NE(status.message().find("no run store yet; run `assayd store "
                                  "migrate`"),
            absl::string_view::npos)
      << status;
  EXPECT_EQ(*Store::Migrate(connect, (*source)->dialect()), 0);
  EXPECT_TRUE(Store::Open(connect, (*source)->dialect(), 1).ok());
}

TEST(LostConnectionTest, IsMadeAnew) {
  PostgresqlStores stores;
  const StoreOptions options = stores.New("", "");
  auto source = StoreSource::Open(options);
  ASSERT_TRUE(source.ok()) << source.status();
  auto store = Store::Open([&] { return (*source)->Connect(); },
                           (*source)->dialect(), 2);
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE((*store)->FindIds("0000", 1).ok());
    stores.Run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "application_name = 'assay-store'");
    const auto ids = (*store)->FindIds("0000", 1);
    EXPECT_TRUE(ids.ok()) << ids.status();
  }
  EXPECT_EQ((*source)->name().find("read;only"), std::string::npos);
}

TEST(LostConnectionTest, ADatabaseThatIsGoneIsSaidAtOnce) {
  StoreOptions options;
  options.postgresql =
      "Driver=PostgreSQL Unicode;Servername=/nowhere;Database=d;Uid=u;"
      "Pwd=secret";
  auto source = StoreSource::Open(options);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->name(),
            "run store on PostgreSQL, database 'd', at '/nowhere'");
  int connects = 0;
  StorePool pool(
      [&] {
        ++connects;
        return (*source)->Connect();
      },
      1, (*source)->dialect());
  const auto ask = [&] {
    return pool.With([](StoreSession& session) {
      return session.Query("SELECT 1", {}).status();
    });
  };
  for (int i = 0; i < 5; ++i) {
    const absl::Status status = ask();
    EXPECT_EQ(GetReason(status), ErrorReason::kStoreUnreachable) << status;
    EXPECT_TRUE(IsRetryable(status));
    EXPECT_EQ(status.message().find("secret"), absl::string_view::npos);
  }
  EXPECT_EQ(connects, 1);
  absl::SleepFor(absl::Milliseconds(1100));
  EXPECT_FALSE(ask().ok());
  EXPECT_EQ(connects, 2);
}

}  // namespace
}  // namespace assay::runs
