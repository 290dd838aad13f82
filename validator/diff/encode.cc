// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/encode.h"

#include <charconv>
#include <system_error>

#include "validator/base/status.h"
#include "validator/diff/canonical.h"
#include "validator/diff/canonical_json.h"
#include "validator/diff/temporal.h"

namespace assay::diff {
namespace {

// A cell as it came, with the type of its value.
struct Cell {
  enum class Kind { kInteger, kReal, kText, kBytes };
  Kind kind = Kind::kText;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;  // Also bytes.
};

// Takes the tag off a cell of a database whose values have types of their own.
Cell ReadTagged(std::string_view text) {
  Cell cell;
  if (text.empty()) return cell;
  const char tag = text.front();
  text.remove_prefix(1);
  cell.text = text;
  const char* const end = text.data() + text.size();
  switch (tag) {
    case 'i':
      if (const auto result = std::from_chars(text.data(), end, cell.integer);
          result.ec == std::errc() && result.ptr == end) {
        cell.kind = Cell::Kind::kInteger;
      }
      break;
    case 'r':
      if (ParseDoubleText(text, cell.real)) cell.kind = Cell::Kind::kReal;
      break;
    case 'b':
      cell.kind = Cell::Kind::kBytes;
      break;
    default:
      break;
  }
  return cell;
}

Cell ReadCell(const ColumnEncoding& encoding, const db::RowBlock& block,
              size_t row, size_t column, db::CellKind kind) {
  Cell cell;
  switch (kind) {
    case db::CellKind::kInt64:
      cell.kind = Cell::Kind::kInteger;
      cell.integer = block.Int64(row, column);
      return cell;
    case db::CellKind::kDouble:
      cell.kind = Cell::Kind::kReal;
      cell.real = block.Double(row, column);
      return cell;
    case db::CellKind::kBytes:
      cell.kind = Cell::Kind::kBytes;
      break;
    case db::CellKind::kText:
      break;
  }
  cell.text = block.Text(row, column);
  if (encoding.padded) cell.text = WithoutPadding(cell.text);
  return encoding.tagged ? ReadTagged(cell.text) : cell;
}

bool IsNumeric(TypeClass type) {
  return type == TypeClass::kBoolean || type == TypeClass::kInteger ||
         type == TypeClass::kDecimal || type == TypeClass::kDouble;
}

// A value that is none of the compare type.
void PutForeign(const Cell& cell, std::string& out) {
  char buffer[32];
  switch (cell.kind) {
    case Cell::Kind::kInteger: {
      const auto end =
          std::to_chars(buffer, buffer + sizeof buffer, cell.integer);
      PutOther('i', {buffer, static_cast<size_t>(end.ptr - buffer)}, out);
      return;
    }
    case Cell::Kind::kReal: {
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, cell.real);
      PutOther('r', {buffer, static_cast<size_t>(end.ptr - buffer)}, out);
      return;
    }
    case Cell::Kind::kText:
      PutOther('t', cell.text, out);
      return;
    case Cell::Kind::kBytes:
      PutOther('b', cell.text, out);
      return;
  }
}

// Whether the text of `cell` may be read as another type: always but where the
// column should have held that type itself (text in a number column of SQLite).
bool MayParse(const ColumnEncoding& encoding, const Cell& cell) {
  return cell.kind == Cell::Kind::kText &&
         !(encoding.tagged && IsNumeric(encoding.native));
}

bool PutBooleanWord(std::string_view text, std::string& out) {
  const bool truth = text == "t" || text == "true" || text == "TRUE";
  if (!truth && text != "f" && text != "false" && text != "FALSE") return false;
  PutInt64(Tag::kInteger, truth ? 1 : 0, out);
  return true;
}

bool PutAsNumber(const ColumnEncoding& encoding, const Cell& cell,
                 std::string& out) {
  switch (cell.kind) {
    case Cell::Kind::kInteger:
      PutInt64(Tag::kInteger, cell.integer, out);
      return true;
    case Cell::Kind::kReal:
      // A real in a DECIMAL column of SQLite stands for the decimal that was
      // stored; a column of doubles holds what it holds.
      PutDoubleAsNumber(cell.real,
                        encoding.native == TypeClass::kDouble &&
                            !encoding.policy.as.has_value(),
                        out);
      return true;
    case Cell::Kind::kText:
      if (!MayParse(encoding, cell)) return false;
      if (PutNumber(cell.text, out)) return true;
      return (encoding.native == TypeClass::kBoolean ||
              encoding.policy.as == TypeClass::kBoolean) &&
             PutBooleanWord(cell.text, out);
    case Cell::Kind::kBytes:
      return false;
  }
  return false;
}

bool PutAsDouble(const ColumnEncoding& encoding, const Cell& cell,
                 std::string& out) {
  double value = cell.real;
  switch (cell.kind) {
    case Cell::Kind::kReal:
      break;
    case Cell::Kind::kInteger:
      value = static_cast<double>(cell.integer);
      // Not where it was rounded; 2^63 itself does not fit back.
      if (value >= 9223372036854775808.0 ||
          static_cast<int64_t>(value) != cell.integer) {
        return false;
      }
      break;
    case Cell::Kind::kText:
      if (!MayParse(encoding, cell) || !ParseDoubleText(cell.text, value)) {
        return false;
      }
      break;
    case Cell::Kind::kBytes:
      return false;
  }
  PutDouble(value, out);
  return true;
}

std::string_view Trimmed(std::string_view text, Trim trim) {
  if (trim == Trim::kNone) return text;
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (trim == Trim::kBoth && !text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  return text;
}

void PutTextByPolicy(const ColumnPolicy& policy, std::string_view text,
                     std::string& out) {
  text = Trimmed(text, policy.trim);
  if (text.empty() && policy.empty_is_null) return PutNull(out);
  PutBlob(Tag::kText, text, out);
  if (!policy.ignore_case) return;
  for (size_t i = out.size() - text.size(); i < out.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] += 'a' - 'A';
  }
}

bool PutAsText(const ColumnEncoding& encoding, const Cell& cell,
               std::string& out) {
  switch (cell.kind) {
    case Cell::Kind::kText:
      PutTextByPolicy(encoding.policy, cell.text, out);
      return true;
    case Cell::Kind::kInteger: {
      if (encoding.tagged && encoding.policy.as != TypeClass::kText) {
        return false;
      }
      char buffer[32];
      const auto end =
          std::to_chars(buffer, buffer + sizeof buffer, cell.integer);
      PutBlob(Tag::kText, {buffer, static_cast<size_t>(end.ptr - buffer)}, out);
      return true;
    }
    case Cell::Kind::kReal:
      return false;
    case Cell::Kind::kBytes:
      // Where values have types, bytes are no text; elsewhere it is the driver
      // that calls a text so.
      if (encoding.tagged) return false;
      PutTextByPolicy(encoding.policy, cell.text, out);
      return true;
  }
  return false;
}

bool PutAsBytes(const ColumnEncoding& encoding, const Cell& cell,
                std::string& out) {
  if (cell.kind != Cell::Kind::kBytes &&
      (cell.kind != Cell::Kind::kText ||
       (encoding.tagged && encoding.policy.as != TypeClass::kBytes))) {
    return false;
  }
  PutBlob(Tag::kBytes, cell.text, out);
  return true;
}

bool PutAsUuid(const Cell& cell, std::string& out) {
  if (cell.kind == Cell::Kind::kText) return PutUuid(cell.text, out);
  if (cell.kind != Cell::Kind::kBytes || cell.text.size() != 16) return false;
  PutFixed(Tag::kUuid, cell.text.data(), cell.text.size(), out);
  return true;
}

bool PutAsBits(const Cell& cell, std::string& out) {
  if (cell.kind != Cell::Kind::kText ||
      cell.text.find_first_not_of("01") != std::string_view::npos) {
    return false;
  }
  PutBlob(Tag::kBits, cell.text, out);
  return true;
}

absl::Status PutAsJson(std::string_view text, std::string& out) {
  const size_t at = out.size();
  PutBlob(Tag::kJson, "", out);
  ASSAY_RETURN_IF_ERROR(AppendCanonicalJson(text, out));
  const auto size = static_cast<uint32_t>(out.size() - at - 5);
  std::memcpy(out.data() + at + 1, &size, sizeof size);
  return absl::OkStatus();
}

}  // namespace

