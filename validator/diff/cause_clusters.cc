// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/diff/cause.h"
#include "validator/diff/cause_rules.h"
#include "validator/diff/digest.h"
#include "validator/value/calendar.h"

namespace assay::diff {
namespace {

constexpr int64_t kEnoughPairs = 3;    // To speak of all of them.
constexpr size_t kMostCauses = 64;     // Of one column.
constexpr size_t kLongestShown = 100;  // Bytes of a constant.
constexpr char kNullBecameValue[] = "NULL became a value";

// Whether all of many values are one, and which.
class Constant {
 public:
  void Add(const Value& value) {
    const std::string text = ToText(value);
    const Digest digest = HashBytes(text, value.index());
    if (count_++ == 0) {
      digest_ = digest;
      shown_ = std::holds_alternative<std::string>(value)
                   ? absl::StrCat("'", Start(text), "'")
                   : Start(text);
    }
    one_ = one_ && digest == digest_;
  }
  bool certain() const { return one_ && count_ >= kEnoughPairs; }
  std::string Name(bool may_show) const {
    return may_show ? shown_ : "one constant";
  }

 private:
  static std::string Start(const std::string& text) {
    if (text.size() <= kLongestShown) return text;
    size_t end = kLongestShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      --end;
    }
    return absl::StrCat(text.substr(0, end), "…");
  }

  int64_t count_ = 0;
  bool one_ = true;
  Digest digest_;
  std::string shown_;
};

// What the pairs of a column that lost digits have in common.
class CommonLoss {
 public:
  void Add(const DigitLoss& loss) {
    if (pairs_++ == 0) {
      common_ = loss;
      return;
    }
    Meet(loss.rounded, common_.rounded);
    Meet(loss.truncated, common_.truncated);
    common_.single_precision &= loss.single_precision;
    common_.double_precision &= loss.double_precision;
    common_.six_digits &= loss.six_digits;
    common_.fifteen_digits &= loss.fifteen_digits;
  }
  // One cause for them all, or "".
  std::string Name() const { return NameOf(common_); }

 private:
  static void Meet(const DigitRange& range, DigitRange& common) {
    common.first = std::max(common.first, range.first);
    common.last = std::min(common.last, range.last);
  }
  int64_t pairs_ = 0;
  DigitLoss common_;
};

bool IsZeroOrOne(const Value& value, bool* one) {
  const std::optional<Decimal> number = ToDecimal(value);
  if (!number.has_value()) return false;
  *one = number->digits == "1";
  return *one || number->digits == "0";
}

}  // namespace

struct CauseClusters::Column {
  struct Rows {
    int64_t all = 0;
    int64_t lossy = 0;
  };
  std::map<std::string, Rows> causes;  // "": without cause.
  Constant uncaused_target;
  Constant null_target;
  CommonLoss loss;
  CompareType type = CompareType::kText;

  int64_t times = 0;  // Pairs of dates or times.
  std::optional<int64_t> shift;
  bool one_shift = true;

  bool binary = true;  // All pairs without cause are 0 and 1.
  bool to_zero = false;
  bool to_one = false;

  void Add(PairCause cause, const Value& source, const Value& target);
};

void CauseClusters::Column::Add(PairCause cause, const Value& source,
                                const Value& target) {
  if (cause.shift_micros.has_value()) {
    ++times;
    one_shift =
        one_shift && shift.value_or(*cause.shift_micros) == *cause.shift_micros;
    shift = cause.shift_micros;
  }
  const bool lossy = cause.loss.any();
  if (lossy) loss.Add(cause.loss);
  if (cause.text == kNullBecameValue) null_target.Add(target);
  if (cause.text.empty()) {
    uncaused_target.Add(target);
    bool source_one = false;
    bool target_one = false;
    binary = binary && IsZeroOrOne(source, &source_one) &&
             IsZeroOrOne(target, &target_one);
    (target_one ? to_one : to_zero) = true;
  } else if (causes.size() >= kMostCauses && !causes.contains(cause.text)) {
    return;  // As many kinds as this are no finding.
  }
  Rows& rows = causes[std::move(cause.text)];
  ++rows.all;
  rows.lossy += lossy;
}

CauseClusters::CauseClusters() = default;
CauseClusters::~CauseClusters() = default;

void CauseClusters::Add(const std::string& column, CompareType type,
                        const Value& source, const Value& target) {
  Column& to = columns_[column];
  to.type = type;
  to.Add(FindCause(type, source, target), source, target);
}

std::vector<ColumnChange> CauseClusters::Clusters(
    const std::function<bool(const std::string&)>& may_show) const {
  std::vector<ColumnChange> clusters;
  for (const auto& [name, column] : columns_) {
    // The name that all times, or all that lost digits, share.
    const bool shifted = column.times >= kEnoughPairs && column.one_shift &&
                         *column.shift % kMicrosPerSecond == 0;
    const std::string lossy_name = column.loss.Name();
    std::map<std::string, int64_t> rows;
    for (const auto& [cause, count] : column.causes) {
      const bool is_null_cause =
          cause.ends_with("NULL") || cause.starts_with("NULL");
      int64_t rest = count.all;
      if (shifted && !is_null_cause) {
        rows[ShiftCause(*column.shift)] += rest;
        continue;
      }
      if (!lossy_name.empty()) {
        rows[lossy_name] += count.lossy;
        rest -= count.lossy;
      }
      if (cause.empty()) {
        if (column.binary && column.to_zero && column.to_one &&
            rest >= kEnoughPairs) {
          rows["inverted"] += rest;
        } else if (column.uncaused_target.certain()) {
          rows[absl::StrCat(
              "became ", column.uncaused_target.Name(may_show(name)))] += rest;
        }
      } else if (cause == kNullBecameValue && column.null_target.certain()) {
        rows[absl::StrCat("NULL became ",
                          column.null_target.Name(may_show(name)))] += rest;
      } else {
        rows[cause] += rest;
      }
    }
    for (const auto& [cause, count] : rows) {
      if (count > 0) {
        clusters.push_back({.column = name,
                            .cause = cause,
                            .rows = count,
                            .policy = PolicyFor(column.type, cause)});
      }
    }
  }
  std::stable_sort(clusters.begin(), clusters.end(),
                   [](const ColumnChange& a, const ColumnChange& b) {
                     return a.rows > b.rows;
                   });
  return clusters;
}

}  // namespace assay::diff
