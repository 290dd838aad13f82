// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/type_fit.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay::diff {
namespace {

using Kind = TypeCapacity::Kind;
constexpr int64_t kNoLimit = TypeCapacity::kNoLimit;

TypeFit Fits(std::string note = "") { return {true, std::move(note)}; }
TypeFit Lost(std::string why) { return {false, std::move(why)}; }
TypeFit AnotherKind() { return Lost("another kind of value"); }

// A column without a declared limit holds no larger value (PostgreSQL's 1 GiB).
constexpr int64_t kMostOfAnything = 1073741823;

// Whether `needed` may exceed `limit`.
bool Exceeds(int64_t needed, int64_t limit) {
  if (limit == kNoLimit) return false;
  return (needed == kNoLimit ? kMostOfAnything : needed) > limit;
}

// 10^digits - 1.
Decimal Nines(int64_t digits) {
  return {digits <= 0 ? "0" : std::string(static_cast<size_t>(digits), '9')};
}

TypeFit IntegerIn(const Decimal& least, const Decimal& greatest,
                  const Decimal& target_least, const Decimal& target_greatest) {
  if (CompareDecimals(greatest, target_greatest) > 0) {
    return Lost(
        absl::StrCat("values above ", target_greatest.digits, " do not fit"));
  }
  if (CompareDecimals(least, target_least) < 0) {
    return Lost(
        absl::StrCat("values below ", target_least.digits, " do not fit"));
  }
  return Fits();
}

TypeFit FitInteger(const TypeCapacity& source, const TypeCapacity& target) {
  switch (target.kind) {
    case Kind::kInteger:
      return IntegerIn(source.least, source.greatest, target.least,
                       target.greatest);
    case Kind::kBoolean:
      return source.boolean_by_custom
                 ? Fits("0 and 1 become false and true")
                 : IntegerIn(source.least, source.greatest, {"0"}, {"1"});
    case Kind::kDecimal: {
      if (target.whole_digits == kNoLimit || !target.enforced) return Fits();
      const Decimal nines = Nines(target.whole_digits);
      const Decimal least =
          target.no_negatives ? Decimal{"0"} : Subtract({"0"}, nines);
      return IntegerIn(source.least, source.greatest, least, nines);
    }
    case Kind::kFloat: {
      // 2^24 and 2^53.
      const Decimal most{target.mantissa_bits >= 53 ? "9007199254740992"
                                                    : "16777216"};
      if (CompareDecimals(Abs(source.least), most) > 0 ||
          CompareDecimals(source.greatest, most) > 0) {
        return Lost(
            absl::StrCat("integers beyond ", most.digits, " are rounded"));
      }
      return Fits();
    }
    default:
      return AnotherKind();
  }
}

TypeFit FitDecimal(const TypeCapacity& source, const TypeCapacity& target) {
  const bool unlimited = source.whole_digits == kNoLimit;
  switch (target.kind) {
    case Kind::kDecimal:
      // A source that rounds as the target does has nothing to lose.
      if (!target.enforced && !source.enforced) return Fits();
      if (!target.enforced) {
        return unlimited || source.whole_digits + source.fraction_digits > 15
                   ? Lost("digits beyond the fifteenth are rounded")
                   : Fits();
      }
      if (target.whole_digits == kNoLimit) return Fits();
      if (Exceeds(source.whole_digits, target.whole_digits)) {
        return Lost(absl::StrCat(
            "values above ", Nines(target.whole_digits).digits, " do not fit"));
      }
      return Exceeds(source.fraction_digits, target.fraction_digits)
                 ? Lost(absl::StrCat("digits behind the ",
                                     target.fraction_digits,
                                     target.fraction_digits == 1 ? "st" : "th",
                                     " decimal place are lost"))
                 : Fits();
    case Kind::kInteger: {
      if (unlimited || source.fraction_digits > 0) {
        return Lost("digits behind the point are lost");
      }
      const Decimal nines = Nines(source.whole_digits);
      const Decimal least =
          source.no_negatives ? Decimal{"0"} : Subtract({"0"}, nines);
      return IntegerIn(least, nines, target.least, target.greatest);
    }
    case Kind::kFloat:
      return !unlimited && source.fraction_digits == 0 &&
                     source.whole_digits <=
                         (target.mantissa_bits >= 53 ? 15 : 6)
                 ? Fits()
                 : Lost("decimals are rounded to binary fractions");
    default:
      return AnotherKind();
  }
}

// The bytes that text of `capacity` may take.
int64_t BytesOf(const TypeCapacity& capacity) {
  if (capacity.characters == kNoLimit) return capacity.bytes;
  const int64_t by_characters = capacity.characters * 4;
  return capacity.bytes == kNoLimit ? by_characters
                                    : std::min(capacity.bytes, by_characters);
}

TypeFit FitText(const TypeCapacity& source, const TypeCapacity& target) {
  switch (target.kind) {
    case Kind::kText: {
      if (!target.enforced) return Fits();
      const int64_t characters =
          source.characters != kNoLimit ? source.characters : source.bytes;
      if (Exceeds(characters, target.characters)) {
        return Lost(absl::StrCat("texts longer than ", target.characters,
                                 " characters do not fit"));
      }
      if (Exceeds(BytesOf(source), target.bytes)) {
        return Lost(absl::StrCat("texts longer than ", target.bytes,
                                 " bytes do not fit"));
      }
      if (target.fixed && !source.fixed) {
        return Lost("blanks at the end are lost");
      }
      return Fits();
    }
    case Kind::kUuid:
      return source.characters == 32 || source.characters == 36 ||
                     source.characters == 38
                 ? Fits("text that is no UUID does not fit")
                 : Lost("text that is no UUID does not fit");
    case Kind::kLabels:
    case Kind::kLabelSet:
      return Lost("texts other than its labels do not fit");
    case Kind::kJson:
      return Lost("text that is no JSON does not fit");
    default:
      return AnotherKind();
  }
}

// Labels as text: the longest of them, or all of a set at once.
TypeFit FitLabels(const TypeCapacity& source, const TypeCapacity& target) {
  if (target.kind == Kind::kText) {
    int64_t longest = 0;
    int64_t all = 0;
    for (const std::string& label : source.labels) {
      const auto size = static_cast<int64_t>(label.size());
      longest = std::max(longest, size);
      all += size + 1;
    }
    TypeCapacity text;
    text.kind = Kind::kText;
    text.characters = source.kind == Kind::kLabels ? longest : all - 1;
    text.fixed = target.fixed;  // No label ends in a blank.
    return FitText(text, target);
  }
  if (source.kind == Kind::kLabelSet && target.kind == Kind::kTextList) {
    return Fits("a set becomes an array");
  }
  if (target.kind != source.kind) return AnotherKind();
  const std::set<std::string> there(target.labels.begin(), target.labels.end());
  std::vector<std::string> missing;
  for (const std::string& label : source.labels) {
    if (there.count(label) == 0) {
      missing.push_back(absl::StrCat("'", label, "'"));
    }
  }
  if (missing.empty()) return Fits();
  return Lost(absl::StrCat(missing.size() == 1 ? "label " : "labels ",
                           absl::StrJoin(missing, ", "), " ",
                           missing.size() == 1 ? "is" : "are", " missing"));
}

TypeFit FitBits(const TypeCapacity& source, const TypeCapacity& target) {
  const int64_t bits = source.characters;
  switch (target.kind) {
    case Kind::kBits:
      if (Exceeds(bits, target.characters)) {
        return Lost(
            absl::StrCat("more than ", target.characters, " bits do not fit"));
      }
      return target.fixed && bits != target.characters
                 ? Lost("another number of bits")
                 : Fits();
    case Kind::kBoolean:
      return bits == 1 ? Fits() : Lost("more than one bit does not fit");
    case Kind::kInteger: {
      if (bits == kNoLimit || bits > 64) {
        return Lost("the number that the bits make does not fit");
      }
      const Decimal most{
          absl::StrCat(bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1)};
      return CompareDecimals(target.greatest, most) >= 0
                 ? Fits()
                 : Lost(absl::StrCat(bits, " bits do not fit"));
    }
    case Kind::kBytes:
      return Exceeds(bits == kNoLimit ? bits : (bits + 7) / 8, target.bytes)
                 ? Lost("not all bits fit")
                 : Fits("bits become bytes");
    default:
      return AnotherKind();
  }
}

TypeFit FitBytes(const TypeCapacity& source, const TypeCapacity& target) {
  if (target.kind == Kind::kBytes) {
    return target.enforced && Exceeds(source.bytes, target.bytes)
               ? Lost(absl::StrCat("more than ", target.bytes,
                                   " bytes do not fit"))
               : Fits();
  }
  if (target.kind == Kind::kUuid) {
    return source.bytes == 16 ? Fits("other than 16 bytes do not fit")
                              : Lost("other than 16 bytes do not fit");
  }
  return AnotherKind();
}

TypeFit FitTime(const TypeCapacity& source, const TypeCapacity& target) {
  if (source.kind == Kind::kDate && target.kind == Kind::kTimestamp) {
    return target.unix_seconds
               ? Lost("days before 1970 or after 2038 do not fit")
               : Fits("a day becomes its midnight");
  }
  if (source.kind == Kind::kTimestamp && target.kind == Kind::kDate) {
    return Lost("the time of day is lost");
  }
  if (source.kind != target.kind) return AnotherKind();
  if (!target.enforced) return Fits();
  if (Exceeds(source.fraction_digits, target.fraction_digits)) {
    return Lost(target.fraction_digits == 0
                    ? std::string("fractional seconds are lost")
                    : absl::StrCat("fractional seconds beyond ",
                                   target.fraction_digits, " digits are lost"));
  }
  if (target.unix_seconds && !source.unix_seconds) {
    return Lost("times before 1970 or after 2038 do not fit");
  }
  return Fits();
}

TypeFit FitBoolean(const TypeCapacity& target) {
  switch (target.kind) {
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kDecimal:
      return Fits();
    case Kind::kBits:
      return target.characters == 1 ? Fits() : Lost("another number of bits");
    default:
      return AnotherKind();
  }
}

bool IsUnicode(const std::string& set) {
  return absl::StartsWith(set, "utf8mb4") || absl::StartsWith(set, "utf16") ||
         absl::StartsWith(set, "utf32") || set == "ucs4";
}

// Whether text in character set `source` can be told in `target`; empty names
// are all of Unicode.
bool CanSpell(const std::string& source, const std::string& target) {
  if (target.empty() || IsUnicode(target) || source == target) return true;
  if (source == "ascii") return true;
  const bool basic_plane =
      target == "utf8" || target == "utf8mb3" || target == "ucs2";
  return basic_plane && !source.empty() && !IsUnicode(source);
}

TypeFit FitCapacities(const db::ColumnFacts& source_column,
                      const db::ColumnFacts& target_column) {
  const TypeCapacity& source = source_column.capacity;
  const TypeCapacity& target = target_column.capacity;
  if (source.kind == Kind::kUnknown || target.kind == Kind::kUnknown ||
      source.kind == Kind::kTextList) {
    const bool same = absl::EqualsIgnoreCase(source_column.base_type,
                                             target_column.base_type);
    return same || (!target.enforced && target.kind == Kind::kUnknown)
               ? Fits()
               : Lost("not known to hold every value");
  }
  if (target.no_negatives && !source.no_negatives &&
      (source.kind == Kind::kDecimal || source.kind == Kind::kFloat)) {
    return Lost("values below 0 do not fit");
  }
  // SQLite has no types of their own for these and keeps them as text.
  const bool as_text = target.kind == Kind::kText && !target.enforced;
  switch (source.kind) {
    case Kind::kBoolean:
      return FitBoolean(target);
    case Kind::kInteger:
      return FitInteger(source, target);
    case Kind::kDecimal:
      return as_text ? Fits("kept as text") : FitDecimal(source, target);
    case Kind::kFloat:
      if (target.kind == Kind::kFloat) {
        return source.mantissa_bits > target.mantissa_bits
                   ? Lost("double precision is rounded to single")
                   : Fits();
      }
      return target.kind == Kind::kDecimal
                 ? Lost("binary fractions are rounded")
                 : AnotherKind();
    case Kind::kText:
      return FitText(source, target);
    case Kind::kLabels:
    case Kind::kLabelSet:
      return FitLabels(source, target);
    case Kind::kBytes:
      return FitBytes(source, target);
    case Kind::kBits:
      return FitBits(source, target);
    case Kind::kDate:
    case Kind::kTime:
    case Kind::kTimestamp:
      return as_text ? Fits("kept as text") : FitTime(source, target);
    case Kind::kUuid: {
      if (target.kind == Kind::kUuid || as_text) return Fits();
      if (target.kind == Kind::kText) {
        return Exceeds(36, target.characters) || Exceeds(36, target.bytes)
                   ? Lost("36 characters do not fit")
                   : Fits("kept as text");
      }
      if (target.kind == Kind::kBytes) {
        return Exceeds(16, target.bytes) ? Lost("16 bytes do not fit")
                                         : Fits("kept as bytes");
      }
      return AnotherKind();
    }
    case Kind::kJson:
      if (target.kind == Kind::kJson) return Fits();
      if (target.kind == Kind::kText) {
        TypeCapacity text;
        text.kind = Kind::kText;
        text.bytes = 4294967295;
        TypeFit fit = FitText(text, target);
        if (fit.fits) fit.why = "kept as text";
        return fit;
      }
      return AnotherKind();
    case Kind::kTextList:
    case Kind::kUnknown:
      break;
  }
  return AnotherKind();
}

}  // namespace

TypeFit FitTypes(const db::ColumnFacts& source, const db::ColumnFacts& target) {
  TypeFit fit = FitCapacities(source, target);
  if (fit.fits && target.capacity.kind == Kind::kText &&
      source.capacity.kind == Kind::kText &&
      !CanSpell(source.character_set, target.character_set)) {
    return Lost(absl::StrCat("characters outside of ", target.character_set,
                             " do not fit"));
  }
  return fit;
}

}  // namespace assay::diff