ColumnEncoding EncodingOf(const ColumnSide& side, const ComparedType& compared,
                          const ColumnPolicy* policy, absl::TimeZone zone) {
  ColumnEncoding encoding;
  encoding.type = compared.type;
  encoding.native = side.type.type;
  // A timestamp with time zone whose text shows none is in UTC.
  encoding.zone =
      side.type.type == TypeClass::kTimestampTz ? absl::UTCTimeZone() : zone;
  encoding.has_policy = policy != nullptr;
  if (policy != nullptr) encoding.policy = *policy;
  encoding.tagged = side.dialect->tags_values();
  encoding.padded = side.dialect->PadsText(side.type);
  return encoding;
}

absl::Status EncodeCell(const ColumnEncoding& encoding,
                        const db::RowBlock& block, size_t row, size_t column,
                        db::CellKind kind, std::string& out) {
  if (block.IsNull(row, column)) {
    PutNull(out);
    return absl::OkStatus();
  }
  const Cell cell = ReadCell(encoding, block, row, column, kind);
  const bool is_text = cell.kind == Cell::Kind::kText;
  if (is_text && cell.text.empty() && encoding.policy.empty_is_null) {
    PutNull(out);
    return absl::OkStatus();
  }
  const ColumnPolicy* policy =
      encoding.has_policy ? &encoding.policy : nullptr;
  bool done = false;
  switch (encoding.type) {
    case CompareType::kNumber:
      done = PutAsNumber(encoding, cell, out);
      break;
    case CompareType::kDouble:
      done = PutAsDouble(encoding, cell, out);
      break;
    case CompareType::kText:
      done = PutAsText(encoding, cell, out);
      break;
    case CompareType::kBytes:
      done = PutAsBytes(encoding, cell, out);
      break;
    case CompareType::kDate:
      done = is_text && PutDate(cell.text, out);
      break;
    case CompareType::kTime:
      done = is_text && PutTime(cell.text, policy, out);
      break;
    case CompareType::kTimestamp:
      done = is_text &&
             PutTimestamp(cell.text,
                          encoding.native == TypeClass::kTimestampTz
                              ? absl::UTCTimeZone()
                              : encoding.zone,
                          policy, out);
      break;
    case CompareType::kUuid:
      done = PutAsUuid(cell, out);
      break;
    case CompareType::kJson:
      if (is_text) return PutAsJson(cell.text, out);
      break;
    case CompareType::kBits:
      done = PutAsBits(cell, out);
      break;
  }
  if (!done) PutForeign(cell, out);
  return absl::OkStatus();
}

}  // namespace assay::diff
