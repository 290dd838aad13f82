// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/compare_type.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

// TypeClass, as far as comparisons care.
enum class Group {
  kNumber,
  kDouble,
  kText,
  kBytes,
  kDate,
  kTime,
  kTimestamp,
  kUuid,
  kJson,
  kBits,
  kOther,
};

struct GroupedSide {
  Group group = Group::kOther;
  bool one_bit = false;
  std::string name;    // As the database calls its type.
  std::string native;  // For "the same type".
  const sql::Dialect* dialect = nullptr;
};

Group GroupOf(TypeClass type) {
  switch (type) {
    case TypeClass::kBoolean:
    case TypeClass::kInteger:
    case TypeClass::kDecimal:
      return Group::kNumber;
    case TypeClass::kDouble:
      return Group::kDouble;
    case TypeClass::kText:
      return Group::kText;
    case TypeClass::kBytes:
      return Group::kBytes;
    case TypeClass::kDate:
      return Group::kDate;
    case TypeClass::kTime:
      return Group::kTime;
    case TypeClass::kTimestamp:
    case TypeClass::kTimestampTz:
      return Group::kTimestamp;
    case TypeClass::kUuid:
      return Group::kUuid;
    case TypeClass::kJson:
      return Group::kJson;
    case TypeClass::kOther:
      return Group::kOther;
  }
  return Group::kOther;
}

GroupedSide Classify(const ColumnSide& side) {
  GroupedSide out;
  out.group = GroupOf(side.type.type);
  if (const auto bits = side.dialect->BitLength(side.type)) {
    out.group = Group::kBits;
    out.one_bit = *bits == 1;
  }
  out.native = side.type.native_name;
  out.name = !side.type.full_name.empty()    ? side.type.full_name
             : !side.type.native_name.empty() ? side.type.native_name
                                              : std::string(TypeClassName(
                                                    side.type.type));
  out.dialect = side.dialect;
  return out;
}

// What values of a group are without a policy.
CompareType Natural(Group group) {
  switch (group) {
    case Group::kNumber:
      return CompareType::kNumber;
    case Group::kDouble:
      return CompareType::kDouble;
    case Group::kText:
    case Group::kOther:
      return CompareType::kText;
    case Group::kBytes:
      return CompareType::kBytes;
    case Group::kDate:
      return CompareType::kDate;
    case Group::kTime:
      return CompareType::kTime;
    case Group::kTimestamp:
      return CompareType::kTimestamp;
    case Group::kUuid:
      return CompareType::kUuid;
    case Group::kJson:
      return CompareType::kJson;
    case Group::kBits:
      return CompareType::kBits;
  }
  return CompareType::kText;
}

// The exact common type, where there is one.
std::optional<CompareType> Common(const GroupedSide& a, const GroupedSide& b) {
  if (a.group == Group::kOther && b.group == Group::kOther) {
    // What a driver calls "unknown" may be anything.
    if (a.dialect == b.dialect && a.native == b.native && !a.native.empty() &&
        a.native != "unknown") {
      return CompareType::kText;
    }
    return std::nullopt;
  }
  if (a.group == b.group) return Natural(a.group);
  const auto either = [&](Group x, Group y) {
    return (a.group == x && b.group == y) || (a.group == y && b.group == x);
  };
  if (either(Group::kUuid, Group::kText) ||
      either(Group::kUuid, Group::kBytes)) {
    return CompareType::kUuid;
  }
  if (either(Group::kJson, Group::kText)) return CompareType::kJson;
  if (either(Group::kDate, Group::kTimestamp)) return CompareType::kTimestamp;
  if (either(Group::kOther, Group::kText)) return CompareType::kText;
  if (either(Group::kBits, Group::kNumber) && (a.one_bit || b.one_bit)) {
    return CompareType::kNumber;
  }
  return std::nullopt;
}

