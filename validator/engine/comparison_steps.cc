// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_steps.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/connections/table_facts.h"
#include "validator/diff/schema_comparison.h"
#include "validator/engine/aggregate_read.h"
#include "validator/engine/both_sides.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;
using Function = CompareAggregate::Function;

// Trouble says whose it is.
absl::Status OnEachSide(absl::FunctionRef<absl::Status(Side)> read) {
  return OnBothSides([&](Side side) -> absl::Status {
    const absl::Status status = read(side);
    return status.ok() ? status : Annotate(status, SideName(side));
  });
}

class AggregateReader {
 public:
  AggregateReader(const DiffContext& context, const CompareAggregate& step)
      : context_(context), step_(step) {}

  absl::Status Prepare() {
    ASSAY_ASSIGN_OR_RETURN(columns_, FindAggregateColumns(context_, step_));
    return absl::OkStatus();
  }

  // Rows by the canonical bytes of their group.
  using Groups = std::map<std::string, std::vector<Value>>;

  absl::StatusOr<Groups> Read(Side side) const {
    const ComparedSide& from = context_.side(side);
    const AggregateRead read = ReadOfAggregate(from, step_, columns_);
    const std::vector<AggregateItem>& items = read.items;
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(PutAggregate(writer, context_, side, read));
    db::QueryOptions options;
    options.cancel = StatementToken(*from.session, context_.cancel);
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        from.session->connection().Query(
            MarkedStatement(writer, context_.marker), options));
    Groups out;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) return out;
      for (size_t r = 0; r < block->rows(); ++r) {
        std::string group;
        std::vector<Value> measures;
        for (size_t c = 0; c < items.size(); ++c) {
          std::string cell;
          ASSAY_RETURN_IF_ERROR(diff::EncodeCell(items[c].encoding, *block, r,
                                                 c, cursor->columns()[c].kind,
                                                 cell));
          if (c < read.groups) {
            group += cell;
            continue;
          }
          std::string_view bytes = cell;
          measures.push_back(diff::DecodeValue(bytes).value_or(Null{}));
        }
        // One group here may be several of the database's: a policy joins them.
        const auto [place, first] = out.emplace(group, measures);
        if (!first) ASSAY_RETURN_IF_ERROR(Merge(measures, place->second));
      }
    }
  }

  // The measure's value: averages are divided here, alike for all databases.
  Value Final(const std::vector<Value>& measures) const {
    if (step_.function != Function::kAverage) return measures.front();
    const int64_t count = CountOf(measures.at(1));
    if (count == 0 || IsNull(measures.front())) return Null{};
    if (const auto* number = std::get_if<double>(&measures.front())) {
      return *number / static_cast<double>(count);
    }
    const auto sum = ToDecimal(measures.front());
    if (!sum.has_value()) return measures.front();
    return Divide(*sum, count, 20);
  }

  std::vector<std::string> GroupText(std::string_view bytes) const {
    std::vector<std::string> out;
    for (const PairedColumn& column : columns_.groups) {
      const auto value = diff::DecodeValue(bytes);
      const bool shown =
          MayShowPair(*context_.source, *context_.target, column, false);
      out.push_back(!value.has_value() ? "" : shown ? ToText(*value) : "***");
    }
    return out;
  }

 private:
  // Joins what was measured for two parts of a group.
  absl::Status Merge(const std::vector<Value>& part,
                     std::vector<Value>& whole) const {
    if (step_.function == Function::kDistinct) {
      return MakeError(
          ErrorReason::kNotComparable,
          "groups that a policy joins have distinct values in common, which "
          "cannot be told from counts; remove the policy, or count something "
          "else");
    }
    for (size_t i = 0; i < part.size(); ++i) {
      if (IsNull(part[i])) continue;
      if (IsNull(whole[i])) {
        whole[i] = part[i];
        continue;
      }
      if (step_.function == Function::kMin ||
          step_.function == Function::kMax) {
        const auto order = Compare(part[i], whole[i]);
        if (!order.has_value()) continue;
        const bool least = step_.function == Function::kMin;
        if (least ? *order < 0 : *order > 0) whole[i] = part[i];
        continue;
      }
      const auto* a = std::get_if<double>(&part[i]);
      const auto* b = std::get_if<double>(&whole[i]);
      if (a != nullptr && b != nullptr) {
        whole[i] = *a + *b;
        continue;
      }
      const auto x = ToDecimal(part[i]);
      const auto y = ToDecimal(whole[i]);
      if (x.has_value() && y.has_value()) whole[i] = Add(*x, *y);
    }
    return absl::OkStatus();
  }

  const DiffContext& context_;
  const CompareAggregate& step_;
  AggregateColumns columns_;
};

}  // namespace

