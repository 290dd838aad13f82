// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/draft_rule_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"
#include "validator/base/status.h"
#include "validator/connections/table_facts.h"
#include "validator/engine/comparison_group.h"
#include "validator/engine/draft_pair.h"
#include "validator/engine/draft_yaml.h"

namespace assay::engine {
namespace {

using connections::Session;

std::string Shown(const db::TableName& name) {
  return QualifiedName(name.schema, name.name);
}

std::string SchemaText(const std::string& schema) {
  return schema.empty() ? "" : absl::StrCat(", schema ", schema);
}

class Drafter {
 public:
  Drafter(const DraftRequest& request, connections::Registry& registry,
          const CancellationToken& cancel)
      : request_(request), registry_(registry), cancel_(cancel) {}

  absl::StatusOr<Draft> Run() {
    ASSAY_RETURN_IF_ERROR(CheckRequest());
    ASSAY_ASSIGN_OR_RETURN(
        std::vector<Session> sessions,
        registry_.Acquire({request_.source, request_.target}, cancel_));
    ASSAY_ASSIGN_OR_RETURN(const Tables source,
                           List(sessions[0], request_.source_schema, "source"));
    ASSAY_ASSIGN_OR_RETURN(const Tables target,
                           List(sessions[1], request_.target_schema, "target"));
    for (const auto& [name, table] : source) {
      if (target.count(name) == 0) source_only_.push_back(Shown(table));
    }
    for (const auto& [name, table] : target) {
      if (source.count(name) == 0) target_only_.push_back(Shown(table));
    }
    WarnOfUnmatchedPatterns(source, target);
    for (const auto& [name, table] : source) {
      const auto other = target.find(name);
      if (other == target.end()) continue;
      ASSAY_RETURN_IF_ERROR(
          ReadPair(sessions, Shown(table), Shown(other->second)));
    }
    if (pairs_.empty()) return NothingInCommon(source, target);
    draft_.yaml = Text();
    CheckDraft();
    return std::move(draft_);
  }

 private:
  // By name in lower case.
  using Tables = std::map<std::string, db::TableName>;