// Whether each value of the side can be read as `type`, or be seen to be none.
bool Reads(const GroupedSide& side, CompareType type) {
  const Group group = side.group;
  switch (type) {
    case CompareType::kNumber:
      return group == Group::kNumber || group == Group::kDouble ||
             group == Group::kText || group == Group::kOther || side.one_bit;
    case CompareType::kDouble:
      return group == Group::kNumber || group == Group::kDouble ||
             group == Group::kText || group == Group::kOther;
    case CompareType::kText:
      return group == Group::kText || group == Group::kOther ||
             group == Group::kUuid || group == Group::kJson ||
             group == Group::kNumber || group == Group::kBits;
    case CompareType::kBytes:
      return group == Group::kBytes || group == Group::kText;
    case CompareType::kDate:
    case CompareType::kTimestamp:
      return group == Group::kDate || group == Group::kTimestamp ||
             group == Group::kText || group == Group::kOther;
    case CompareType::kTime:
      return group == Group::kTime || group == Group::kText ||
             group == Group::kOther;
    case CompareType::kUuid:
      return group == Group::kUuid || group == Group::kText ||
             group == Group::kBytes;
    case CompareType::kJson:
      return group == Group::kJson || group == Group::kText;
    case CompareType::kBits:
      return group == Group::kBits || group == Group::kText;
  }
  return false;
}

// The types that `as` may name, in the order in which they are proposed.
constexpr TypeClass kForced[] = {
    TypeClass::kDecimal, TypeClass::kTimestamp, TypeClass::kDate,
    TypeClass::kTime,    TypeClass::kUuid,      TypeClass::kJson,
    TypeClass::kDouble,  TypeClass::kBytes,     TypeClass::kText,
};

std::string Pair(const GroupedSide& a, const GroupedSide& b) {
  return absl::StrCat("the source is ", a.name, ", the target ", b.name);
}

absl::Status Refuse(const GroupedSide& a, const GroupedSide& b,
                    std::string_view why) {
  return MakeError(ErrorReason::kNotComparable,
                   absl::StrCat(Pair(a, b), ": ", std::string(why)));
}

// What an author can do about a pair without a common type.
std::string Remedy(const GroupedSide& a, const GroupedSide& b) {
  std::vector<std::string> remedies;
  const auto either = [&](Group group) {
    return a.group == group || b.group == group;
  };
  if (either(Group::kDouble) && either(Group::kNumber)) {
    remedies.push_back("`tolerance`");
  }
  for (const TypeClass type : kForced) {
    const CompareType compare = Natural(GroupOf(type));
    // Only what at least one side is; text reads as anything.
    const bool natural =
        Natural(a.group) == compare || Natural(b.group) == compare;
    if (natural && Reads(a, compare) && Reads(b, compare)) {
      remedies.push_back(
          absl::StrCat("`as: ", std::string(TypeClassName(type)), "`"));
    }
  }
  if (remedies.empty()) {
    return "no policy makes them comparable; compare expressions (`map`) or "
           "leave the column out (`except`)";
  }
  return absl::StrCat("a policy for the column can say how: ",
                      absl::StrJoin(remedies, " or "));
}

bool IsTolerant(const ColumnPolicy& policy) {
  return policy.tolerance.has_value() || policy.relative_tolerance.has_value();
}

absl::StatusOr<CompareType> Choose(const GroupedSide& a, const GroupedSide& b,
                                   const ColumnPolicy* policy) {
  if (policy != nullptr && policy->as.has_value()) {
    const CompareType forced = Natural(GroupOf(*policy->as));
    if (Reads(a, forced) && Reads(b, forced)) return forced;
    return Refuse(a, b,
                  absl::StrCat("not both can be read `as: ",
                               std::string(TypeClassName(*policy->as)), "`; ",
                               Remedy(a, b)));
  }
  if (const std::optional<CompareType> common = Common(a, b)) return *common;
  if (policy != nullptr && IsTolerant(*policy) &&
      (a.group == Group::kDouble || b.group == Group::kDouble) &&
      (a.group == Group::kNumber || b.group == Group::kNumber)) {
    return CompareType::kNumber;
  }
  return Refuse(
      a, b, absl::StrCat("they have no exact common type; ", Remedy(a, b)));
}

