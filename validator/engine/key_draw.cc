// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/key_draw.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/diff/bottom_k.h"
#include "validator/diff/shuffle.h"
#include "validator/engine/both_sides.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/key_scan.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;

// Draws by number are worth it while about one in so many hits a row.
constexpr int64_t kSparsest = 50;
// Looking a number up costs as much as reading so many keys in a row; of few
// numbers the cost is no matter.
constexpr int64_t kLookUpCost = 10;
constexpr int64_t kFewNumbers = 200000;
// So many numbers tell how many of them hit.
constexpr int64_t kFirstNumbers = 10000;

struct Range {
  int64_t least = 0;
  int64_t greatest = -1;
  int64_t estimate = 0;
};

// Least and greatest key, which an index tells; nullopt: the side is empty or
// its key is beyond int64.
absl::StatusOr<std::optional<Range>> KeyRange(const DiffContext& context,
                                              Side which) {
  const ComparedSide& side = context.side(which);
  const sql::Scope scope = side.scope();
  sql::SqlWriter writer(sql::WriteMode::kBound);
  const std::string& column = context.plan->columns.front().on(which);
  writer.Put("SELECT MIN(");
  writer.PutName(scope, column);
  writer.Put("), MAX(");
  writer.PutName(scope, column);
  writer.Put(")");
  ASSAY_RETURN_IF_ERROR(sql::PutFromWhere(writer, scope, context.where(which)));
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<Value> row,
      ReadOneRow(*side.session, writer, context.marker, context.cancel));
  Range range;
  for (const bool least : {true, false}) {
    const Value& value = row.at(least ? 0 : 1);
    if (IsNull(value)) return std::nullopt;
    const auto parsed =
        std::holds_alternative<std::string>(value)
            ? ParseValue(TypeClass::kInteger, std::get<std::string>(value))
            : absl::StatusOr<Value>(value);
    if (!parsed.ok() || !std::holds_alternative<int64_t>(*parsed)) {
      return std::nullopt;
    }
    (least ? range.least : range.greatest) = std::get<int64_t>(*parsed);
  }
  const std::string estimate = side.session->dialect().RowEstimateQuery(
      side.table.schema, side.table.name);
  if (!estimate.empty() && context.where(which) == nullptr) {
    sql::SqlWriter query(sql::WriteMode::kBound);
    query.Put(estimate);
    const auto rows =
        ReadOneRow(*side.session, query, context.marker, context.cancel);
    if (rows.ok()) range.estimate = CountOf(rows->front());
  }
  return range;
}

}  // namespace

bool DrawsNumbers(const DiffContext& context) {
  if (context.plan->key_columns != 1) return false;
  for (const Side side : {Side::kSource, Side::kTarget}) {
    const auto* column = context.side(side).table.FindColumn(
        context.plan->columns.front().on(side));
    // A lookup by key must be one in an index.
    if (column->type.type != TypeClass::kInteger || !context.proven(side)) {
      return false;
    }
  }
  return true;
}

namespace {

// Whether numbers hit too few keys, or reading all keys is cheaper, as far as
// the statistics know.
bool TooSparse(int64_t count, absl::int128 width, int64_t rows) {
  if (rows <= 0 || width > absl::int128(rows) * kSparsest ||
      width > absl::int128(INT64_MAX)) {
    return true;
  }
  return absl::int128(count) * width / rows >
         std::max(rows / kLookUpCost, kFewNumbers);
}

// Which of `numbers` are keys of the side.
absl::Status FindKeys(const DiffContext& context, Side side,
                      const std::vector<std::vector<Value>>& numbers,
                      KeySet& found) {
  const ComparedSide& from = context.side(side);
  const SideColumns columns = KeyColumnsOf(context, side);
  const sql::Scope scope = from.scope();
  ASSAY_ASSIGN_OR_RETURN(
      const sql::ResolvedColumn column,
      scope.resolve(Column{context.plan->columns.front().on(side), {}}));
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(sql::PutReadKeys(writer, scope, context.where(side),
                                         columns.expressions, {column},
                                         numbers));
  db::QueryOptions options;
  options.cancel = StatementToken(*from.session, context.cancel);
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<db::Cursor> cursor,
                         from.session->connection().Query(
                             MarkedStatement(writer, context.marker), options));
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
    if (block == nullptr) return absl::OkStatus();
    ASSAY_RETURN_IF_ERROR(
        AddKeysOf(context, columns, *block, cursor->columns(), side, found));
  }
}

