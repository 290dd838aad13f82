// SPDX-License-Identifier: Apache-2.0
// foreign_key across connections: the distinct keys of both sides meet in a
// window; a child's key that is left has no parent.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/diff/window.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/comparison_steps.h"
#include "validator/engine/diff_scan.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/key_scan.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;

// Beyond, the rule is hardly meant.
constexpr size_t kMostOrphans = 1000000;
// They are kept in memory.
constexpr size_t kMostOrphanBytes = 64 << 20;

// `side` as its distinct complete keys: "SELECT DISTINCT a AS assay_k0, …".
absl::StatusOr<ComparedSide> DistinctKeys(
    const ComparedSide& side, const ExprPtr& where,
    const std::vector<std::string>& columns) {
  ComparedSide out = side;
  out.where = nullptr;
  out.table.columns.clear();
  out.table.unique_keys.clear();
  for (size_t i = 0; i < columns.size(); ++i) {
    connections::Column& key =
        out.table.columns.emplace_back(*side.table.FindColumn(columns[i]));
    key.name = absl::StrCat("assay_k", i);
    key.nullable = false;
    // As ByteExact has converted it.
    if (!key.type.character_set.empty()) key.type.character_set = "utf8mb4";
  }
  // Written out: the SELECT becomes a table's place.
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(PutDistinctKeys(writer, side, where, columns));
  out.derived = writer.sql();
  return out;
}

class ForeignKeyReader {
 public:
  ForeignKeyReader(const DiffContext& context, const CompareForeignKey& step,
                   ComparisonObservation& out)
      : context_(context),
        step_(step),
        child_(step.child == CompareForeignKey::Child::kSource ? Side::kSource
                                                               : Side::kTarget),
        out_(out) {}

