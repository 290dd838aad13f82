// SPDX-License-Identifier: Apache-2.0
// Executes a rule set over the registry's connections: compile, look up the
// catalog, fuse, read, judge.
//
// Thread-safe: Execute and Explain may run many times at once.
#ifndef ASSAY_VALIDATOR_ENGINE_ENGINE_H_
#define ASSAY_VALIDATOR_ENGINE_ENGINE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/ruleset/parser.h"
#include "rules/verdict/result.h"
#include "validator/base/cancellation.h"
#include "validator/base/log.h"
#include "validator/connections/registry.h"

namespace assay::engine {

// How far an execution is. Absent numbers are 0.
struct Progress {
  int64_t steps_done = 0;
  int64_t steps_total = 0;
  int64_t rows_read = 0;
  int64_t rows_total = 0;
  double rows_per_second = 0;
  std::string activity;
  absl::Duration remaining = absl::ZeroDuration();
};

// A rule of a wildcard comparison, judged for one pair of tables.
struct PairResult {
  // What was read and how, see pair_binding.h: of use only while it is the
  // same.
  std::string binding;
  Result result;
};
// By the source's table, as the engine calls it.
using PairResults = std::map<std::string, PairResult>;

// What an execution tells while it goes on. Called from the engine's threads,
// one call at a time for one execution; must return soon.
class Observer {
 public:
  virtual ~Observer() = default;
  // Rule `index` of the rule set (tables, then comparisons, rules in order) is
  // judged.
  // Samples are already cut and masked as the connection's policy says.
  virtual void OnResult(int index, const Result& result) = 0;
  // All results of group `group` have been handed over: a checkpoint.
  virtual void OnGroupDone(int group) = 0;
  // Rule `index`, of a wildcard comparison, is judged for the tables of `pair`:
  // a checkpoint within its group.
  virtual void OnPairDone(int /*index*/, const std::string& /*pair*/,
                          const PairResult& /*result*/) {}
  virtual void OnProgress(const Progress& progress) = 0;
  // A session of `connection` with this id on the server is about to work for
  // the run; durable before it sends a statement, so that a successor can end
  // it. Not called for dialects whose server notices a lost client itself.
  virtual absl::Status OnSession(const std::string& connection,
                                 int64_t server_connection_id) = 0;
};

struct ExecuteRequest {
  // Borrowed; must outlive the call.
  const RuleSet* rule_set = nullptr;
  const BoundParameters* parameters = nullptr;
  absl::Time as_of;    // What now() means; microseconds count.
  std::string run_id;  // In a comment of every statement, see RunMarker.
  // The caller's W3C trace context, in the same comment; empty: none.
  std::string traceparent;
  std::string principal;      // For the log; empty: not known.
  std::set<int> done_groups;  // Finished before a restart: not read again.
  // By rule index: pairs of wildcards that were finished before a restart. Each
  // is read again where it would be bound to something else now.
  std::map<int, PairResults> done_pairs;
  int max_parallel_groups = 4;
  // The server's state directory, see base/state_paths.h; empty: there is none,
  // so nothing spills, nothing is resumed and no differences are kept.
  std::string directory;
  // The terminal run that this one re-reads, of the same rule set and params;
  // empty: none.
  std::string recheck_of;
  // How often a diff writes down how far it is.
  absl::Duration checkpoint_interval = absl::Seconds(10);
  // Memory of one diff's window, see diff::WindowOptions.
  size_t window_bytes = 16 << 20;
  // By rule index: what that run found and this one takes over. Handed to the
  // observer as they are, not read again.
  std::map<int, Result> carried;
  // By rule index: what that run found about the rules that are looked at
  // again. Re-reading only the keys of its differences is sound where
  // `diff->complete` and the file has `differences` lines, else everything is
  // compared anew.
  std::map<int, Result> earlier;
  // The same of each pair of a wildcard, as far as it is known.
  std::map<int, PairResults> earlier_pairs;
};

// What the comment of every statement of a run begins with, "assay run=ID": by
// it a run's statements are found on a database.
std::string RunMarker(const std::string& run_id);

// The whole comment, "assay run=ID traceparent=00-…"; without the second where
// `traceparent` is empty or malformed, so that nothing else gets into SQL.
std::string StatementMarker(const std::string& run_id,
                            const std::string& traceparent);

// What a log line about this execution, or about one of its rules, is about.
LogFields LogFieldsOf(const ExecuteRequest& request,
                      const std::string& rule_id = "");

// The number of groups (entries of `tables:`, then of `comparisons:`) and
// rules.
int CountGroups(const RuleSet& rule_set);
int CountRules(const RuleSet& rule_set);
const std::vector<Rule>& RulesOfGroup(const RuleSet& rule_set, int group);
// The index of the first rule of `group`, as in Observer::OnResult.
int FirstRuleOfGroup(const RuleSet& rule_set, int group);

// A Result for a rule that was never reached, with identity filled in and
// verdict ERROR because of `why`.
Result UnjudgedResult(const RuleSet& rule_set,
                      const BoundParameters& parameters, int index,
                      const absl::Status& why);

// Executes. Trouble with one rule or one connection is that rule's ERROR result
// and not a failure of Execute. Returns OK when every rule has a result, the
// token's status when cancelled or out of time (results so far are handed
// over), and another error only where nothing could be done at all.
absl::Status Execute(const ExecuteRequest& request,
                     connections::Registry& registry, Observer& observer,
                     const CancellationToken& cancel);

struct Explanation {
  std::string text;
  int without_sql = 0;     // What is said to have no SQL, or not to run.
  bool retryable = false;  // There is such, and all of it may pass by itself.
};

// The plan and its SQL per connection, for people. Reads catalogs, never data;
// where a connection cannot be reached the plan is shown with that said.
absl::StatusOr<Explanation> Explain(const RuleSet& rule_set,
                                    const BoundParameters& parameters,
                                    connections::Registry& registry,
                                    const CancellationToken& cancel);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_ENGINE_H_