// nullopt: the keys are too sparse to be hit.
absl::StatusOr<std::optional<KeyDraw>> DrawNumbers(const DiffContext& context,
                                                   int64_t count,
                                                   uint64_t seed) {
  std::optional<Range> source;
  std::optional<Range> target;
  ASSAY_RETURN_IF_ERROR(OnBothSides([&](Side side) -> absl::Status {
    std::optional<Range>& range = side == Side::kSource ? source : target;
    ASSAY_ASSIGN_OR_RETURN(range, KeyRange(context, side));
    return absl::OkStatus();
  }));
  if (!source.has_value() || !target.has_value()) return std::nullopt;
  const int64_t least = std::min(source->least, target->least);
  const int64_t greatest = std::max(source->greatest, target->greatest);
  const absl::int128 width = absl::int128(greatest) - least + 1;
  if (TooSparse(count, width, std::max(source->estimate, target->estimate))) {
    return std::nullopt;
  }
  const auto whole = static_cast<int64_t>(width);
  const diff::Shuffle shuffle(static_cast<uint64_t>(whole), seed);
  KeyDraw out;
  int64_t drawn = 0;
  while (static_cast<int64_t>(out.keys.size()) < count && drawn < whole) {
    // Old statistics: the numbers themselves say that they do not hit.
    if (drawn >= kFirstNumbers &&
        drawn / 2 > kSparsest * static_cast<int64_t>(out.keys.size())) {
      return std::nullopt;
    }
    std::vector<std::vector<Value>> batch;
    while (batch.size() < kKeysPerStatement && drawn < whole) {
      const uint64_t number = shuffle.At(static_cast<uint64_t>(drawn++));
      batch.push_back({static_cast<int64_t>(least + absl::int128(number))});
    }
    KeySet found;
    KeySet on_target;
    ASSAY_RETURN_IF_ERROR(OnBothSides([&](Side side) {
      return FindKeys(context, side, batch,
                      side == Side::kSource ? found : on_target);
    }));
    for (const auto& [key, seen] : on_target) found[key] |= seen;
    // All hits of a batch, but the surplus in an order that favours none.
    std::vector<std::pair<diff::Digest, std::string>> order;
    for (const auto& [key, seen] : found) {
      order.emplace_back(diff::HashBytes(key, seed), key);
    }
    std::sort(order.begin(), order.end());
    for (auto& [digest, key] : order) {
      if (static_cast<int64_t>(out.keys.size()) == count) break;
      out.keys[key] = found[key];
    }
  }
  out.method = absl::StrCat("drawn: ", drawn,
                            " random numbers between the least and the "
                            "greatest key, ",
                            out.keys.size(), " of them keys");
  return out;
}

absl::Status ReadKeysInto(const DiffContext& context, Side side,
                          diff::BottomK& least) {
  return ScanKeys(context, side, KeyColumnsOf(context, side),
                  context.where(side), [&](const diff::DigestBatch& batch) {
                    for (size_t i = 0; i < batch.size(); ++i) {
                      least.Add(batch.keys[i],
                                diff::PayloadKey(batch.payload(i)));
                    }
                    return absl::OkStatus();
                  });
}

}  // namespace

