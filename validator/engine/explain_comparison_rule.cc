// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/explain_comparison_rule.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/base/status.h"
#include "validator/engine/aggregate_read.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/database_hash.h"
#include "validator/engine/diff_choices.h"
#include "validator/engine/duplicate_keys.h"
#include "validator/engine/key_draw.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"

namespace assay::engine {
namespace {

using diff::Side;

constexpr Side kSides[] = {Side::kSource, Side::kTarget};

const char* SideWord(Side side) {
  return side == Side::kSource ? "source" : "target";
}

class RuleExplainer {
 public:
  // `trouble` is borrowed.
  RuleExplainer(const DiffContext& context, const ComparisonPlan& plan,
                ExplainTrouble& trouble)
      : context_(context), step_(plan.step), trouble_(trouble) {
    context_.source_where = Conjunction(context.source->where, plan.filter);
    context_.target_where = Conjunction(context.target->where, plan.filter);
  }

  std::string Text() {
    for (const Side side : kSides) {
      const auto& config = context_.side(side).session->config();
      if (config.author_sql || !context_.rule->where.has_value()) continue;
      trouble_.AddPermanent();
      Line("      (cannot run: connection '", config.name,
           "' does not take SQL from rule sets)");
      return std::move(out_);
    }
    const bool diff = std::holds_alternative<FullDiff>(step_) ||
                      std::holds_alternative<SampleDiff>(step_);
    if (diff && context_.plan == nullptr) {
      trouble_.AddPermanent();
      Line("      (cannot run: rows cannot be compared, see above)");
      return std::move(out_);
    }
    std::visit([this](const auto& step) { ExplainStep(step); }, step_);
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void Line(const Args&... args) {
    absl::StrAppend(&out_, args..., "\n");
  }

  std::string Shown(const absl::Status& status) const {
    return ShownMessage(context_.source->session->config(),
                        context_.target->session->config(), status);
  }

  // A statement, its comment first, so that the whole can be pasted.
  void Sql(Side side, const std::string& what,
           const absl::StatusOr<std::string>& sql) {
    if (!sql.ok()) {
      trouble_.Add(sql.status());
      Line("      (no SQL on the ", SideWord(side), ", ", what, ": ",
           Shown(sql.status()), ")");
      return;
    }
    Line("        -- ", SideWord(side), ": ", what);
    Line("        ", absl::StrReplaceAll(*sql, {{"\n", "\n        "}}));
  }

  void Sql(Side side, const std::string& what,
           const std::function<absl::Status(sql::SqlWriter&)>& put) {
    sql::SqlWriter writer(sql::WriteMode::kPaste);
    const absl::Status status = put(writer);
    if (!status.ok())
      return Sql(side, what, absl::StatusOr<std::string>(status));
    Sql(side, what, absl::StatusOr<std::string>(writer.sql()));
  }

  void CannotRun(const absl::Status& status) {
    trouble_.Add(status);
    Line("      (cannot run: ", Shown(status), ")");
  }

  void ExplainStep(const CompareCounts&) {
    for (const Side side : kSides) {
      Sql(side, "rows", [&](sql::SqlWriter& writer) {
        return PutCount(writer, context_, side);
      });
    }
  }

  void ExplainStep(const CompareAggregate& step) {
    const auto plan =
        PlanAggregate(*context_.comparison, step, *context_.parameters,
                      *context_.source, *context_.target);
    if (!plan.ok()) return CannotRun(plan.status());
    DiffContext own = context_;
    own.plan = &*plan;
    for (const std::string& note : plan->Notes()) Line("      ", note);
    const auto columns = FindAggregateColumns(own, step);
    if (!columns.ok()) return CannotRun(columns.status());
    for (const Side side : kSides) {
      Sql(side, step.group_by.empty() ? "aggregate" : "aggregate of each group",
          [&](sql::SqlWriter& writer) {
            return PutAggregate(
                writer, own, side,
                ReadOfAggregate(own.side(side), step, *columns));
          });
    }
  }

  void ExplainStep(const CompareSchemas& step) {
    for (const Side side : kSides) {
      if (context_.side(side).label != "query") continue;
      trouble_.AddPermanent();
      Line("      (cannot run: a query has no schema to compare)");
      return;
    }
    Line("      read from the catalogs",
         step.sequences ? "; the greatest value of each numbered column of "
                          "the target is read from its table"
                        : "");
  }

  void ExplainStep(const CompareForeignKey& step) {
    const Side child = step.child == CompareForeignKey::Child::kSource
                           ? Side::kSource
                           : Side::kTarget;
    Line(
        "      the keys of both sides meet here; rows of a key without "
        "partner are read to count them");
    for (const Side side : kSides) {
      Sql(side, side == child ? "keys of the child" : "keys of the parent",
          [&](sql::SqlWriter& writer) -> absl::Status {
            const ComparedSide& of = context_.side(side);
            ASSAY_ASSIGN_OR_RETURN(
                const std::vector<std::string> columns,
                ResolveNames(of, side == child ? step.columns : step.key));
            return PutDistinctKeys(writer, of, context_.where(side), columns);
          });
    }
  }

  void ExplainStep(const SampleDiff& step) {
    if (const absl::Status status = CheckSample(*context_.plan); !status.ok()) {
      return CannotRun(status);
    }
    RecheckLine(step.recheck, /*can_reread=*/true);
    if (step.random > 0) {
      const bool numbers = DrawsNumbers(context_);
      Line("      keys are drawn ",
           numbers ? "as random numbers between the least and the greatest "
                     "key where, by the statistics, enough of them are keys; "
                     "else "
                   : "",
           "by the least digests among all keys of both sides");
      for (const Side side : kSides) {
        Sql(side,
            numbers ? "all keys, where numbers are too sparse" : "all keys",
            ScanSql(context_, side, /*keys_only=*/true));
      }
    }
    for (const Side side : kSides) {
      if (step.edges) {
        for (const bool greatest : {false, true}) {
          Sql(side, greatest ? "greatest key" : "least key",
              [&](sql::SqlWriter& writer) {
                return PutEdgeKey(writer, context_, side, greatest);
              });
        }
      }
      if (step.recent_column.has_value()) {
        Sql(side, "keys of the newest rows", [&](sql::SqlWriter& writer) {
          return PutRecentKeys(writer, context_, *step.recent_column,
                               step.recent_micros, step.recent_limit, side);
        });
      }
    }
    Line("      the rows of these keys are then looked up on both sides");
  }

  void ExplainStep(const FullDiff& step) {
    const PairPlan& plan = *context_.plan;
    // Without duplicates, which are counted when it runs.
    const bool may_be_unique = NeverNullKey(context_, Side::kSource) &&
                               NeverNullKey(context_, Side::kTarget);
    for (const absl::Status& status :
         {AddOlderThan(step, context_), CheckRecheck(plan, step),
          CheckTolerance(plan, may_be_unique)}) {
      if (!status.ok()) return CannotRun(status);
    }
    const std::string why_not = WhyNotHashedHere(step);
    Line("      hashing in the databases: ",
         why_not.empty() ? "chosen first; rows are streamed where the hashes "
                           "differ"
                         : absl::StrCat("not chosen, since ", why_not));
    Line("      streaming rows: ",
         why_not.empty() ? "where the hashes differ" : "chosen", ", ",
         ResumeText());
    RecheckLine(step.recheck, plan.LookupProves());
    for (const Side side : kSides) {
      switch (HowDuplicatesCount(context_, side)) {
        case DuplicateCount::kProvenNone:
          break;
        case DuplicateCount::kGroupBy:
          Sql(side, "duplicate keys, rows of them",
              [&](sql::SqlWriter& writer) {
                return PutDuplicateKeys(writer, context_, side);
              });
          break;
        case DuplicateCount::kAllKeysRead:
          Sql(side, "all keys, to find duplicates",
              ScanSql(context_, side, /*keys_only=*/true));
          break;
      }
    }
    for (const Side side : kSides) {
      if (!why_not.empty()) break;
      Sql(side, "hashes, a run with a seed of its own",
          [&](sql::SqlWriter& writer) {
            return PutRowHashes(writer, context_, side);
          });
    }
    for (const Side side : kSides) {
      Sql(side, "rows", ScanSql(context_, side, /*keys_only=*/false));
    }
  }

  std::string WhyNotHashedHere(const FullDiff& step) {
    if (step.hashing == FullDiff::Hashing::kNever) {
      return "the rule says hashing: never";
    }
    const auto why = WhyNotHashed(context_);
    return why.ok() ? *why : Shown(why.status());
  }

  // Whether an interrupted scan goes on.
  std::string ResumeText() const {
    const std::string why = WhyNotResumed(context_);
    return why.empty() ? "goes on after an interruption"
                       : absl::StrCat(
                             "begins again after an interruption, since ", why);
  }

  void RecheckLine(const Recheck& recheck, bool can_reread) {
    const bool rollback = context_.rule->on_fail == OnFail::kRollback;
    const Rounds rounds = RoundsOf(recheck, rollback && can_reread);
    const std::string later = absl::StrCat(
        FormatDurationMicros(absl::ToInt64Microseconds(rounds.after)),
        " later");
    if (recheck.times > 0) {
      Line("      recheck: differing rows are read again up to ", rounds.times,
           rounds.times == 1 ? " time" : " times", ", each ", later,
           "; what is the same twice running counts");
    } else if (rounds.times > 0) {
      Line("      recheck: differing rows are read again once, ", later,
           ", since on_fail is rollback");
    } else if (rollback) {
      Line("      recheck: rows cannot be looked up by this key; where it ",
           "fails everything is read once more, ", later,
           ", since on_fail is rollback");
    } else {
      Line("      recheck: none, the first reading counts");
    }
  }

  DiffContext context_;
  const ComparisonStep& step_;
  ExplainTrouble& trouble_;
  std::string out_;
};

}  // namespace

std::string RuleText(const Rule& rule, const ComparisonPlan& plan) {
  std::string out = absl::StrCat("    ", rule.id, ": ", plan.expected, "\n",
                                 "      ", ExplainText(plan.step), "\n");
  if (plan.filter != nullptr) {
    absl::StrAppend(&out, "      where ", ExplainText(plan.filter), "\n");
  }
  return out;
}

std::string ExplainComparisonRule(const DiffContext& context,
                                  const ComparisonPlan& plan,
                                  ExplainTrouble& trouble) {
  return absl::StrCat(RuleText(*context.rule, plan),
                      RuleExplainer(context, plan, trouble).Text());
}

std::string ShownMessage(const connections::ConnectionConfig& source,
                         const connections::ConnectionConfig& target,
                         const absl::Status& status) {
  return std::string(
      HideDataInError(target, HideDataInError(source, status)).message());
}

}  // namespace assay::engine