  absl::Status Run(std::vector<Sample>& samples) {
    ASSAY_RETURN_IF_ERROR(Resolve());
    ASSAY_RETURN_IF_ERROR(CountChildren());
    const ComparedSide& child = context_.side(child_);
    const ComparedSide& parent = context_.side(Other(child_));
    ASSAY_ASSIGN_OR_RETURN(
        ComparedSide child_keys,
        DistinctKeys(child, context_.where(child_), child_columns_));
    ASSAY_ASSIGN_OR_RETURN(
        ComparedSide parent_keys,
        DistinctKeys(parent, context_.where(Other(child_)), parent_columns_));
    PairPlan plan;
    for (size_t i = 0; i < child_columns_.size(); ++i) {
      PairedColumn pair;
      pair.name = child_columns_[i];
      pair.source = pair.target = absl::StrCat("assay_k", i);
      const auto type_of = [&](const ComparedSide& side) {
        return diff::ColumnSide{side.table.columns[i].type,
                                &side.session->dialect()};
      };
      ASSAY_ASSIGN_OR_RETURN(pair.compared, diff::ChooseCompareType(
                                                type_of(child_keys),
                                                type_of(parent_keys), nullptr));
      plan.columns.push_back(std::move(pair));
    }
    plan.key_columns = plan.columns.size();
    DiffContext keys = context_;
    keys.plan = &plan;
    const bool child_is_source = child_ == Side::kSource;
    keys.source = child_is_source ? &child_keys : &parent_keys;
    keys.target = child_is_source ? &parent_keys : &child_keys;
    keys.source_where = keys.target_where = nullptr;
    DiffScanOptions options;
    DiffScan scan(keys, options);
    ASSAY_RETURN_IF_ERROR(scan.Run());
    std::vector<std::string> orphans;  // Canonical; each once.
    size_t bytes = 0;                  // Of them.
    ASSAY_RETURN_IF_ERROR(scan.window().Finish(
        [&](const diff::LeftoverKey& leftover) -> absl::Status {
          const auto& rows =
              child_is_source ? leftover.source : leftover.target;
          if (rows.empty()) return absl::OkStatus();
          const std::string_view key = diff::PayloadKey(rows.front().payload);
          bytes += key.size();
          if (orphans.size() == kMostOrphans || bytes > kMostOrphanBytes) {
            return MakeError(
                ErrorReason::kBudgetReached,
                absl::StrCat("more than ", orphans.size(),
                             " keys have no parent; are these the right "
                             "columns?"));
          }
          orphans.emplace_back(key);
          return absl::OkStatus();
        },
        [this] { return context_.cancel.cancelled(); }));
    std::sort(orphans.begin(), orphans.end());
    // Two spellings of one value are two keys of the database and one here: a
    // parent that met the first was forgotten when the second came.
    if (!orphans.empty()) ASSAY_RETURN_IF_ERROR(DropParents(plan, orphans));
    ASSAY_RETURN_IF_ERROR(CountOrphans(plan, orphans));
    for (size_t i = 0;
         i < orphans.size() && static_cast<int64_t>(i) < context_.samples;
         ++i) {
      ASSAY_RETURN_IF_ERROR(AddSample(plan, orphans[i], samples));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Resolve() {
    ASSAY_ASSIGN_OR_RETURN(child_columns_,
                           ResolveNames(context_.side(child_), step_.columns));
    ASSAY_ASSIGN_OR_RETURN(
        parent_columns_, ResolveNames(context_.side(Other(child_)), step_.key));
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Count(const ExprPtr& where) {
    const ComparedSide& child = context_.side(child_);
    sql::SqlWriter writer(sql::WriteMode::kBound);
    writer.Put("SELECT COUNT(*)");
    ASSAY_RETURN_IF_ERROR(sql::PutFromWhere(writer, child.scope(), where));
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Value> row,
        ReadOneRow(*child.session, writer, context_.marker, context_.cancel));
    return CountOf(row.front());
  }

  absl::Status CountChildren() {
    const ExprPtr& where = context_.where(child_);
    ASSAY_ASSIGN_OR_RETURN(const int64_t all, Count(where));
    ASSAY_ASSIGN_OR_RETURN(
        const int64_t considered,
        Count(Conjunction(where, CompleteKeys(child_columns_))));
    out_.rows_considered = considered;
    out_.rows_null = all - considered;
    return absl::OkStatus();
  }

  // Reads the complete keys of all rows of a side.
  absl::Status VisitKeys(
      Side which, const PairPlan& keys_plan,
      const std::function<void(const std::string& key)>& visit) {
    PairPlan plan = keys_plan;
    const auto& names = which == child_ ? child_columns_ : parent_columns_;
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      plan.columns[i].source = plan.columns[i].target = names[i];
    }
    DiffContext context = context_;
    context.plan = &plan;
    return ScanKeys(context, which,
                    ColumnsOf(plan.columns, context_.side(which)),
                    Conjunction(context_.where(which), CompleteKeys(names)),
                    [&](const diff::DigestBatch& batch) {
                      for (size_t r = 0; r < batch.size(); ++r) {
                        visit(std::string(diff::PayloadKey(batch.payload(r))));
                      }
                      return absl::OkStatus();
                    });
  }

  absl::Status DropParents(const PairPlan& plan,
                           std::vector<std::string>& orphans) {
    std::vector<bool> with_parent(orphans.size());
    ASSAY_RETURN_IF_ERROR(
        VisitKeys(Other(child_), plan, [&](const std::string& key) {
          const auto found =
              std::lower_bound(orphans.begin(), orphans.end(), key);
          if (found != orphans.end() && *found == key) {
            with_parent[static_cast<size_t>(found - orphans.begin())] = true;
          }
        }));
    std::vector<std::string> left;
    for (size_t i = 0; i < orphans.size(); ++i) {
      if (!with_parent[i]) left.push_back(std::move(orphans[i]));
    }
    orphans = std::move(left);
    return absl::OkStatus();
  }

  // Counted by reading, since a look-up may not find every spelling.
  absl::Status CountOrphans(const PairPlan& plan,
                            const std::vector<std::string>& orphans) {
    int64_t rows = 0;
    if (!orphans.empty()) {
      ASSAY_RETURN_IF_ERROR(
          VisitKeys(child_, plan, [&](const std::string& key) {
            if (std::binary_search(orphans.begin(), orphans.end(), key)) {
              ++rows;
            }
          }));
    }
    out_.groups_failing = static_cast<int64_t>(orphans.size());
    out_.rows_failing = std::max(rows, static_cast<int64_t>(orphans.size()));
    return absl::OkStatus();
  }

  absl::Status AddSample(const PairPlan& plan, const std::string& key,
                         std::vector<Sample>& samples) {
    const ComparedSide& child = context_.side(child_);
    const auto& config = child.session->config();
    for (const Side side : {Side::kSource, Side::kTarget}) {
      if (context_.side(side).session->config().samples ==
          connections::SamplePolicy::kNone) {
        return absl::OkStatus();
      }
    }
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Value> values,
                           KeyValues(plan, key));
    Sample sample;
    sample.note = "no parent";
    for (size_t i = 0; i < values.size(); ++i) {
      // A value that the parent's side hides is hidden here too.
      PairedColumn pair;
      pair.name = child_columns_[i];
      const bool child_is_source = child_ == Side::kSource;
      pair.source = child_is_source ? child_columns_[i] : parent_columns_[i];
      pair.target = child_is_source ? parent_columns_[i] : child_columns_[i];
      SampleCell cell = MakeCell(config, child_columns_[i], values[i], false);
      if (!MayShowPair(*context_.source, *context_.target, pair, false)) {
        cell = SampleCell{child_columns_[i], "***"};
        cell.masked = true;
      }
      sample.cells.push_back(std::move(cell));
    }
    samples.push_back(std::move(sample));
    return absl::OkStatus();
  }

  const DiffContext& context_;
  const CompareForeignKey& step_;
  const Side child_;
  ComparisonObservation& out_;
  std::vector<std::string> child_columns_, parent_columns_;
};

}  // namespace

absl::Status MeasureForeignKey(const DiffContext& context,
                               const CompareForeignKey& step,
                               ComparisonObservation& out,
                               std::vector<Sample>& samples) {
  return ForeignKeyReader(context, step, out).Run(samples);
}

}  // namespace assay::engine
