// SPDX-License-Identifier: Apache-2.0
// The store by itself: exact round-trips, versions, files, failures.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <limits>

#include "tests/runs/fixture.h"
#include "validator/base/utf8.h"
#include "validator/runs/digest.h"
#include "validator/runs/result_json.h"

namespace assay::runs {
namespace {

Result FullResult() {
  Result result;
  result.rule_id = "orders.range.amount";
  result.kind = "range";
  result.description = "Beträge";
  result.owner = "team";
  result.tags = {"a", "\xff"};
  result.connection = "crm";
  result.table = "public.orders";
  result.columns = "amount, \"x\"";
  result.verdict = Verdict::kError;
  result.error = ResultError{ErrorReason::kTransient, "dead\xc0lock", true};
  result.expected = "between 0 and 1000";
  result.found = std::string("nul \0 byte", 10);
  result.counters.rows_total = std::numeric_limits<int64_t>::max();
  result.counters.rows_considered = 9007199254740993;  // Beyond a double.
  result.counters.rows_failing = 0;
  result.threshold = "fail above 0.1%";
  result.measures = {{"sum", "12.50"}, {"", ""}};
  Sample sample;
  sample.cells = {{"id", "1", false, false, false, true},
                  {"amount", "\xed\xa0\x80\xff", false, true, false, false},
                  {"name", "***", false, false, true, false},
                  {"gone", "", true, false, false, false}};
  sample.note = "note";
  result.samples = {sample, Sample{}};
  result.samples_note = "policy";
  result.sql = "SELECT 1\n";
  result.consistency = "snapshot";
  result.confirmed = true;
  result.empty = true;
  result.rollback = true;
  result.same_as = "other";
  result.elapsed_micros = std::numeric_limits<int64_t>::min();
  result.attempts = 3;
  result.line = 12;
  return result;
}

// Every field of a comparison set.
Result ComparisonResult() {
  Result result;
  result.rule_id = "orders.full_diff";
  result.kind = "full_diff";
  result.verdict = Verdict::kFail;
  result.target_connection = "warehouse";
  result.target_table = "public.orders\xff";
  result.target_sql = "SELECT 2";
  result.target_consistency = "snapshot";
  result.differences = 619;
  DiffCounts diff;
  int64_t n = 9007199254740993;
  for (int64_t* count :
       {&diff.rows_source, &diff.rows_target, &diff.keys, &diff.missing,
        &diff.extra, &diff.changed, &diff.duplicate_keys_source,
        &diff.duplicate_keys_target, &diff.null_keys_source,
        &diff.null_keys_target, &diff.settled, &diff.unstable, &diff.lost,
        &diff.accepted, &diff.explained}) {
    *count = n++;
  }
  diff.complete = false;
  diff.incomplete_because = "stop_after: 10000 was reached";
  diff.columns = {{"district", "", 603}, {"a\xc0", "", 1}};
  diff.causes = {{"district", "trailing blanks", 603, "trim: trailing\xff"}};
  diff.source_only_columns = {"notes"};
  diff.target_only_columns = {"created", "\xff"};
  diff.notes = {"amount: decimal, exact", ""};
  result.diff = diff;
  Sample sample;
  sample.cells = {
      {.column = "id", .text = "1", .key = true},
      {.column = "district",
       .text = "Alberta",
       .target = SampleText{"\xff", false, true},
       .differs = true,
       .cause = "district became ' '"},
      {.column = "name", .text = "x", .target = SampleText{"", true}},
      {.column = "note", .target = SampleText{}}};
  sample.note = "changed";
  result.samples = {sample};
  return result;
}

TEST(ResultJsonTest, RoundTripIsExact) {
  Result empty_diff = PassResult("y");
  empty_diff.diff.emplace();
  for (const Result& result :
       {FullResult(), PassResult("x"), ComparisonResult(), empty_diff}) {
    const std::string json = ResultToJson(result);
    EXPECT_TRUE(IsValidUtf8(json));
    EXPECT_EQ(json.find('\0'), std::string::npos);
    const absl::StatusOr<Result> back = ResultFromJson(json);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, result);
  }
}

TEST(ResultJsonTest, ResultsOfBeforeComparisonsStillRead) {
  const absl::StatusOr<Result> old =
      ResultFromJson(R"({"rule_id":"r","verdict":"FAIL",)"
                     R"("samples":[{"cells":[{"column":"c"}]}]})");
  ASSERT_TRUE(old.ok()) << old.status();
  Result expected;
  expected.rule_id = "r";
  expected.verdict = Verdict::kFail;
  expected.samples = {{.cells = {{.column = "c"}}}};
  EXPECT_EQ(*old, expected);
}

TEST(ResultJsonTest, RecheckedRunIsPartOfTheRequest) {
  assay::runs::Run run;
  run.request.recheck_of = "0123456789abcdefghjk";
  assay::runs::Run back;
  ASSERT_TRUE(RequestFromJson(RequestToJson(run), back).ok());
  EXPECT_EQ(back.request.recheck_of, run.request.recheck_of);
  RunRequest other = run.request;
  other.recheck_of.clear();
  EXPECT_NE(RequestDigest(run.request), RequestDigest(other));
}

TEST(ResultJsonTest, ATraceIsKeptAndNoPartOfTheRequest) {
  assay::runs::Run run;
  run.request.traceparent =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  assay::runs::Run back;
  ASSERT_TRUE(RequestFromJson(RequestToJson(run), back).ok());
  EXPECT_EQ(back.request.traceparent, run.request.traceparent);
  RunRequest other = run.request;
  other.traceparent.clear();
  EXPECT_EQ(RequestDigest(run.request), RequestDigest(other));
}

TEST(ResultJsonTest, EveryByteStringComesBack) {
  uint64_t seed = 42;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < round % 9; ++i) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      text += static_cast<char>(seed >> 56);
    }
    const absl::StatusOr<std::string> back = TextFromJson(TextToJson(text));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, text);
  }
}

