// SPDX-License-Identifier: Apache-2.0
// The work behind group_run.h: group_runner.cc reads, group_scans.cc scans,
// group_snapshot.cc knows what is read outside of the snapshot,
// group_results.cc judges and hands over. Only these and group_run.cc include
// this.
#ifndef ASSAY_VALIDATOR_ENGINE_GROUP_RUNNER_H_
#define ASSAY_VALIDATOR_ENGINE_GROUP_RUNNER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "validator/engine/engine.h"
#include "validator/engine/progress_meter.h"
#include "validator/engine/rule_state.h"

namespace assay::engine {

// What a rule's step is, as far as the order of work asks.
bool IsScan(const RuleState& state);
// A schema rule: reads the catalog, no data.
bool IsCatalogOnly(const RuleState& state);

// Confined to one thread.
class GroupRunner {
 public:
  // All borrowed; must outlive the runner.
  GroupRunner(const ExecuteRequest& request, int group,
              connections::Registry& registry, ProgressMeter& meter,
              const CancellationToken& cancel);

  absl::Status Run();

 private:
  // One try in one session; an error is the connection's or the run's.
  absl::Status Attempt();
  absl::Status ReadAll();
  // Finds what the rules read that no snapshot covers.
  absl::Status LookOutside();
  absl::Status Measure(std::vector<RuleState*> rules);
  absl::Status RunStep(RuleState& state);
  absl::Status RunScans();
  absl::Status ScanTogether(absl::Span<RuleState* const> rules);
  void ExpectScanRows();
  // Reads the rules in to_confirm_ again, in a new snapshot.
  absl::Status Confirm();
  // The table's catalog entry of now, where one of `rules` is about that.
  absl::Status DescribeAgain(const std::vector<RuleState*>& rules,
                             connections::Table& table);
  absl::Status Reread();

  // Judges, attaches samples and hands the result over.
  absl::Status Finish(RuleState& state);
  absl::Status FinishAllWith(const absl::Status& why);
  // Hands over what Confirm could not read again.
  absl::Status EmitUnconfirmed();
  absl::Status Emit(RuleState& state);
  absl::Status TableHasRows(bool& has_rows);
  absl::Status TableMissing(const absl::Status& why);

  // The rule's own deadline, or the run's token.
  CancellationToken TokenFor(const RuleState& state) const;
  // Whether a failure ends this attempt rather than one rule.
  bool EndsAttempt(const absl::Status& status) const;
  std::vector<RuleState*> Pending();

  const ExecuteRequest& request_;
  const int group_;
  const TableRules& rules_;
  connections::Registry& registry_;
  ProgressMeter& meter_;
  const CancellationToken& cancel_;
  const std::string marker_;
  const std::string connection_;
  const std::string table_name_;
  ExprPtr where_;
  std::vector<std::unique_ptr<RuleState>> states_;
  std::vector<RuleState*> to_confirm_;
  std::string empty_rule_id_;  // First rule that found the table empty.
  // Of the current attempt.
  connections::Session* session_ = nullptr;
  connections::Table table_;
  std::string outside_snapshot_;  // Of the table and its filter.
  std::optional<bool> table_has_rows_;
  std::optional<int64_t> counted_rows_;
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_GROUP_RUNNER_H_
