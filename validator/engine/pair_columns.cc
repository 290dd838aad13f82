// SPDX-License-Identifier: Apache-2.0
// What a plan's columns are asked once it is made: by name, by side, for
// people.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"
#include "validator/engine/pair_match.h"
#include "validator/engine/pair_names.h"
#include "validator/engine/pair_plan.h"
#include "validator/engine/sample_policy.h"

namespace assay::engine {

bool Same(const std::string& a, const std::string& b) {
  return absl::EqualsIgnoreCase(a, b);
}

std::vector<size_t> MatchesBy(const std::vector<PairedColumn>& pairs,
                              const std::string& name, bool by_side) {
  using Equal = bool (*)(const std::string&, const std::string&);
  const Equal exactly = [](const std::string& a, const std::string& b) {
    return a == b;
  };
  std::vector<size_t> out;
  for (const Equal equal : {exactly, Equal(&Same)}) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      const PairedColumn& pair = pairs[i];
      if (by_side ? equal(pair.source, name) || equal(pair.target, name)
                  : equal(pair.name, name)) {
        out.push_back(i);
      }
    }
    if (!out.empty()) break;
  }
  return out;
}

std::vector<size_t> Matches(const std::vector<PairedColumn>& pairs,
                            const std::string& name) {
  std::vector<size_t> out = MatchesBy(pairs, name, /*by_side=*/false);
  return out.empty() ? MatchesBy(pairs, name, /*by_side=*/true) : out;
}

bool MayShowPair(const ComparedSide& source, const ComparedSide& target,
                 const PairedColumn& column, bool is_key) {
  for (const ComparedSide* side : {&source, &target}) {
    const connections::ConnectionConfig& config = side->session->config();
    const std::string& name = column.on(side->side);
    const bool author = side->is_query || side->IsMapped(name);
    if (author && (!config.masked_columns.empty() ||
                   config.samples != connections::SamplePolicy::kFull)) {
      return false;
    }
    if (!MayShow(config, name, is_key) || IsMasked(config, column.name)) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<const PairedColumn*> FindPair(const PairPlan& plan,
                                             const Column& column) {
  const std::vector<size_t> found = Matches(plan.columns, column.name);
  if (!found.empty()) return &plan.columns[found.front()];
  const std::string line = LineText(column.range);
  for (const bool source : {true, false}) {
    for (const std::string& only :
         source ? plan.source_only : plan.target_only) {
      if (!Same(only, column.name)) continue;
      return MakeError(ErrorReason::kColumnNotFound,
                       absl::StrCat(line, "column '", only, "' is only in the ",
                                    source ? "source" : "target"));
    }
  }
  std::vector<std::string> names;
  for (const PairedColumn& pair : plan.columns) names.push_back(pair.name);
  const std::string nearest = NearestName(column.name, names);
  return MakeError(
      ErrorReason::kColumnNotFound,
      absl::StrCat(line, "no compared column is called '", column.name, "'",
                   nearest.empty()
                       ? ""
                       : absl::StrCat("; did you mean '", nearest, "'?")));
}

std::vector<std::string> PairPlan::Notes() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < columns.size(); ++i) {
    const PairedColumn& pair = columns[i];
    out.push_back(absl::StrCat(
        pair.name, i < key_columns ? " (key): " : ": ", pair.compared.text,
        Same(pair.source, pair.target) || pair.mapped
            ? ""
            : absl::StrCat(", ", pair.source, " on the source, ", pair.target,
                           " on the target")));
  }
  return out;
}

std::vector<std::string> PairPlan::KeyNames() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < key_columns; ++i) out.push_back(columns[i].name);
  return out;
}

SideColumns ColumnsOf(const std::vector<PairedColumn>& columns,
                      const ComparedSide& side) {
  SideColumns out;
  const sql::Scope scope = side.scope();
  for (const PairedColumn& pair : columns) {
    const connections::Column& column =
        *side.table.FindColumn(pair.on(side.side));
    sql::SqlWriter name(sql::WriteMode::kPaste);
    name.PutName(scope, column.name);
    out.expressions.push_back(
        diff::ReadForm({column.type, &side.session->dialect()}, name.sql(),
                       pair.compared.type));
    out.encodings.push_back(
        diff::EncodingOf({column.type, &side.session->dialect()}, pair.compared,
                         pair.has_policy ? &pair.policy : nullptr, scope.zone));
  }
  return out;
}

std::string Fingerprint(const PairPlan& plan, const ComparedSide& source,
                        const ComparedSide& target) {
  std::string out = absl::StrCat("encoding ", diff::kEncodingVersion, "\n");
  for (const ComparedSide* side : {&source, &target}) {
    absl::StrAppend(&out, side->session->config().name, "\n", side->label, "\n",
                    side->derived, "\n", side->session->config().time_zone,
                    "\n", ExplainText(side->where), "\n");
    for (const auto& column : side->table.columns) {
      absl::StrAppend(&out, column.name, " ", column.type.native_name, " ",
                      column.type.character_set, " ", column.type.collation,
                      " ", column.size, " ", column.scale, "\n");
    }
    for (const auto& key : side->table.unique_keys) {
      absl::StrAppend(&out, absl::StrJoin(key, ","), "\n");
    }
  }
  for (const PairedColumn& pair : plan.columns) {
    absl::StrAppend(&out, pair.source, "=", pair.target, " ",
                    pair.compared.text, "\n");
  }
  return absl::StrCat(out, "key ", plan.key_columns);
}

}  // namespace assay::engine
