// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/key_reader.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/base/status.h"
#include "validator/diff/canonical.h"
#include "validator/engine/both_sides.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;

constexpr size_t kFirstKeys = 50;
// One statement may bring about so much.
constexpr size_t kReadBytes = 8 << 20;

// Bytes of the block's cells, every one: a single row may be most of them.
size_t BytesOf(const db::Cursor& cursor, const db::RowBlock& block,
               size_t columns) {
  size_t bytes = 0;
  for (size_t c = 0; c < columns; ++c) {
    const db::CellKind kind = cursor.columns()[c].kind;
    if (kind == db::CellKind::kInt64 || kind == db::CellKind::kDouble) continue;
    for (size_t r = 0; r < block.rows(); ++r) {
      if (!block.IsNull(r, c)) bytes += block.Text(r, c).size();
    }
  }
  return bytes;
}

// Microseconds of the wall clock in `zone` at an instant.
int64_t WallMicros(int64_t micros, absl::TimeZone zone) {
  const absl::Time time = absl::FromUnixMicros(micros);
  const auto info = zone.At(time);
  const int64_t seconds = info.cs - absl::CivilSecond(1970, 1, 1);
  return seconds * 1000000 + absl::ToInt64Microseconds(info.subsecond);
}

// A key's value in the types in which `native` may hold it. More than one
// spelling is looked up where the text of a UUID may be in either case.
std::vector<Value> NativeValues(const Value& value, TypeClass native,
                                absl::TimeZone zone) {
  if (const auto* timestamp = std::get_if<Timestamp>(&value)) {
    switch (native) {
      case TypeClass::kDate:
        // Only a midnight is a date.
        if (timestamp->micros % kMicrosPerDay != 0) return {};
        return {Date{timestamp->micros / kMicrosPerDay}};
      case TypeClass::kTimestamp:
        return {Timestamp{WallMicros(timestamp->micros, zone), false}};
      default:
        return {Timestamp{timestamp->micros, true}};
    }
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    // A wall time that the clocks skipped is told from others by its zone.
    const size_t end = text->find(" (skipped in ");
    if (native == TypeClass::kTimestamp && end != std::string::npos) {
      return {text->substr(0, end)};
    }
  }
  if (const auto* date = std::get_if<Date>(&value)) {
    if (native == TypeClass::kTimestamp || native == TypeClass::kTimestampTz) {
      return {Timestamp{date->days * kMicrosPerDay,
                        native == TypeClass::kTimestampTz}};
    }
  }
  if (const auto* uuid = std::get_if<Uuid>(&value)) {
    if (native == TypeClass::kText) {
      return {uuid->text, absl::AsciiStrToUpper(uuid->text)};
    }
    if (native == TypeClass::kBytes) {
      return {Bytes{absl::HexStringToBytes(
          absl::StrReplaceAll(uuid->text, {{"-", ""}}))}};
    }
  }
  if (native == TypeClass::kBoolean) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      if (*number == 0 || *number == 1) return {*number == 1};
      return {};
    }
  }
  return {value};
}

// All combinations of the columns' spellings.
void AddSpellings(const std::vector<std::vector<Value>>& spellings,
                  std::vector<std::vector<Value>>& out) {
  std::vector<std::vector<Value>> keys = {{}};
  for (const std::vector<Value>& column : spellings) {
    std::vector<std::vector<Value>> longer;
    for (const std::vector<Value>& key : keys) {
      for (const Value& value : column) {
        longer.push_back(key);
        longer.back().push_back(value);
      }
    }
    keys = std::move(longer);
  }
  for (auto& key : keys) out.push_back(std::move(key));
}

}  // namespace

bool IsSpecial(const PairPlan& plan, const std::vector<Value>& key) {
  for (size_t i = 0; i < key.size(); ++i) {
    if (const auto* text = std::get_if<std::string>(&key[i])) {
      // Of other types only what is none of theirs comes as text.
      if (plan.columns[i].compared.type != diff::CompareType::kText ||
          text->find('\0') != std::string::npos) {
        return true;
      }
    }
    if (const auto* number = std::get_if<double>(&key[i])) {
      if (!std::isfinite(*number)) return true;
    }
    if (const auto* time = std::get_if<TimeOfDay>(&key[i])) {
      if (time->micros < 0 || time->micros >= kMicrosPerDay) return true;
    }
  }
  return false;
}

bool IsPlainKey(std::string_view key) {
  while (!key.empty()) {
    const auto tag = static_cast<diff::Tag>(key.front());
    const std::optional<Value> value = diff::DecodeValue(key);
    if (!value.has_value()) return false;
    switch (tag) {
      case diff::Tag::kOther:
      case diff::Tag::kNumberSpecial:
      case diff::Tag::kTemporalSpecial:
        return false;
      case diff::Tag::kDate:
      case diff::Tag::kTimestamp:
        // Before the year 1 and after 9999: known as text of UTC only, which
        // finds no wall time of another zone.
        if (std::holds_alternative<std::string>(*value)) return false;
        break;
      default:
        break;
    }
  }
  return true;
}

