// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/key_order.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/model.h"
#include "validator/base/status.h"
#include "validator/diff/payload.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;

bool SideInKeyOrder(const DiffContext& context, Side side) {
  const PairedColumn& leading = context.plan->columns.front();
  const ComparedSide& from = context.side(side);
  if (!from.derived.empty() || leading.has_policy || leading.mapped) {
    return false;
  }
  const std::vector<std::string>* order =
      KeyOrder(from.session->dialect(), from.table);
  const connections::Column* column = from.table.FindColumn(leading.on(side));
  return order != nullptr && column != nullptr &&
         order->front() == column->name && !column->nullable &&
         column->type.type == TypeClass::kInteger &&
         !from.session->dialect().tags_values();
}

// The least and the greatest key of a side; false where it has no rows, or keys
// beyond 64 bits.
absl::StatusOr<bool> EndsOf(const DiffContext& context, Side side, int64_t& low,
                            int64_t& high) {
  const ComparedSide& from = context.side(side);
  const sql::Scope scope = from.scope();
  sql::SqlWriter column(sql::WriteMode::kPaste);
  column.PutName(scope, context.plan->columns.front().on(side));
  sql::SqlWriter query(sql::WriteMode::kBound);
  // Without the filter, which could cost a scan: both ends come from the index.
  ASSAY_RETURN_IF_ERROR(sql::PutRead(query, scope, nullptr,
                                     {absl::StrCat("MIN(", column.sql(), ")"),
                                      absl::StrCat("MAX(", column.sql(), ")")},
                                     nullptr, 0));
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<Value> row,
      ReadOneRow(*from.session, query, context.marker, context.cancel));
  const auto whole = [](const Value& value) -> std::optional<int64_t> {
    if (const auto* number = std::get_if<int64_t>(&value)) return *number;
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return std::nullopt;
    const absl::StatusOr<Value> parsed = ParseValue(TypeClass::kInteger, *text);
    if (!parsed.ok() || !std::holds_alternative<int64_t>(*parsed)) {
      return std::nullopt;
    }
    return std::get<int64_t>(*parsed);
  };
  if (row.size() != 2) return false;
  const std::optional<int64_t> least = whole(row[0]);
  const std::optional<int64_t> greatest = whole(row[1]);
  if (!least.has_value() || !greatest.has_value()) return false;
  low = std::min(low, *least);
  high = std::max(high, *greatest);
  return true;
}

}  // namespace

bool InKeyOrder(const DiffContext& context) {
  return context.plan->key_columns > 0 && context.plan->key_lookup &&
         SideInKeyOrder(context, Side::kSource) &&
         SideInKeyOrder(context, Side::kTarget);
}

absl::StatusOr<std::vector<KeyRange>> SplitKeys(const DiffContext& context,
                                                int64_t count) {
  int64_t low = std::numeric_limits<int64_t>::max();
  int64_t high = std::numeric_limits<int64_t>::min();
  bool known = false;
  for (const Side side : {Side::kSource, Side::kTarget}) {
    ASSAY_ASSIGN_OR_RETURN(const bool found, EndsOf(context, side, low, high));
    known |= found;
  }
  const absl::int128 width = absl::int128(high) - low;
  if (!known || width < count) return std::vector<KeyRange>{KeyRange{}};
  std::vector<KeyRange> ranges;
  for (int64_t i = 1; i < count; ++i) {
    const auto bound = static_cast<int64_t>(low + width * i / count);
    KeyRange range;
    if (!ranges.empty()) range.from = ranges.back().to;
    range.to = bound;
    ranges.push_back(range);
  }
  KeyRange last;
  if (!ranges.empty()) last.from = ranges.back().to;
  ranges.push_back(last);
  return ranges;
}

ExprPtr InRange(const std::string& column, const KeyRange& range) {
  const auto bound = [&](CompareOp op, const std::optional<int64_t>& value) {
    return value.has_value()
               ? MakeExpr(BinaryCompare{op, MakeExpr(Column{column, {}}),
                                        MakeExpr(Integer{*value})})
               : nullptr;
  };
  return Conjunction(bound(CompareOp::kGreaterEqual, range.from),
                     bound(CompareOp::kLess, range.to));
}

bool IsPassed(const std::vector<Watermark>& watermarks,
              std::string_view payload) {
  const std::optional<int64_t> key = diff::PayloadLeadingInteger(payload);
  if (!key.has_value()) return false;
  // The last range that begins at or before the key.
  const auto behind = std::upper_bound(
      watermarks.begin(), watermarks.end(), *key,
      [](int64_t value, const Watermark& watermark) {
        return watermark.from.has_value() && value < *watermark.from;
      });
  if (behind == watermarks.begin()) return false;
  const std::optional<int64_t>& passed = std::prev(behind)->passed;
  return passed.has_value() && *key < *passed;
}

}  // namespace assay::engine
