// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/explain_comparison_rule.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/base/status.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/database_hash.h"
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
  RuleExplainer(const DiffContext& context, const ComparisonPlan& plan)
      : context_(context), step_(plan.step) {
    context_.source_where = Conjunction(context.source->where, plan.filter);
    context_.target_where = Conjunction(context.target->where, plan.filter);
  }

  std::string Text() {
    for (const Side side : kSides) {
      const auto& config = context_.side(side).session->config();
      if (config.author_sql || !context_.rule->where.has_value()) continue;
      Line("      (cannot run: connection '", config.name,
           "' does not take SQL from rule sets)");
      return std::move(out_);
    }
    const bool diff = std::holds_alternative<FullDiff>(step_) ||
                      std::holds_alternative<SampleDiff>(step_);
    if (diff && context_.plan == nullptr) {
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
      Line("      (no SQL on the ", SideWord(side), ", ", what, ": ",
           Shown(sql.status()), ")");
      return;
    }
    Line("        -- ", SideWord(side), ": ", what);
    Line("        ", absl::StrReplaceAll(*sql, {{"\n", "\n        "}}));
  }

  void ExplainStep(const CompareCounts&) {
    for (const Side side : kSides) Sql(side, "rows", CountSql(context_, side));
  }

  void ExplainStep(const CompareAggregate& step) {
    auto plan = PlanAggregate(step);
    if (!plan.ok()) {
      Line("      (cannot run: ", Shown(plan.status()), ")");
      return;
    }
    DiffContext own = context_;
    own.plan = &*plan;
    for (const std::string& note : plan->Notes()) Line("      ", note);
    for (const Side side : kSides) {
      Sql(side, step.group_by.empty() ? "aggregate" : "aggregate of each group",
          AggregateSql(own, step, side));
    }
  }

  // An aggregate needs no key and takes no tolerance of columns.
  absl::StatusOr<PairPlan> PlanAggregate(const CompareAggregate& step) const {
    Comparison keyless = *context_.comparison;
    keyless.key.clear();
    keyless.keyless = true;
    keyless.columns.only.clear();
    keyless.columns.except.clear();
    const auto add = [&](const Column& column) {
      Word& word = keyless.columns.only.emplace_back();
      word.text = column.name;
      word.range = column.range;
    };
    if (step.column.has_value()) add(*step.column);
    for (const Column& column : step.group_by) add(column);
    if (keyless.columns.only.empty()) return PairPlan();
    for (ColumnPolicy& policy : keyless.columns.policies) {
      policy.tolerance.reset();
      policy.relative_tolerance.reset();
    }
    return PlanPair(keyless, *context_.parameters, *context_.source,
                    *context_.target, /*any_table=*/true);
  }

  void ExplainStep(const CompareSchemas& step) {
    for (const Side side : kSides) {
      if (context_.side(side).label != "query") continue;
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
          DistinctKeysSql(context_, side == child ? step.columns : step.key,
                          side));
    }
  }

  void ExplainStep(const SampleDiff& step) {
    if (context_.plan->key_columns == 0 || !context_.plan->key_lookup) {
      Line(
          "      (cannot run: sample_diff needs a key by which rows can be "
          "looked up: one without trim, case and precision)");
      return;
    }
    RecheckLine(step.recheck, /*can_reread=*/true);
    if (step.random > 0) {
      const bool numbers = IsOneInteger();
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
        Sql(side, "least key", EdgeSql(context_, side, false));
        Sql(side, "greatest key", EdgeSql(context_, side, true));
      }
      if (step.recent_column.has_value()) {
        Sql(side, "keys of the newest rows",
            RecentSql(context_, *step.recent_column, step.recent_micros,
                      step.recent_limit, side));
      }
    }
    Line("      the rows of these keys are then looked up on both sides");
  }

  // As key_draw.h decides.
  bool IsOneInteger() const {
    if (context_.plan->key_columns != 1) return false;
    return std::all_of(std::begin(kSides), std::end(kSides), [&](Side side) {
      const auto* column = context_.side(side).table.FindColumn(
          context_.plan->columns.front().on(side));
      return column->type.type == TypeClass::kInteger && context_.proven(side);
    });
  }

  void ExplainStep(const FullDiff& step) {
    if (step.older_than_column.has_value()) {
      for (const Side side : kSides) {
        auto old = NotNewerThan(context_, *step.older_than_column,
                                step.older_than_micros, side);
        if (!old.ok()) {
          Line("      (cannot run: ", Shown(old.status()), ")");
          return;
        }
        ExprPtr& where = side == Side::kSource ? context_.source_where
                                               : context_.target_where;
        where = Conjunction(where, *old);
      }
    }
    if (const std::string why = WhyNotRun(step); !why.empty()) {
      Line("      (cannot run: ", why, ")");
      return;
    }
    const std::string why_not = WhyNotHashedHere(step);
    Line("      hashing in the databases: ",
         why_not.empty() ? "chosen first; rows are streamed where the hashes "
                           "differ"
                         : absl::StrCat("not chosen, since ", why_not));
    Line("      streaming rows: ",
         why_not.empty() ? "where the hashes differ" : "chosen", ", ",
         ResumeText());
    RecheckLine(step.recheck, CanReread());
    for (const Side side : kSides) {
      if (context_.plan->key_columns > 0 && !context_.proven(side)) {
        Sql(side, "duplicate keys, rows of them",
            DuplicateKeysSql(context_, side));
      }
    }
    for (const Side side : kSides) {
      if (!why_not.empty()) break;
      Sql(side, "hashes, a run with a seed of its own",
          HashSql(context_, side));
    }
    for (const Side side : kSides) {
      Sql(side, "rows", ScanSql(context_, side, /*keys_only=*/false));
    }
  }

  // Why full_diff.cc will refuse; empty: it will not, as far as is known before
  // keys are counted.
  std::string WhyNotRun(const FullDiff& step) const {
    if (step.recheck.times > 0 && !CanReread()) {
      return "recheck needs a key by which rows can be looked up: integers, "
             "decimals, booleans, text, native UUIDs, dates, times or bytes, "
             "compared as they are (no `as`, trim, case or precision on them)";
    }
    if (context_.plan->layout.tolerance_columns == 0) return "";
    for (const Side side : kSides) {
      if (context_.proven(side)) continue;
      bool certain =
          context_.plan->key_lookup && context_.side(side).derived.empty();
      for (size_t i = 0; certain && i < context_.plan->key_columns; ++i) {
        certain = !context_.side(side)
                       .table.FindColumn(context_.plan->columns[i].on(side))
                       ->nullable;
      }
      if (!certain) {
        return absl::StrCat(
            "a tolerance needs a key that is unique and never NULL on both "
            "sides, so that it is known which rows meet, and nothing proves "
            "it of ",
            SideName(side));
      }
    }
    return "";
  }

  // As full_diff.cc decides.
  bool CanReread() const {
    const PairPlan& plan = *context_.plan;
    return plan.key_columns > 0 && plan.key_lookup && plan.trusted_source &&
           plan.trusted_target;
  }

  std::string WhyNotHashedHere(const FullDiff& step) {
    if (step.hashing == FullDiff::Hashing::kNever) {
      return "the rule says hashing: never";
    }
    std::string why = WhyNotHashed(context_);
    for (const Side side : kSides) {
      if (why.empty()) why = WhyLoose(side);
    }
    return why;
  }

  // As database_hash.cc asks the catalog.
  std::string WhyLoose(Side side) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    writer.Put(context_.side(side).session->dialect().LooseEqualityQuery(
        context_.side(side).table.schema, context_.side(side).table.name));
    if (writer.sql().empty()) return "";
    const auto rows = ReadRows(*context_.side(side).session, writer,
                               context_.marker, 1, context_.cancel);
    if (!rows.ok()) return Shown(rows.status());
    if (rows->rows.empty()) return "";
    return absl::StrCat(ToText(rows->rows.front().cells.front()),
                        " has a collation that is not deterministic");
  }

  // Whether an interrupted scan goes on.
  std::string ResumeText() const {
    const char* begins = "begins again after an interruption, since ";
    if (context_.comparison->consistency == Consistency::kStrict) {
      return absl::StrCat(begins, "its consistency is strict");
    }
    if (context_.plan->key_columns == 0) {
      return absl::StrCat(begins, "it has no key");
    }
    if (!context_.plan->key_lookup) {
      return absl::StrCat(begins, "rows cannot be looked up by the key");
    }
    for (const Side side : kSides) {
      if (!KeyOrderOf(context_.side(side)).empty()) continue;
      return absl::StrCat(begins, SideName(side),
                          " has no unique key to order by");
    }
    return "goes on after an interruption";
  }

  void RecheckLine(const Recheck& recheck, bool can_reread) {
    if (recheck.times > 0) {
      Line("      recheck: differing rows are read again up to ", recheck.times,
           recheck.times == 1 ? " time" : " times", ", each ",
           FormatDurationMicros(recheck.after_micros),
           " later; what is the same twice running counts");
    } else if (context_.rule->on_fail != OnFail::kRollback) {
      Line("      recheck: none, the first reading counts");
    } else if (can_reread) {
      Line(
          "      recheck: differing rows are read again once, 1s later, "
          "since on_fail is rollback");
    } else {
      Line(
          "      recheck: none, and so no rollback: rows cannot be looked up "
          "by this key");
    }
  }

  DiffContext context_;
  const ComparisonStep& step_;
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
                                  const ComparisonPlan& plan) {
  return absl::StrCat(RuleText(*context.rule, plan),
                      RuleExplainer(context, plan).Text());
}

std::string ShownMessage(const connections::ConnectionConfig& source,
                         const connections::ConnectionConfig& target,
                         const absl::Status& status) {
  return std::string(
      HideDataInError(target, HideDataInError(source, status)).message());
}

}  // namespace assay::engine
