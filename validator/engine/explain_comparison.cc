// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/explain_comparison.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/comparison_kind.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/comparison_group.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/diff_context.h"
#include "validator/engine/duplicate_keys.h"
#include "validator/engine/explain_comparison_rule.h"
#include "validator/engine/side_snapshots.h"

namespace assay::engine {
namespace {

using diff::Side;

constexpr Side kSides[] = {Side::kSource, Side::kTarget};
constexpr char kMarker[] = "assay explain";

const char* SideWord(Side side) {
  return side == Side::kSource ? "source" : "target";
}

struct CompiledRule {
  const Rule* rule = nullptr;
  absl::Status status;
  ComparisonPlan plan;

  bool IsDiff() const {
    return std::holds_alternative<FullDiff>(plan.step) ||
           std::holds_alternative<SampleDiff>(plan.step);
  }
};

// What the whole comparison shares.
struct Explained {
  const Comparison& comparison;
  const BoundParameters& parameters;
  absl::Time as_of;
  const CancellationToken& cancel;
  ExplainTrouble& trouble;
  std::vector<CompiledRule> rules;
};

void RuleLine(const CompiledRule& rule, ExplainTrouble& trouble,
              std::string& out) {
  if (!rule.status.ok()) {
    trouble.Add(rule.status);
    absl::StrAppend(&out, "    ", rule.rule->id,
                    ": (no SQL: ", rule.status.message(), ")\n");
    return;
  }
  out += RuleText(*rule.rule, rule.plan);
}

// One pair of tables, looked up on two sessions.
class PairExplainer {
 public:
  PairExplainer(const Explained& all, connections::Session& source,
                connections::Session& target)
      : all_(all), sessions_{&source, &target} {}

