// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/diff_conclusion.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/sample_policy.h"

namespace assay::engine {
namespace {

// One key column's value such that a literal of the rule set and a value of the
// data that mean the same are the same text.
std::string Canonical(diff::CompareType type, const Value& value) {
  if (IsNull(value)) return "NULL";
  const auto* text = std::get_if<std::string>(&value);
  if (type == diff::CompareType::kNumber) {
    if (const auto number = ToDecimal(value)) return number->digits;
    if (text == nullptr) return ToText(value);
    const auto parsed = ParseDecimal(*text);
    return parsed.has_value() ? parsed->digits : *text;
  }
  if (text == nullptr) return ToText(value);
  const auto parsed_as = [&](TypeClass as) {
    const auto parsed = ParseValue(as, *text);
    return parsed.ok() ? ToText(*parsed) : *text;
  };
  switch (type) {
    case diff::CompareType::kTimestamp:
      return parsed_as(TypeClass::kTimestampTz);
    case diff::CompareType::kDate:
      return parsed_as(TypeClass::kDate);
    case diff::CompareType::kUuid:
      return parsed_as(TypeClass::kUuid);
    default:
      return *text;
  }
}

// Changed rows that are read whole at once.
constexpr size_t kExplainedTogether = 100;

// Whether `text` is UTF-8, as far as lead and trailing bytes tell.
bool IsValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80             ? 1
                          : (lead & 0xE0) == 0xC0 ? 2
                          : (lead & 0xF0) == 0xE0 ? 3
                          : (lead & 0xF8) == 0xF0 ? 4
                                                  : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

// Whether the key's texts survive in JSON.
bool IsUtf8(const std::vector<Value>& key) {
  for (const Value& value : key) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && !IsValidUtf8(*text)) return false;
  }
  return true;
}

void AppendPart(std::string& out, const std::string& part) {
  absl::StrAppend(&out, part.size(), ":", part);
}

}  // namespace

struct DiffConclusion::Acceptance {
  const AcceptedDifference* rule = nullptr;
  std::set<std::string> keys;  // Canonical parts, length-prefixed.
  int64_t rows = 0;            // Accepted by it, alone or with others.
  int64_t beside = 0;          // Rows that differ in something else too.
};

DiffConclusion::DiffConclusion(const DiffContext& context, DiffCounts& counts)
    : context_(context), plan_(*context.plan), counts_(counts) {
  const int64_t today = absl::ToCivilDay(context.as_of, absl::UTCTimeZone()) -
                        absl::CivilDay(1970, 1, 1);
  for (const AcceptedDifference& rule : context.comparison->accept) {
    if (rule.until.has_value() && rule.until->days < today) {
      counts_.notes.push_back(absl::StrCat("accept of line ", rule.range.line,
                                           " (", rule.reason, ", ", rule.owner,
                                           ") ended on ", ToText(*rule.until),
                                           " and no longer counts"));
      continue;
    }
    Acceptance& accept = accept_.emplace_back();
    accept.rule = &rule;
    for (const auto& literals : rule.keys) {
      std::string key;
      for (size_t i = 0; i < literals.size() && i < plan_.key_columns; ++i) {
        AppendPart(
            key, Canonical(plan_.columns[i].compared.type,
                           BoundLiteralText(literals[i], *context.parameters)));
      }
      accept.keys.insert(std::move(key));
    }
    causes_decide_ |= !rule.cause.empty();
  }
  accepts_ = !accept_.empty();
  lists_ = !context_.differences.empty() && plan_.key_columns > 0;
  for (size_t i = 0; i < plan_.key_columns; ++i) {
    lists_ &= MayShow(plan_.columns[i], true);
  }
  difference_.table = context_.source->label;
  difference_.key_columns = plan_.KeyNames();
}

DiffConclusion::~DiffConclusion() = default;

bool DiffConclusion::MayShow(const PairedColumn& column, bool key) const {
  return MayShowPair(*context_.source, *context_.target, column, key);
}

std::string DiffConclusion::KeyText(const std::string& key) const {
  std::string out;
  const auto values = KeyValues(plan_, key);
  for (size_t i = 0; values.ok() && i < values->size(); ++i) {
    AppendPart(out, Canonical(plan_.columns[i].compared.type, (*values)[i]));
  }
  return out;
}

DiffConclusion::Acceptance* DiffConclusion::AcceptedAs(
    const std::string& kind, const std::string& key, const std::string& column,
    const std::vector<std::string>& causes) {
  if (accept_.empty()) return nullptr;
  const std::string text = KeyText(key);
  for (Acceptance& accept : accept_) {
    const AcceptedDifference& rule = *accept.rule;
    if (!rule.kind.empty() && rule.kind != kind) continue;
    if (!accept.keys.empty() && accept.keys.count(text) == 0) continue;
    if (!rule.column.empty() && !absl::EqualsIgnoreCase(rule.column, column)) {
      continue;
    }
    if (!rule.cause.empty() &&
        std::find(causes.begin(), causes.end(), rule.cause) == causes.end()) {
      continue;
    }
    return &accept;
  }
  return nullptr;
}