absl::StatusOr<std::vector<Value>> KeyValues(const PairPlan& plan,
                                             std::string_view key) {
  std::vector<Value> out;
  ASSAY_RETURN_IF_ERROR(KeyValues(plan, key, out));
  return out;
}

absl::Status KeyValues(const PairPlan& plan, std::string_view key,
                       std::vector<Value>& out) {
  out.clear();
  for (size_t i = 0; i < plan.key_columns; ++i) {
    std::optional<Value> value = diff::DecodeValue(key);
    if (!value.has_value()) {
      return MakeError(ErrorReason::kInternal, "a key's digest is damaged");
    }
    out.push_back(*std::move(value));
  }
  return absl::OkStatus();
}

absl::Status NameColumn(const PairPlan& plan, const absl::Status& status) {
  std::string message(status.message());
  for (size_t i = plan.columns.size(); i-- > 0;) {
    message = absl::StrReplaceAll(
        message, {{absl::StrCat("column #", i),
                   absl::StrCat("column ", plan.columns[i].name)}});
  }
  return message == status.message() ? status
                                     : MakeError(GetReason(status), message);
}

absl::Status AddRows(const DiffContext& context, const SideColumns& columns,
                     const diff::RowEncoder& encoder, const db::RowBlock& block,
                     const std::vector<db::ColumnDescription>& described,
                     bool with_cells,
                     const std::function<bool(const std::string&)>& wanted,
                     KeyedRows& out) {
  std::vector<db::CellKind> kinds;
  for (size_t i = 0; i < columns.encodings.size(); ++i) {
    kinds.push_back(described[i].kind);
  }
  diff::DigestBatch batch;
  if (absl::Status status = encoder.Encode(block, kinds, batch); !status.ok()) {
    return NameColumn(*context.plan, status);
  }
  for (size_t r = 0; r < batch.size(); ++r) {
    const std::string key(diff::PayloadKey(batch.payload(r)));
    if (!wanted(key)) continue;
    KeyedRow row;
    row.row = batch.rows[r];
    row.payload = std::string(batch.payload(r));
    for (size_t c = 0; with_cells && c < columns.encodings.size(); ++c) {
      std::string& cell = row.cells.emplace_back();
      ASSAY_RETURN_IF_ERROR(
          diff::EncodeCell(columns.encodings[c], block, r, c, kinds[c], cell));
    }
    out[key].push_back(std::move(row));
  }
  return absl::OkStatus();
}

std::vector<Value> KeyValuesFromText(const PairPlan& plan,
                                     const std::vector<Value>& texts) {
  std::vector<Value> out = texts;
  for (size_t i = 0; i < out.size() && i < plan.key_columns; ++i) {
    const auto* text = std::get_if<std::string>(&out[i]);
    if (text == nullptr) continue;
    TypeClass type = TypeClass::kText;
    switch (plan.columns[i].compared.type) {
      case diff::CompareType::kNumber:
        type = TypeClass::kDecimal;
        if (ParseValue(TypeClass::kInteger, *text).ok()) {
          type = TypeClass::kInteger;
        }
        break;
      case diff::CompareType::kDouble:
        type = TypeClass::kDouble;
        break;
      case diff::CompareType::kDate:
        type = TypeClass::kDate;
        break;
      case diff::CompareType::kTime:
        type = TypeClass::kTime;
        break;
      case diff::CompareType::kTimestamp:
        type = TypeClass::kTimestampTz;
        break;
      case diff::CompareType::kUuid:
        type = TypeClass::kUuid;
        break;
      case diff::CompareType::kBytes:
        out[i] = Bytes{absl::HexStringToBytes(*text)};
        continue;
      default:
        continue;
    }
    // Text that is none of the type is looked up as it is.
    if (auto value = ParseValue(type, *text); value.ok()) {
      out[i] = *std::move(value);
    }
  }
  return out;
}

absl::StatusOr<KeyedRows> ReadKeys(const DiffContext& context, diff::Side side,
                                   const KeySet& keys, bool with_cells) {
  const bool alike = &context.source->session->dialect() ==
                     &context.target->session->dialect();
  std::vector<std::vector<Value>> values;
  for (const auto& [key, seen] : keys) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<Value> value,
                           KeyValues(*context.plan, key));
    if (!alike && (seen & SeenOn(side)) == 0 &&
        IsSpecial(*context.plan, value)) {
      continue;
    }
    values.push_back(std::move(value));
  }
  return ReadKeyValues(
      context, side, values, with_cells,
      [&](const std::string& key) { return keys.count(key) > 0; });
}