SideColumns KeyColumnsOf(const DiffContext& context, Side side) {
  const auto& columns = context.plan->columns;
  return ColumnsOf({columns.begin(),
                    columns.begin() +
                        static_cast<std::ptrdiff_t>(context.plan->key_columns)},
                   context.side(side));
}

absl::Status AddKeysOf(const DiffContext& context, const SideColumns& columns,
                       const db::RowBlock& block,
                       const std::vector<db::ColumnDescription>& described,
                       Side side, KeySet& keys) {
  std::vector<db::CellKind> kinds;
  for (size_t i = 0; i < columns.encodings.size(); ++i) {
    kinds.push_back(described[i].kind);
  }
  const diff::RowEncoder encoder(columns.encodings, columns.encodings.size(),
                                 context.seed);
  diff::DigestBatch batch;
  if (absl::Status status = encoder.Encode(block, kinds, batch); !status.ok()) {
    return Annotate(NameColumn(*context.plan, status), SideName(side));
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    keys[std::string(diff::PayloadKey(batch.payload(i)))] |= SeenOn(side);
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyDraw> DrawUniformly(const DiffContext& context, int64_t count,
                                      uint64_t seed) {
  if (DrawsNumbers(context)) {
    ASSAY_ASSIGN_OR_RETURN(std::optional<KeyDraw> drawn,
                           DrawNumbers(context, count, seed));
    if (drawn.has_value()) return *std::move(drawn);
  }
  // The draw depends on the rule's seed alone, so that it can be repeated.
  DiffContext seeded = context;
  seeded.seed = seed;
  diff::BottomK source(static_cast<size_t>(count));
  diff::BottomK target(static_cast<size_t>(count));
  ASSAY_RETURN_IF_ERROR(OnBothSides([&](Side side) {
    return ReadKeysInto(seeded, side, side == Side::kSource ? source : target);
  }));
  KeyDraw out;
  KeySet seen;
  for (const std::string& key : source.keys()) seen[key] |= kSeenOnSource;
  for (const std::string& key : target.keys()) seen[key] |= kSeenOnTarget;
  source.Merge(target);
  for (const std::string& key : source.keys()) out.keys[key] = seen[key];
  out.method = "drawn: by the least digests among all keys of both sides";
  return out;
}

absl::Status AddEdges(const DiffContext& context, KeySet& keys) {
  for (const Side side : {Side::kSource, Side::kTarget}) {
    const ComparedSide& from = context.side(side);
    const SideColumns columns = KeyColumnsOf(context, side);
    for (const bool greatest : {false, true}) {
      sql::SqlWriter writer(sql::WriteMode::kBound);
      ASSAY_RETURN_IF_ERROR(PutEdgeKey(writer, context, side, greatest));
      db::QueryOptions options;
      options.cancel = StatementToken(*from.session, context.cancel);
      options.block_rows = 1;
      ASSAY_ASSIGN_OR_RETURN(
          const std::unique_ptr<db::Cursor> cursor,
          from.session->connection().Query(
              MarkedStatement(writer, context.marker), options));
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr || block->rows() == 0) continue;
      ASSAY_RETURN_IF_ERROR(
          AddKeysOf(context, columns, *block, cursor->columns(), side, keys));
    }
  }
  return absl::OkStatus();
}

absl::Status AddRecent(const DiffContext& context, const Column& column,
                       int64_t micros, int64_t limit, KeySet& keys) {
  for (const Side side : {Side::kSource, Side::kTarget}) {
    const ComparedSide& from = context.side(side);
    const SideColumns columns = KeyColumnsOf(context, side);
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        PutRecentKeys(writer, context, column, micros, limit, side));
    db::QueryOptions options;
    options.cancel = StatementToken(*from.session, context.cancel);
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        from.session->connection().Query(
            MarkedStatement(writer, context.marker), options));
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) break;
      ASSAY_RETURN_IF_ERROR(
          AddKeysOf(context, columns, *block, cursor->columns(), side, keys));
    }
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