absl::Status DiffConclusion::WithoutVerdict(const absl::Status& status) {
  if (status.ok() || context_.cancel.cancelled() || IsRetryable(status)) {
    return status;
  }
  samples_note_ = absl::StrCat(
      "rows could not be looked up by the key (",
      absl::StrJoin(plan_.KeyNames(), ", "),
      ") to be shown: ", GetErrorReasonInfo(GetReason(status)).name,
      "; another `key` may do");
  return absl::OkStatus();
}

absl::Status DiffConclusion::ReadBoth(const std::vector<std::string>& changed,
                                      KeyedRows& source, KeyedRows& target) {
  KeySet keys;
  for (const std::string& key : changed) {
    keys[key] = kSeenOnSource | kSeenOnTarget;
  }
  ASSAY_ASSIGN_OR_RETURN(BothRows rows,
                         ReadKeysOnBothSides(context_, keys, true));
  source = std::move(rows.source);
  target = std::move(rows.target);
  return absl::OkStatus();
}

absl::Status DiffConclusion::Take(absl::Span<const LeftoverRecord> records) {
  KeyedRows source;
  KeyedRows target;
  if (causes_decide_ && plan_.key_lookup && plan_.key_columns > 0) {
    // In parts, since whole rows are read.
    for (size_t begin = 0; begin < records.size(); begin += kKeysPerStatement) {
      const size_t end = std::min(records.size(), begin + kKeysPerStatement);
      std::vector<std::string> keys;
      for (size_t i = begin; i < end; ++i) {
        if (records[i].changed()) keys.push_back(records[i].key);
      }
      ASSAY_RETURN_IF_ERROR(WithoutVerdict(ReadBoth(keys, source, target)));
      for (size_t i = begin; i < end; ++i) {
        ASSAY_RETURN_IF_ERROR(TakeOne(records[i], source, target));
      }
    }
    return absl::OkStatus();
  }
  for (const LeftoverRecord& record : records) {
    ASSAY_RETURN_IF_ERROR(TakeOne(record, source, target));
  }
  return absl::OkStatus();
}

absl::Status DiffConclusion::TakeOne(const LeftoverRecord& record,
                                     const KeyedRows& source,
                                     const KeyedRows& target) {
  AddToFingerprint(diff::Side::kSource, record.source);
  AddToFingerprint(diff::Side::kTarget, record.target);
  const auto s = source.find(record.key);
  const auto t = target.find(record.key);
  const bool single = s != source.end() && t != target.end() &&
                      s->second.size() == 1 && t->second.size() == 1;
  std::set<size_t> not_accepted;
  bool any_changed = false;
  int64_t paired = 0;
  ForEachPair(record, [&](const LeftoverRow& from, const LeftoverRow& to,
                          int64_t pairs) {
    paired += pairs;
    // Each differing column by some entry: a row with a known difference may
    // have a new one beside it.
    std::set<Acceptance*> by;
    std::vector<size_t> left;
    for (const size_t column :
         DifferingColumns(plan_, from.payload, to.payload)) {
      std::vector<std::string> causes;
      if (single) {
        causes = CausesOf(column, s->second.front(), t->second.front());
      }
      Acceptance* accept =
          AcceptedAs("changed", record.key, plan_.columns[column].name, causes);
      if (accept == nullptr) {
        left.push_back(column);
      } else {
        by.insert(accept);
      }
    }
    if (left.empty() && !by.empty()) {
      counts_.accepted += pairs;
      for (Acceptance* accept : by) accept->rows += pairs;
      return;
    }
    any_changed = true;
    counts_.changed += pairs;
    for (Acceptance* accept : by) accept->beside += pairs;
    for (const size_t column : left) changed_by_column_[column] += pairs;
    not_accepted.insert(left.begin(), left.end());
  });
  const auto surplus = [&](const char* kind,
                           const std::vector<LeftoverRow>& rows,
                           int64_t& count) {
    const int64_t left = RowsOf(rows) - paired;
    if (left <= 0) return false;
    if (Acceptance* accept = AcceptedAs(kind, record.key, "", {})) {
      counts_.accepted += left;
      accept->rows += left;
      return false;
    }
    count += left;
    return true;
  };
  const bool missing = surplus("missing", record.source, counts_.missing);
  const bool extra = surplus("extra", record.target, counts_.extra);
  const std::vector<size_t> columns(not_accepted.begin(), not_accepted.end());
  if (any_changed) {
    ASSAY_RETURN_IF_ERROR(List("changed", record, columns));
    // A few of every set of columns, however many of one come first.
    int64_t& alike = explained_by_set_[columns];
    const auto all = static_cast<int64_t>(to_explain_.size());
    if (all < kExplainedRows ||
        (alike < kExplainedOfEach && all < 2 * kExplainedRows)) {
      to_explain_.push_back(record.key);
      ++alike;
    }
  }
  const auto keep = static_cast<size_t>(context_.samples);
  if (missing) {
    ASSAY_RETURN_IF_ERROR(List("missing", record, {}));
    if (missing_.size() < keep) missing_.push_back(record);
  }
  if (extra) {
    ASSAY_RETURN_IF_ERROR(List("extra", record, {}));
    if (extra_.size() < keep) extra_.push_back(record);
  }
  return absl::OkStatus();
}

