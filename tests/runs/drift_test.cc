// SPDX-License-Identifier: Apache-2.0
// What a run is compared with, and what is said of it.
#include "validator/runs/drift.h"

#include "tests/runs/fixture.h"

namespace assay::runs {
namespace {

constexpr char kWithParams[] =
    "version: 1\nname: shop/orders\nparams:\n"
    "  cutoff: {type: timestamp, default: 2026-01-01T00:00:00Z}\n"
    "  area: {type: text, default: north}\n"
    "tables:\n  - connection: crm\n    table: t\n    rules:\n"
    "      - not_null: [c0]\n";

Result Counted(const std::string& id, Verdict verdict, int64_t considered,
               int64_t failing) {
  Result result = PassResult(id);
  result.verdict = verdict;
  result.counters.rows_total = considered;
  result.counters.rows_considered = considered;
  result.counters.rows_failing = failing;
  return result;
}

Run RunOf(std::vector<Result> results) {
  Run run;
  run.run_id = "r";
  run.outcome.verdict = Verdict::kWarn;
  for (Result& result : results) {
    run.results.push_back(std::make_shared<const Result>(std::move(result)));
  }
  return run;
}

std::string Text(const RuleDrift& rule) {
  std::string out = rule.rule_id;
  for (const CountDrift& count : rule.counts) {
    absl::StrAppend(&out, "; ", count.name, " ", count.before, " ", count.now);
  }
  return out;
}

TEST(CompareRunsTest, SaysOnlyWhatIsDifferent) {
  Result changed = PassResult("same");
  changed.kind = "full_diff";
  changed.diff = DiffCounts{.keys = 100, .missing = 1, .changed = 12};
  Result later = changed;
  later.verdict = Verdict::kFail;
  later.diff->changed = 40;
  later.diff->complete = false;
  const ::assay::runs::Run before =
      RunOf({Counted("a", Verdict::kPass, 10, 0), changed,
             Counted("b", Verdict::kWarn, 10, 2), PassResult("gone")});
  const ::assay::runs::Run now =
      RunOf({Counted("a", Verdict::kPass, 10, 0), later,
             Counted("b", Verdict::kFail, 12, 5), PassResult("new")});
  const Drift drift = CompareRuns(before, now);
  EXPECT_EQ(drift.previous_run_id, "r");
  EXPECT_EQ(drift.previous_verdict, Verdict::kWarn);
  EXPECT_EQ(drift.unchanged, 1);
  ASSERT_EQ(drift.rules.size(), 2u);
  EXPECT_EQ(Text(drift.rules[0]), "same; changed 12 40");
  EXPECT_TRUE(drift.rules[0].incomplete);
  EXPECT_EQ(drift.rules[0].before, Verdict::kPass);
  EXPECT_EQ(drift.rules[0].now, Verdict::kFail);
  EXPECT_EQ(Text(drift.rules[1]), "b; rows considered 10 12; rows failing 2 5");
  EXPECT_EQ(drift.new_rules, std::vector<std::string>{"new"});
  EXPECT_EQ(drift.gone_rules, std::vector<std::string>{"gone"});
}

TEST(CompareRunsTest, AVerdictAloneIsADifference) {
  Result was = PassResult("a");
  Result is = PassResult("a");
  is.verdict = Verdict::kError;
  const Drift drift = CompareRuns(RunOf({was}), RunOf({is}));
  ASSERT_EQ(drift.rules.size(), 1u);
  EXPECT_TRUE(drift.rules[0].counts.empty());
  // Another kind of the same id is another rule.
  is.kind = "range";
  EXPECT_EQ(CompareRuns(RunOf({was}), RunOf({is})).new_rules.size(), 1u);
}

class PreviousTest : public RunsTest {
 protected:
  Run Audit(const std::map<std::string, std::string>& labels = {},
            Verdict verdict = Verdict::kWarn,
            const ParameterValues& params = {}) {
    SetScript([verdict](const engine::ExecuteRequest& request,
                        engine::Observer& observer, const CancellationToken&) {
      return PassEverything(request, observer, verdict);
    });
    clock_.Advance(absl::Hours(24));
    RunRequest request = Request("", kWithParams);
    request.labels = labels;
    request.params = params;
    return AwaitEnd(MustStart(request).run_id);
  }

  std::string PreviousOf(const Run& run) {
    const auto previous = manager_->FindPrevious(MustGet(run.run_id));
    EXPECT_TRUE(previous.ok()) << previous.status();
    if (!previous.ok() || !previous->has_value()) return "";
    EXPECT_FALSE((*previous)->results.empty());
    return (*previous)->run_id;
  }
};

TEST_F(PreviousTest, IsTheLastOfTheSameSeries) {
  Open();
  const Run alone = Audit();
  EXPECT_EQ(PreviousOf(alone), "");
  const Run second = Audit({{"url", "https://example.org/2"}});
  EXPECT_EQ(PreviousOf(second), alone.run_id);
  const Run labelled = Audit({{"workflow", "nightly"}, {"task", "orders"}});
  EXPECT_EQ(PreviousOf(labelled), "");
  const Run other = Audit({{"workflow", "nightly"}, {"task", "payments"}});
  EXPECT_EQ(PreviousOf(other), "");
  const Run again = Audit({{"workflow", "nightly"}, {"task", "orders"}});
  EXPECT_EQ(PreviousOf(again), labelled.run_id);
  // Neither do runs without labels see theirs.
  EXPECT_EQ(PreviousOf(Audit()), second.run_id);
}

TEST_F(PreviousTest, LooksAtTheSameData) {
  Open();
  const Run north = Audit();
  EXPECT_EQ(PreviousOf(Audit({}, Verdict::kWarn, {{"area", "south"}})), "");
  // A time moves from one audit to the next.
  EXPECT_EQ(PreviousOf(Audit({}, Verdict::kWarn,
                             {{"cutoff", "2026-02-01T00:00:00Z"}})),
            north.run_id);
}

TEST_F(PreviousTest, WasJudged) {
  Open();
  const Run judged = Audit();
  Audit({}, Verdict::kError);
  HoldExecutions();
  clock_.Advance(absl::Hours(1));
  const std::string cut = MustStart(Request("", kWithParams)).run_id;
  ASSERT_TRUE(manager_->Cancel(cut, "").ok());
  AwaitEnd(cut);
  SetScript(nullptr);
  RunRequest recheck;
  recheck.recheck_of = judged.run_id;
  clock_.Advance(absl::Hours(1));
  AwaitEnd(MustStart(recheck).run_id);
  EXPECT_EQ(PreviousOf(Audit()), judged.run_id);
}

}  // namespace
}  // namespace assay::runs