// The name of the first policy that makes no sense for `type`; empty: none.
std::string_view Senseless(CompareType type, const GroupedSide& a,
                           const GroupedSide& b, const ColumnPolicy& policy) {
  if (IsTolerant(policy) && type != CompareType::kNumber &&
      type != CompareType::kDouble) {
    return policy.tolerance.has_value() ? "tolerance" : "relative_tolerance";
  }
  if (policy.precision.has_value() && type != CompareType::kTime &&
      type != CompareType::kTimestamp) {
    return "precision";
  }
  const bool text = type == CompareType::kText;
  if (policy.trim != Trim::kNone && !text) return "trim";
  if (policy.ignore_case && !text) return "ignore_case";
  const auto holds_text = [](const GroupedSide& side) {
    return side.group == Group::kText || side.group == Group::kOther;
  };
  if (policy.empty_is_null && !holds_text(a) && !holds_text(b)) {
    return "empty_is_null";
  }
  return "";
}

std::string Describe(CompareType type, const ColumnPolicy* policy) {
  std::vector<std::string> parts;
  if (policy != nullptr) {
    if (policy->tolerance.has_value()) {
      parts.push_back(absl::StrCat("within ", policy->tolerance->digits));
    }
    if (policy->relative_tolerance.has_value()) {
      parts.push_back(absl::StrCat("within ",
                                   policy->relative_tolerance->digits,
                                   " of the source's value"));
    }
    if (parts.size() == 2) {
      parts = {absl::StrCat(parts[0], " or ", parts[1])};
    }
    if (policy->precision.has_value()) {
      parts.push_back(absl::StrCat(
          policy->rounding == Rounding::kRound ? "rounded" : "truncated",
          " to ", *policy->precision,
          *policy->precision == 1 ? " digit" : " digits"));
    }
    if (policy->trim == Trim::kTrailing) {
      parts.push_back("trailing blanks trimmed");
    }
    if (policy->trim == Trim::kBoth) parts.push_back("blanks trimmed");
    if (policy->ignore_case) parts.push_back("without case");
    if (policy->empty_is_null) parts.push_back("'' is NULL");
  }
  if (parts.empty()) parts.push_back("exact");
  return absl::StrCat(std::string(CompareTypeName(type)), ", ",
                      absl::StrJoin(parts, ", "));
}

}  // namespace

std::string_view CompareTypeName(CompareType type) {
  switch (type) {
    case CompareType::kNumber:
      return "number";
    case CompareType::kDouble:
      return "double";
    case CompareType::kText:
      return "text";
    case CompareType::kBytes:
      return "bytes";
    case CompareType::kDate:
      return "date";
    case CompareType::kTime:
      return "time";
    case CompareType::kTimestamp:
      return "timestamp";
    case CompareType::kUuid:
      return "uuid";
    case CompareType::kJson:
      return "json";
    case CompareType::kBits:
      return "bits";
  }
  return "";
}

absl::StatusOr<ComparedType> ChooseCompareType(const ColumnSide& source,
                                               const ColumnSide& target,
                                               const ColumnPolicy* policy) {
  const GroupedSide a = Classify(source);
  const GroupedSide b = Classify(target);
  ASSAY_ASSIGN_OR_RETURN(const CompareType type, Choose(a, b, policy));
  ComparedType compared;
  compared.type = type;
  if (policy != nullptr) {
    if (const std::string_view senseless = Senseless(type, a, b, *policy);
        !senseless.empty()) {
      return Refuse(a, b,
                    absl::StrCat("they are compared as ",
                                 std::string(CompareTypeName(type)),
                                 ", where `", std::string(senseless),
                                 "` has no meaning; remove it"));
    }
    compared.has_tolerance = IsTolerant(*policy);
  }
  compared.text = Describe(type, policy);
  return compared;
}

std::string ReadForm(const ColumnSide& side, const std::string& sql,
                     CompareType) {
  // A type has one form that loses nothing, whatever it is compared as.
  return side.dialect->DiffForm(sql, side.type);
}

}  // namespace assay::diff