absl::StatusOr<int64_t> CountRows(const DiffContext& context, Side side) {
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(PutCount(writer, context, side));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Value> row,
                         ReadOneRow(*context.side(side).session, writer,
                                    context.marker, context.cancel));
  return CountOf(row.front());
}

absl::Status MeasureCounts(const DiffContext& context,
                           ComparisonObservation& out) {
  return OnEachSide([&](Side side) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(const int64_t rows, CountRows(context, side));
    (side == Side::kSource ? out.rows_source : out.rows_target) = rows;
    return absl::OkStatus();
  });
}

absl::Status MeasureAggregate(const DiffContext& context,
                              const CompareAggregate& step,
                              ComparisonObservation& out) {
  AggregateReader reader(context, step);
  ASSAY_RETURN_IF_ERROR(reader.Prepare());
  AggregateReader::Groups groups[2];
  ASSAY_RETURN_IF_ERROR(OnEachSide([&](Side side) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(groups[side == Side::kSource ? 0 : 1],
                           reader.Read(side));
    return absl::OkStatus();
  }));
  for (const auto& [key, measures] : groups[0]) {
    AggregatePair& pair = out.aggregates.emplace_back();
    pair.group = reader.GroupText(key);
    pair.source = reader.Final(measures);
    const auto other = groups[1].find(key);
    if (other != groups[1].end()) pair.target = reader.Final(other->second);
  }
  for (const auto& [key, measures] : groups[1]) {
    if (groups[0].count(key) > 0) continue;
    AggregatePair& pair = out.aggregates.emplace_back();
    pair.group = reader.GroupText(key);
    pair.target = reader.Final(measures);
  }
  return MeasureCounts(context, out);
}

absl::Status MeasureSchemas(const DiffContext& context,
                            const CompareSchemas& step,
                            ComparisonObservation& out,
                            std::vector<std::string>& notes) {
  if (!context.source->derived.empty() || !context.target->derived.empty()) {
    // Mapped expressions are columns of our own making; a query has no catalog.
    if (context.source->label == "query" || context.target->label == "query") {
      return MakeError(ErrorReason::kUnsupported,
                       "a query has no schema to compare; compare tables");
    }
  }
  db::TableFacts facts[2];
  ASSAY_RETURN_IF_ERROR(OnEachSide([&](Side side) -> absl::Status {
    const ComparedSide& from = context.side(side);
    ASSAY_ASSIGN_OR_RETURN(
        facts[side == Side::kSource ? 0 : 1],
        connections::ReadTableFacts(*from.session, from.table, context.cancel));
    return absl::OkStatus();
  }));
  std::map<std::string, int64_t> greatest;
  if (step.sequences) {
    const ComparedSide& target = *context.target;
    for (const std::string& column : diff::SequenceColumns(facts[1])) {
      sql::SqlWriter writer(sql::WriteMode::kBound);
      const sql::Scope scope = MakeScope(*target.session, target.table);
      writer.Put("SELECT MAX(");
      writer.PutName(scope, column);
      writer.Put(")");
      ASSAY_RETURN_IF_ERROR(sql::PutFromWhere(writer, scope, nullptr));
      ASSAY_ASSIGN_OR_RETURN(
          const std::vector<Value> row,
          ReadOneRow(*target.session, writer, context.marker, context.cancel));
      if (!IsNull(row.front())) greatest[column] = CountOf(row.front());
    }
  }
  diff::SchemaComparison compared = diff::CompareTableSchemas(
      facts[0], facts[1], step, context.comparison->columns, greatest);
  out.mismatches = std::move(compared.mismatches);
  for (std::string& line : compared.notes) notes.push_back(std::move(line));
  if (compared.unknown.empty()) return absl::OkStatus();
  if (!out.mismatches.empty()) {
    // A mismatch is one whatever else could not be read.
    for (std::string& line : compared.unknown) notes.push_back(std::move(line));
    return absl::OkStatus();
  }
  return MakeError(
      ErrorReason::kPermissionDenied,
      absl::StrCat("a part of the catalog could not be read: ",
                   absl::StrJoin(compared.unknown, "; "),
                   "; grant it, or name it in the rule's `ignore`"));
}

}  // namespace assay::engine