absl::Status DiffConclusion::List(const std::string& kind,
                                  const LeftoverRecord& record,
                                  const std::vector<size_t>& columns) {
  if (!lists_) return absl::OkStatus();
  if (writer_ == nullptr) {
    ASSAY_ASSIGN_OR_RETURN(
        writer_, diff::DifferenceWriter::Create(context_.differences));
  }
  difference_.kind = kind;
  ASSAY_RETURN_IF_ERROR(KeyValues(plan_, record.key, difference_.key));
  difference_.exact = IsPlainKey(record.key) && IsUtf8(difference_.key);
  difference_.columns.clear();
  for (const size_t column : columns) {
    difference_.columns.push_back(plan_.columns[column].name);
  }
  return writer_->Write(difference_);
}

void DiffConclusion::NoteAccepted() {
  for (const Acceptance& accept : accept_) {
    const AcceptedDifference& rule = *accept.rule;
    const std::string whose = absl::StrCat(
        " (line ", rule.range.line, "): ", rule.reason, ", ", rule.owner);
    if (accept.rows > 0) {
      counts_.notes.push_back(absl::StrCat("accepted ", accept.rows, whose));
    }
    if (accept.beside > 0) {
      counts_.notes.push_back(
          absl::StrCat("accepted in ", accept.beside,
                       " rows that differ in other columns too", whose));
    }
    // Of many tables it may mean another one.
    const bool many = context_.comparison->source.tables.has_value();
    if (accept.rows + accept.beside == 0 && !many) {
      counts_.notes.push_back(absl::StrCat("accept of line ", rule.range.line,
                                           " (", rule.reason, ", ", rule.owner,
                                           ") met nothing; remove it"));
    }
  }
}

absl::Status DiffConclusion::Finish() {
  NoteAccepted();
  if (writer_ != nullptr) {
    ASSAY_RETURN_IF_ERROR(writer_->Close());
    listed_ = writer_->written();
    writer_.reset();
  }
  for (const auto& [column, rows] : changed_by_column_) {
    counts_.columns.push_back({plan_.columns[column].name, "", rows});
  }
  std::stable_sort(
      counts_.columns.begin(), counts_.columns.end(),
      [](const auto& a, const auto& b) { return a.rows > b.rows; });
  if (plan_.key_columns > 0 && plan_.key_lookup) {
    // In small bites: whole rows are held.
    for (size_t begin = 0, size = 0; begin < to_explain_.size();
         begin += size) {
      size = std::min(kExplainedTogether, to_explain_.size() - begin);
      const std::vector<std::string> keys(
          to_explain_.begin() + static_cast<std::ptrdiff_t>(begin),
          to_explain_.begin() + static_cast<std::ptrdiff_t>(begin + size));
      KeyedRows source;
      KeyedRows target;
      ASSAY_RETURN_IF_ERROR(WithoutVerdict(ReadBoth(keys, source, target)));
      for (const std::string& key : keys) {
        const auto s = source.find(key);
        const auto t = target.find(key);
        if (s == source.end() || t == target.end()) continue;
        ExplainKey(key, s->second, t->second);
      }
    }
    counts_.causes = clusters_.Clusters([&](const std::string& name) {
      for (const PairedColumn& column : plan_.columns) {
        if (column.name == name) return MayShow(column, false);
      }
      return false;
    });
  }
  const auto& a = context_.source->session->config();
  const auto& b = context_.target->session->config();
  using connections::SamplePolicy;
  if (a.samples == SamplePolicy::kNone || b.samples == SamplePolicy::kNone) {
    samples_note_ =
        absl::StrCat("policy of connection '",
                     a.samples == SamplePolicy::kNone ? a.name : b.name, "'");
    changed_samples_.clear();
    return absl::OkStatus();
  }
  if (context_.samples == 0) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(WithoutVerdict(
      AddWholeRows(missing_, diff::Side::kSource, missing_samples_)));
  return WithoutVerdict(
      AddWholeRows(extra_, diff::Side::kTarget, extra_samples_));
}

int64_t DiffConclusion::listed() const { return listed_; }

void DiffConclusion::AddToFingerprint(diff::Side side,
                                      const std::vector<LeftoverRow>& rows) {
  for (const LeftoverRow& row : rows) {
    hashed_ = side == diff::Side::kSource ? "s" : "t";
    hashed_.append(reinterpret_cast<const char*>(&row.row), sizeof row.row);
    hashed_ += row.payload;
    const diff::Digest digest = diff::HashBytes(hashed_, 0);
    // A sum, so that neither the order matters nor whether equal rows come one
    // by one.
    fingerprint_ +=
        (static_cast<unsigned __int128>(digest.high) << 64 | digest.low) *
        static_cast<unsigned __int128>(row.count);
  }
}

diff::Digest DiffConclusion::fingerprint() const {
  return {static_cast<uint64_t>(fingerprint_),
          static_cast<uint64_t>(fingerprint_ >> 64)};
}

}  // namespace assay::engine