absl::StatusOr<BothRows> ReadKeysOnBothSides(const DiffContext& context,
                                             const KeySet& keys,
                                             bool with_cells) {
  BothRows out;
  ASSAY_RETURN_IF_ERROR(OnBothSides([&](diff::Side side) -> absl::Status {
    KeyedRows& rows = side == diff::Side::kSource ? out.source : out.target;
    ASSAY_ASSIGN_OR_RETURN(rows, ReadKeys(context, side, keys, with_cells));
    return absl::OkStatus();
  }));
  return out;
}

absl::StatusOr<std::vector<std::vector<Value>>> LookupKeys(
    const DiffContext& context, diff::Side which,
    const std::vector<std::string>& keys) {
  const PairPlan& plan = *context.plan;
  const SideColumns columns = ColumnsOf(plan.columns, context.side(which));
  std::vector<std::vector<Value>> out;
  for (const std::string& key : keys) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Value> values,
                           KeyValues(plan, key));
    std::vector<std::vector<Value>> spellings;
    for (size_t i = 0; i < values.size(); ++i) {
      spellings.push_back(NativeValues(values[i], columns.encodings[i].native,
                                       columns.encodings[i].zone));
    }
    AddSpellings(spellings, out);
  }
  return out;
}

namespace {

absl::StatusOr<KeyedRows> LookUp(
    const DiffContext& context, diff::Side which,
    absl::Span<const std::vector<Value>> keys, bool with_cells,
    const std::function<bool(const std::string&)>& wanted) {
  const ComparedSide& side = context.side(which);
  const PairPlan& plan = *context.plan;
  const SideColumns columns = ColumnsOf(plan.columns, side);
  const diff::RowEncoder encoder(columns.encodings, plan.key_columns,
                                 context.seed);
  const sql::Scope scope = side.scope();
  std::vector<sql::ResolvedColumn> key_columns;
  for (size_t i = 0; i < plan.key_columns; ++i) {
    ASSAY_ASSIGN_OR_RETURN(
        sql::ResolvedColumn column,
        scope.resolve(Column{plan.columns[i].on(which), {}}));
    key_columns.push_back(std::move(column));
  }
  KeyedRows out;
  // Few at first: a row may have megabytes.
  size_t step = kFirstKeys;
  for (size_t begin = 0, size = 0; begin < keys.size(); begin += size) {
    size = std::min(step, keys.size() - begin);
    std::vector<std::vector<Value>> values;
    for (const std::vector<Value>& key : keys.subspan(begin, size)) {
      std::vector<std::vector<Value>> spellings;
      for (size_t i = 0; i < key_columns.size() && i < key.size(); ++i) {
        spellings.push_back(NativeValues(key[i], key_columns[i].type.type,
                                         columns.encodings[i].zone));
      }
      AddSpellings(spellings, values);
    }
    if (values.empty()) continue;
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(sql::PutReadKeys(writer, scope, context.where(which),
                                           columns.expressions, key_columns,
                                           values));
    db::QueryOptions options;
    options.cancel = StatementToken(*side.session, context.cancel);
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        side.session->connection().Query(
            MarkedStatement(writer, context.marker), options));
    size_t bytes = 1;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) break;
      bytes += BytesOf(*cursor, *block, columns.encodings.size());
      ASSAY_RETURN_IF_ERROR(AddRows(context, columns, encoder, *block,
                                    cursor->columns(), with_cells, wanted,
                                    out));
    }
    step = std::clamp<size_t>(size * kReadBytes / bytes, 1, kKeysPerStatement);
  }
  return out;
}

// "id bigint, mood mood" of a side.
std::string KeyText(const PairPlan& plan, const ComparedSide& side) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < plan.key_columns; ++i) {
    const auto* column = side.table.FindColumn(plan.columns[i].on(side.side));
    const std::string& type = column->type.full_name.empty()
                                  ? column->type.native_name
                                  : column->type.full_name;
    parts.push_back(absl::StrCat(column->name, " ", type));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

absl::StatusOr<KeyedRows> ReadKeyValues(
    const DiffContext& context, diff::Side which,
    absl::Span<const std::vector<Value>> keys, bool with_cells,
    const std::function<bool(const std::string&)>& wanted) {
  absl::StatusOr<KeyedRows> rows =
      LookUp(context, which, keys, with_cells, wanted);
  if (rows.ok()) return rows;
  // The database's own words know neither what was asked for nor why.
  return Annotate(
      rows.status(),
      absl::StrCat("looking rows of ", SideName(which), ", ",
                   context.side(which).label, ", up by their key (",
                   KeyText(*context.plan, context.side(which)), ")"));
}

}  // namespace assay::engine