  std::string Text(const TablePair& pair) {
    const bool many = all_.comparison.source.tables.has_value();
    bool open = true;
    for (const Side side : kSides) {
      const absl::Status status = Open(side, pair);
      if (status.ok()) continue;
      if (many && open) {
        absl::StrAppend(&out_, "  ", pair.source, " → ", pair.target, "\n");
      }
      all_.trouble.Add(status);
      Line("  (no SQL: ", Shown(status), ")");
      open = false;
    }
    if (!open) {
      for (const CompiledRule& rule : all_.rules)
        RuleLine(rule, all_.trouble, out_);
      return std::move(out_);
    }
    if (many) Line("  ", sides_[0].label, " → ", sides_[1].label);
    for (const Side side : kSides) SideLines(side);
    if (std::any_of(all_.rules.begin(), all_.rules.end(),
                    [](const auto& rule) { return rule.IsDiff(); })) {
      Columns();
    }
    for (const CompiledRule& rule : all_.rules) ExplainRule(rule);
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void Line(const Args&... args) {
    absl::StrAppend(&out_, args..., "\n");
  }

  const ComparedSide& of(Side side) const {
    return sides_[side == Side::kSource ? 0 : 1];
  }
  connections::Session& session(Side side) const {
    return *sessions_[side == Side::kSource ? 0 : 1];
  }

  // A database's message may quote data.
  std::string Shown(const absl::Status& status) const {
    return ShownMessage(session(Side::kSource).config(),
                        session(Side::kTarget).config(), status);
  }

  absl::Status Open(Side side, const TablePair& pair) {
    const bool source = side == Side::kSource;
    SideRequest request;
    request.side = side;
    request.session = &session(side);
    request.rules = source ? &all_.comparison.source : &all_.comparison.target;
    request.mappings = &all_.comparison.columns.map;
    request.parameters = &all_.parameters;
    request.table = source ? pair.source : pair.target;
    request.marker = kMarker;
    request.cancel = all_.cancel;
    ASSAY_ASSIGN_OR_RETURN(sides_[source ? 0 : 1], OpenSide(request));
    return absl::OkStatus();
  }

  void SideLines(Side side) {
    const sql::Dialect& dialect = session(side).dialect();
    Line("  ", SideWord(side), " ", of(side).label, ": dialect ",
         std::string(dialect.name()), ", ",
         ConsistencyOf(of(side),
                       all_.comparison.consistency != Consistency::kStatement),
         ", read by ", ReadingText(of(side)));
    if (of(side).where != nullptr) {
      Line("    where ", ExplainText(of(side).where));
    }
  }

  void Columns() {
    auto plan =
        PlanPair(all_.comparison, all_.parameters, of(Side::kSource),
                 of(Side::kTarget), all_.comparison.source.tables.has_value());
    if (!plan.ok()) {
      Line("  (rows cannot be compared: ", Shown(plan.status()), ")");
      return;
    }
    plan_ = *std::move(plan);
    Line("  ", KeyText());
    for (const std::string& note : plan_->Notes()) Line("    ", note);
    const auto only = [&](Side side, const std::vector<std::string>& names) {
      if (names.empty()) return;
      Line("  only in the ", SideWord(side), ": ", absl::StrJoin(names, ", "));
    };
    only(Side::kSource, plan_->source_only);
    only(Side::kTarget, plan_->target_only);
  }

  std::string KeyText() const {
    if (plan_->key_columns == 0) {
      return "no key: rows compare as a multiset";
    }
    std::string key =
        absl::StrCat("key (", absl::StrJoin(plan_->KeyNames(), ", "), "): ");
    if (plan_->proven_source && plan_->proven_target) {
      return absl::StrCat(key, "proven by the catalogs of both sides");
    }
    const DiffContext context = Context();
    const auto how = [&](Side side) -> std::string {
      return HowDuplicatesCount(context, side) == DuplicateCount::kGroupBy
                 ? "duplicates counted by GROUP BY on "
                 : "duplicates found by reading all keys of ";
    };
    if (plan_->proven_source != plan_->proven_target) {
      const Side proven = plan_->proven_source ? Side::kSource : Side::kTarget;
      const Side other = Other(proven);
      return absl::StrCat(key, "proven by the catalog of ", SideName(proven),
                          "; ", how(other), SideName(other));
    }
    absl::StrAppend(&key, "not proven by a catalog",
                    plan_->LookupProves() ? "; " : " as it is compared; ",
                    how(Side::kSource));
    if (how(Side::kSource) == how(Side::kTarget)) return key + "both sides";
    return absl::StrCat(key, SideName(Side::kSource), ", ", how(Side::kTarget),
                        SideName(Side::kTarget));
  }

  // What every rule shares.
  DiffContext Context() const {
    DiffContext context;
    context.comparison = &all_.comparison;
    context.parameters = &all_.parameters;
    context.source = &of(Side::kSource);
    context.target = &of(Side::kTarget);
    context.plan = plan_.has_value() ? &*plan_ : nullptr;
    context.as_of = all_.as_of;
    context.marker = kMarker;
    context.cancel = all_.cancel;
    return context;
  }

  void ExplainRule(const CompiledRule& rule) {
    if (!rule.status.ok()) return RuleLine(rule, all_.trouble, out_);
    DiffContext context = Context();
    context.rule = rule.rule;
    out_ += ExplainComparisonRule(context, rule.plan, all_.trouble);
  }

  const Explained& all_;
  connections::Session* sessions_[2];
  ComparedSide sides_[2];
  std::optional<PairPlan> plan_;  // Absent: rows cannot be compared.
  std::string out_;
};

std::string SideText(const ComparisonSide& side,
                     const BoundParameters& parameters) {
  if (side.table.has_value()) return BoundLiteralText(*side.table, parameters);
  if (!side.tables.has_value()) return "query";
  const auto found = parameters.find(side.tables->parameter);
  return side.tables->parameter.empty() || found == parameters.end()
             ? side.tables->text
             : found->second.text;
}

// The connection that takes no SQL from rule sets but would have to.
std::string Refused(const Comparison& comparison,
                    const std::vector<std::string>& connections,
                    const connections::Registry& registry) {
  for (const Side side : kSides) {
    const bool source = side == Side::kSource;
    const auto* config = registry.Find(connections[source ? 0 : 1]);
    if (config == nullptr || config->author_sql) continue;
    const ComparisonSide& of = source ? comparison.source : comparison.target;
    const bool mapped = std::any_of(
        comparison.columns.map.begin(), comparison.columns.map.end(),
        [source](const ColumnMapping& mapping) {
          return (source ? mapping.source_sql : mapping.target_sql).has_value();
        });
    if (of.query.has_value() || of.where.has_value() || mapped) {
      return config->name;
    }
  }
  return "";
}

std::string WildcardText(const TablePairs& pairs) {
  std::string out = absl::StrCat("  ", pairs.pairs.size(),
                                 pairs.pairs.size() == 1 ? " table" : " tables",
                                 " on both sides\n");
  const auto only = [&](Side side, const std::vector<std::string>& names) {
    if (names.empty()) return;
    absl::StrAppend(&out, "  only in the ", SideWord(side), ": ",
                    absl::StrJoin(names, ", "), "\n");
  };
  only(Side::kSource, pairs.source_only);
  only(Side::kTarget, pairs.target_only);
  return out;
}

}  // namespace

std::string ExplainComparison(const Comparison& comparison,
                              const BoundParameters& parameters,
                              absl::Time as_of, connections::Registry& registry,
                              const CancellationToken& cancel,
                              ExplainTrouble& trouble) {
  Explained all{comparison, parameters, as_of, cancel, trouble, {}};
  for (const Rule& rule : comparison.rules) {
    CompiledRule& compiled = all.rules.emplace_back();
    compiled.rule = &rule;
    auto plan = CompileComparison(rule, parameters, as_of);
    compiled.status = plan.status();
    if (plan.ok()) compiled.plan = *std::move(plan);
  }
  const std::vector<std::string> connections = {
      BoundLiteralText(comparison.source.connection, parameters),
      BoundLiteralText(comparison.target.connection, parameters)};
  std::string out = absl::StrCat(
      "comparison ", SideText(comparison.source, parameters), " on connection ",
      connections[0], " → ", SideText(comparison.target, parameters),
      " on connection ", connections[1], "\n");
  const auto plan_only = [&](const absl::Status& status,
                             absl::string_view why) {
    trouble.Add(status);
    absl::StrAppend(&out, "  (no SQL: ", why, ")\n");
    for (const CompiledRule& rule : all.rules) RuleLine(rule, trouble, out);
    return out;
  };
  if (const std::string name = Refused(comparison, connections, registry);
      !name.empty()) {
    const absl::Status refused =
        MakeError(ErrorReason::kPermissionDenied,
                  absl::StrCat("connection '", name,
                               "' does not take SQL from rule sets"));
    return plan_only(refused, refused.message());
  }
  auto sessions = registry.Acquire(connections, cancel);
  if (!sessions.ok()) {
    return plan_only(sessions.status(), sessions.status().message());
  }
  const auto pairs = FindTablePairs(comparison, parameters, sessions->at(0),
                                    sessions->at(1), cancel);
  if (!pairs.ok()) {
    return plan_only(pairs.status(),
                     ShownMessage(sessions->at(0).config(),
                                  sessions->at(1).config(), pairs.status()));
  }
  if (comparison.source.tables.has_value()) out += WildcardText(*pairs);
  for (const TablePair& pair : pairs->pairs) {
    if (cancel.cancelled()) break;
    out += PairExplainer(all, sessions->at(0), sessions->at(1)).Text(pair);
  }
  return out;
}

}  // namespace assay::engine
