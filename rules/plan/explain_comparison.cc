// SPDX-License-Identifier: Apache-2.0
// The steps of comparisons as text for people.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/plan/comparison.h"

namespace assay {
namespace {

std::string NameText(const Column& column) {
  return ExplainText(MakeExpr(column));
}

std::string Names(const std::vector<Column>& columns) {
  return absl::StrJoin(columns, ", ", [](std::string* out, const Column& c) {
    absl::StrAppend(out, NameText(c));
  });
}

std::string ToleranceText(const Tolerance& tolerance) {
  if (tolerance.value.digits == "0") return "";
  return absl::StrCat(" ± ", tolerance.value.digits,
                      tolerance.percent ? "%" : "");
}

std::string RecheckText(const Recheck& recheck) {
  if (recheck.times == 0) return "";
  return absl::StrCat("; differing rows read again up to ", recheck.times,
                      recheck.times == 1 ? " time" : " times", ", each ",
                      FormatDurationMicros(recheck.after_micros), " later");
}

const char* FunctionText(CompareAggregate::Function function) {
  switch (function) {
    case CompareAggregate::Function::kCount:
      return "count";
    case CompareAggregate::Function::kDistinct:
      return "count_distinct";
    case CompareAggregate::Function::kMin:
      return "min";
    case CompareAggregate::Function::kMax:
      return "max";
    case CompareAggregate::Function::kSum:
      return "sum";
    case CompareAggregate::Function::kAverage:
      return "average";
  }
  return "?";
}

struct StepText {
  std::string operator()(const CompareCounts& c) const {
    return absl::StrCat("count of rows of both sides",
                        ToleranceText(c.tolerance));
  }
  std::string operator()(const CompareAggregate& a) const {
    return absl::StrCat(
        FunctionText(a.function), "(",
        a.column.has_value() ? NameText(*a.column) : "", ") of both sides",
        a.group_by.empty() ? "" : absl::StrCat(" by (", Names(a.group_by), ")"),
        ToleranceText(a.tolerance));
  }
  std::string operator()(const CompareSchemas& s) const {
    std::vector<std::string> facts;
    const auto add = [&](bool compared, const char* fact) {
      if (compared) facts.emplace_back(fact);
    };
    add(s.columns, "columns");
    add(s.types, "types");
    add(s.nullability, "nullability");
    add(s.defaults, "defaults");
    add(s.keys, "keys");
    add(s.indexes, "indexes");
    add(s.foreign_keys, "foreign keys");
    add(s.sequences, "sequences");
    return absl::StrCat("catalogs of both sides: ", absl::StrJoin(facts, ", "));
  }
  std::string operator()(const CompareForeignKey& f) const {
    const bool source = f.child == CompareForeignKey::Child::kSource;
    return absl::StrCat("distinct (", Names(f.columns), ") of the ",
                        source ? "source" : "target", " without partner in (",
                        Names(f.key), ") of the ", source ? "target" : "source",
                        " by bytes");
  }
  std::string operator()(const SampleDiff& s) const {
    std::vector<std::string> keys;
    if (s.random > 0) {
      keys.push_back(absl::StrCat(s.random, " drawn with seed ", s.seed));
    }
    if (s.edges) keys.emplace_back("the least and the greatest of each side");
    if (!s.keys.empty()) keys.push_back(absl::StrCat(s.keys.size(), " given"));
    if (s.recent_column.has_value()) {
      keys.push_back(absl::StrCat("up to ", s.recent_limit,
                                  " of each side with ",
                                  NameText(*s.recent_column), " within ",
                                  FormatDurationMicros(s.recent_micros)));
    }
    return absl::StrCat("diff of the rows of some keys: ",
                        absl::StrJoin(keys, ", "), RecheckText(s.recheck));
  }
  std::string operator()(const FullDiff& f) const {
    std::string out = "diff of all rows";
    if (f.older_than_column.has_value()) {
      absl::StrAppend(&out, " with ", NameText(*f.older_than_column),
                      " older than ",
                      FormatDurationMicros(f.older_than_micros));
    }
    if (f.hashing == FullDiff::Hashing::kNever) {
      out += "; never hashed in the databases";
    }
    if (f.stop_after.has_value()) {
      absl::StrAppend(
          &out, "; stops after ", *f.stop_after,
          *f.stop_after == 1 ? " differing row" : " differing rows");
    }
    if (f.max_rows.has_value()) {
      absl::StrAppend(&out, "; reads at most ", *f.max_rows,
                      " rows of both sides");
    }
    if (f.rows_per_second.has_value()) {
      absl::StrAppend(&out, "; at most ", *f.rows_per_second,
                      " rows/s of each side");
    }
    return out + RecheckText(f.recheck);
  }
};

}  // namespace

std::string ExplainText(const ComparisonStep& step) {
  return std::visit(StepText{}, step);
}

}  // namespace assay