TEST(ResultJsonTest, DamageIsAnErrorNotACrash) {
  const std::string json = ResultToJson(FullResult());
  for (size_t size = 0; size < json.size(); ++size) {
    EXPECT_EQ(GetReason(ResultFromJson(json.substr(0, size)).status()),
              ErrorReason::kStoreFailed);
  }
  for (const char* text : {"[]", "{}", "{\"verdict\":1}", "null"}) {
    EXPECT_FALSE(ResultFromJson(text).ok());
  }
}

TEST(Utf8Test, WellFormedOnly) {
  for (const char* good : {"", "a", "ä", "€", "😀", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x9f\x80", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf8", "a\xff"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
  }
}

TEST(DigestTest, KnownAnswersAndIds) {
  EXPECT_EQ(Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const absl::Time now = absl::FromUnixMillis(1'790'000'000'123);
  const std::string a = *NewRunId(now);
  const std::string b = *NewRunId(now + absl::Milliseconds(1));
  EXPECT_EQ(a.size(), kRunIdLength);
  EXPECT_LT(a, b);
  EXPECT_NE(a, *NewRunId(now));
  EXPECT_NE(LabelKey("a", "bc"), LabelKey("ab", "c"));
}

class StoreFileTest : public RunsTest {
 protected:
  void Sql(const std::string& sql) {
    auto source = StoreSource::Open(options_.store);
    ASSERT_TRUE(source.ok()) << source.status();
    auto connection = RealSeams().open_store(**source);
    ASSERT_TRUE(connection.ok()) << connection.status();
    db::Statement statement;
    statement.sql = sql;
    ASSERT_TRUE((*connection)->Run(statement).ok());
  }
};

TEST_F(StoreFileTest, IsPrivateToTheUser) {
  Open();
  AwaitEnd(MustStart(Request()).run_id);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info = {};
    ASSERT_EQ(stat((options_.store.path + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(StoreFileTest, TemporaryStoreGoesWithTheManager) {
  options_.store.path.clear();
  setenv("TMPDIR", directory_.c_str(), 1);
  Open();
  AwaitEnd(MustStart(Request()).run_id);
  EXPECT_FALSE(std::filesystem::is_empty(directory_));
  manager_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  unsetenv("TMPDIR");
}

TEST_F(StoreFileTest, SecondServerIsRefused) {
  Open();
  auto second =
      RunManagerImpl::Create(options_, &registry_, TestKinds(), TestSeams());
  EXPECT_EQ(GetReason(second.status()), ErrorReason::kStoreFailed);
  EXPECT_NE(second.status().message().find("in use by another assayd"),
            absl::string_view::npos)
      << second.status();
  manager_.reset();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(StoreFileTest, NewerVersionIsRefusedAndLeftAlone) {
  Open();
  manager_.reset();
  Sql("UPDATE assay_store SET version = 99");
  const absl::Status status = TryOpen();
  EXPECT_EQ(GetReason(status), ErrorReason::kStoreFailed);
  EXPECT_NE(status.message().find("schema 99"), absl::string_view::npos)
      << status;
  Sql(absl::StrCat("UPDATE assay_store SET version = ", kStoreVersion));
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(StoreFileTest, GarbageIsAnError) {
  std::ofstream(options_.store.path) << std::string(8192, 'x');
  const absl::Status status = TryOpen();
  EXPECT_EQ(GetReason(status), ErrorReason::kStoreFailed) << status;
  EXPECT_NE(status.message().find(options_.store.path), absl::string_view::npos)
      << status;
}

TEST_F(StoreFileTest, PathsThatCannotBe) {
  options_.store.path = directory_ + "/no/such/directory/runs.db";
  EXPECT_EQ(GetReason(TryOpen()), ErrorReason::kStoreFailed);
  options_.store.path = directory_ + "/a;b";
  EXPECT_EQ(GetReason(TryOpen()), ErrorReason::kArgumentInvalid);
}

// A store whose writes fail while `broken`, as on a full disk.
class BreakableStore : public db::StoreConnection {
 public:
  BreakableStore(std::unique_ptr<db::StoreConnection> inner,
                 std::shared_ptr<std::atomic<bool>> broken)
      : inner_(std::move(inner)), broken_(std::move(broken)) {}
  absl::StatusOr<std::vector<db::StoreRow>> Run(
      const db::Statement& statement) override {
    if (*broken_ && statement.sql.rfind("SELECT", 0) != 0) {
      return MakeError(ErrorReason::kStoreFailed, "disk is full");
    }
    return inner_->Run(statement);
  }
  int64_t changed_rows() const override { return inner_->changed_rows(); }
  bool alive() const override { return inner_->alive(); }
  absl::Status Begin() override { return inner_->Begin(); }
  absl::Status Commit() override {
    if (*broken_) return MakeError(ErrorReason::kStoreFailed, "disk is full");
    return inner_->Commit();
  }
  absl::Status Rollback() override { return inner_->Rollback(); }

 private:
  const std::unique_ptr<db::StoreConnection> inner_;
  const std::shared_ptr<std::atomic<bool>> broken_;
};

class FullDiskTest : public RunsTest {
 protected:
  void OpenBreakable() {
    Seams seams = TestSeams();
    seams.open_store = [this](const StoreSource& source)
        -> absl::StatusOr<std::unique_ptr<db::StoreConnection>> {
      ASSAY_ASSIGN_OR_RETURN(auto inner, RealSeams().open_store(source));
      return std::make_unique<BreakableStore>(std::move(inner), broken_);
    };
    ASSERT_TRUE(TryOpen(std::move(seams)).ok());
  }
  std::shared_ptr<std::atomic<bool>> broken_ =
      std::make_shared<std::atomic<bool>>(false);
};

TEST_F(FullDiskTest, AVerdictThatCannotBeStoredHolds) {
  HoldExecutions();
  OpenBreakable();
  const Run run = MustStart(Request("r1"));
  ASSERT_TRUE(AwaitExecutions(1));
  *broken_ = true;
  Release();
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kFailed);
  EXPECT_EQ(after.outcome.verdict, Verdict::kError);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
  EXPECT_TRUE(after.outcome.retryable);
  EXPECT_EQ(after.error->reason, ErrorReason::kStoreFailed);
  // The list does not call it active because the store still does.
  ListFilter active;
  active.active_only = true;
  EXPECT_TRUE(manager_->List(active, std::nullopt, 10)->runs.empty());
  // What was told is written when the disk has room again.
  *broken_ = false;
  manager_->Sweep();
  manager_.reset();
  Open();
  EXPECT_EQ(MustGet(run.run_id).state, RunState::kFailed);
  EXPECT_EQ(MustGet(run.run_id).outcome.decision, Decision::kHold);
}

TEST_F(FullDiskTest, LostCheckpointIsWrittenWithTheEnd) {
  SetScript([this](const engine::ExecuteRequest& request,
                   engine::Observer& observer, const CancellationToken&) {
    *broken_ = true;
    observer.OnResult(0, PassResult("a"));
    observer.OnGroupDone(0);
    *broken_ = false;
    observer.OnResult(1, PassResult("b"));
    observer.OnGroupDone(1);
    EXPECT_EQ(request.done_groups.size(), 0u);
    return absl::OkStatus();
  });
  OpenBreakable();
  const Run run = MustStart(Request("r1", RuleSetText(2)));
  EXPECT_EQ(AwaitEnd(run.run_id).outcome.verdict, Verdict::kPass);
  manager_.reset();
  Open();
  const Run stored = MustGet(run.run_id);
  ASSERT_EQ(stored.results.size(), 2u);
  EXPECT_EQ(stored.results[0]->rule_id, "a");
}

TEST_F(FullDiskTest, NothingIsAcceptedThatIsNotStored) {
  OpenBreakable();
  *broken_ = true;
  EXPECT_EQ(GetReason(manager_->Start(Request("r1"), nullptr).status()),
            ErrorReason::kStoreFailed);
  EXPECT_EQ(manager_->active_runs(), 0);
  *broken_ = false;
  EXPECT_TRUE(manager_->Start(Request("r1"), nullptr).ok());
}

TEST_F(FullDiskTest, SessionsThatAreNotDurableAreRefused) {
  absl::Status session;
  SetScript([&](const engine::ExecuteRequest& request,
                engine::Observer& observer, const CancellationToken&) {
    *broken_ = true;
    session = observer.OnSession("crm", 1);
    *broken_ = false;
    return PassEverything(request, observer);
  });
  OpenBreakable();
  AwaitEnd(MustStart(Request("r1")).run_id);
  EXPECT_EQ(GetReason(session), ErrorReason::kStoreFailed);
}

TEST_F(FullDiskTest, CancelStopsWhateverTheDiskSays) {
  HoldExecutions();
  OpenBreakable();
  const Run run = MustStart(Request("r1"));
  ASSERT_TRUE(AwaitExecutions(1));
  *broken_ = true;
  EXPECT_TRUE(manager_->Cancel(run.run_id, "r1").ok());
  const Run after = AwaitEnd(run.run_id);
  EXPECT_EQ(after.state, RunState::kFailed);
  EXPECT_EQ(after.outcome.decision, Decision::kHold);
}

}  // namespace
}  // namespace assay::runs