  absl::Status CheckRequest() const {
    if (request_.source.empty() || request_.target.empty()) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       "source and target: name two connections");
    }
    if (request_.source == request_.target &&
        absl::EqualsIgnoreCase(request_.source_schema,
                               request_.target_schema)) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       "source and target are the same; name two connections, "
                       "or two schemas");
    }
    return absl::OkStatus();
  }

  bool Wanted(const std::string& name) const {
    return request_.tables.empty() ||
           std::any_of(request_.tables.begin(), request_.tables.end(),
                       [&name](const std::string& pattern) {
                         return MatchesGlob(name, pattern);
                       });
  }

  absl::StatusOr<Tables> List(Session& session, const std::string& schema,
                              const char* side) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<db::TableName> all,
                           session.ListTables(schema, cancel_));
    Tables out;
    for (const db::TableName& table : all) {
      if (!Wanted(table.name)) continue;
      const auto [known, added] =
          out.emplace(absl::AsciiStrToLower(table.name), table);
      if (added) continue;
      draft_.warnings.push_back(
          absl::StrCat("the ", side, " has ", Shown(known->second), " and ",
                       Shown(table), ": only the first is in the draft"));
    }
    return out;
  }

  void WarnOfUnmatchedPatterns(const Tables& source, const Tables& target) {
    for (const std::string& pattern : request_.tables) {
      const auto matches = [&pattern](const Tables& tables) {
        return std::any_of(tables.begin(), tables.end(),
                           [&pattern](const auto& table) {
                             return MatchesGlob(table.second.name, pattern);
                           });
      };
      if (!matches(source) && !matches(target)) {
        draft_.warnings.push_back(
            absl::StrCat("no table ", pattern, " on either side"));
      }
    }
  }

  absl::StatusOr<DraftSide> ReadSide(Session& session,
                                     const std::string& name) {
    DraftSide side;
    ASSAY_ASSIGN_OR_RETURN(side.table, session.DescribeTable(name, cancel_));
    ASSAY_ASSIGN_OR_RETURN(
        side.facts, connections::ReadTableFacts(session, side.table, cancel_));
    side.dialect = &session.dialect();
    return side;
  }

  // A table that went away meanwhile, or that the role may not see, is left
  // out.
  absl::Status ReadPair(std::vector<Session>& sessions,
                        const std::string& source, const std::string& target) {
    const auto left_out = [&](const absl::Status& status) {
      const ErrorReason reason = GetReason(status);
      if (reason != ErrorReason::kTableNotFound &&
          reason != ErrorReason::kPermissionDenied) {
        return status;
      }
      draft_.warnings.push_back(std::string(status.message()));
      return absl::OkStatus();
    };
    absl::StatusOr<DraftSide> from = ReadSide(sessions[0], source);
    if (!from.ok()) return left_out(from.status());
    absl::StatusOr<DraftSide> to = ReadSide(sessions[1], target);
    if (!to.ok()) return left_out(to.status());
    pairs_.push_back({*std::move(from), *std::move(to)});
    return absl::OkStatus();
  }

  absl::Status NothingInCommon(const Tables& source,
                               const Tables& target) const {
    return MakeError(
        ErrorReason::kTableNotFound,
        absl::StrCat("no table is on both sides: ", request_.source,
                     SchemaText(request_.source_schema), " has ", source.size(),
                     ", ", request_.target, SchemaText(request_.target_schema),
                     " has ", target.size(),
                     request_.tables.empty() ? "" : " with such a name",
                     "; name the schemas that hold them"));
  }

  static std::string ListOf(const char* title,
                            const std::vector<std::string>& tables) {
    if (tables.empty()) return "";
    std::string out = YamlComment("", title);
    for (const std::string& table : tables) {
      out += YamlComment("", absl::StrCat("  ", table));
    }
    return absl::StrCat(out, "\n");
  }

  std::string Text() const {
    std::string comparisons;
    std::string tables;
    std::string remarks;
    for (const DraftPair& pair : pairs_) {
      const std::string comparison = DraftComparison(pair);
      if (comparison.empty()) {
        absl::StrAppend(
            &remarks,
            YamlComment("  ", absl::StrCat(pair.source.table.name,
                                           ": no column can be compared.")));
      }
      comparisons += comparison;
      const std::string rules = DraftTableRules(pair, pairs_);
      (absl::StartsWith(rules, "  - ") ? tables : remarks) += rules;
    }
    const std::string name =
        absl::StrCat(request_.source, "-to-", request_.target);
    return absl::StrCat(
        YamlComment("", absl::StrCat("Drafted by `assay init` from the "
                                     "catalogs of ",
                                     request_.source, " and ", request_.target,
                                     ", without looking at\na row. Take out "
                                     "what is not wanted, then: assay run "
                                     "FILE")),
        "version: 1\nname: ", YamlName(name), "\nmigration: ", YamlName(name),
        "\nphase: verify\nparams:\n  source: {type: connection, default: ",
        YamlName(request_.source),
        "}\n  target: {type: connection, default: ", YamlName(request_.target),
        "}\n\n", ListOf("Only in the source, and not compared:", source_only_),
        ListOf("Only in the target, and not compared:", target_only_),
        comparisons.empty() ? "" : "comparisons:\n", comparisons,
        comparisons.empty() || tables.empty() ? "" : "\n",
        tables.empty() ? "" : "tables:\n", tables, remarks);
  }

  // A draft that does not lint is our mistake; its author should know.
  void CheckDraft() {
    const ParseResult parsed = ParseRuleSet(draft_.yaml, AllKindSpecs());
    for (const Issue& issue : parsed.issues) {
      draft_.warnings.push_back(
          absl::StrCat("the draft does not lint: ",
                       FormatIssue(issue, "draft", draft_.yaml)));
    }
  }

  const DraftRequest& request_;
  connections::Registry& registry_;
  const CancellationToken cancel_;
  std::vector<DraftPair> pairs_;
  std::vector<std::string> source_only_, target_only_;
  Draft draft_;
};

}  // namespace

absl::StatusOr<Draft> DraftRuleSet(const DraftRequest& request,
                                   connections::Registry& registry,
                                   const CancellationToken& cancel) {
  return Drafter(request, registry, cancel).Run();
}

}  // namespace assay::engine
