// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/type_words.h"

#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace assay::sql {
namespace {

using Kind = TypeCapacity::Kind;
constexpr int64_t kNoLimit = TypeCapacity::kNoLimit;

TypeCapacity OfKind(Kind kind) {
  TypeCapacity out;
  out.kind = kind;
  return out;
}

// Takes "'it''s'" off the front of text[*at…]; the quotes doubled inside.
std::string TakeQuoted(std::string_view text, size_t* at) {
  std::string out;
  for (size_t i = *at + 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      out.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      out.push_back('\'');
      ++i;
    } else {
      *at = i + 1;
      return out;
    }
  }
  *at = text.size();
  return out;
}

// The arguments of "(…" at text[*at]; leaves *at behind the closing one.
std::vector<std::string> TakeArguments(std::string_view text, size_t* at) {
  std::vector<std::string> out(1);
  size_t i = *at + 1;
  while (i < text.size() && text[i] != ')') {
    if (text[i] == '\'') {
      out.back() = TakeQuoted(text, &i);
      continue;
    }
    if (text[i] == ',') {
      out.emplace_back();
    } else if (text[i] != ' ') {
      out.back().push_back(text[i]);
    }
    ++i;
  }
  *at = i + 1;
  return out;
}

}  // namespace

std::optional<int64_t> TypeWords::Number(size_t i) const {
  int64_t number = 0;
  if (i >= arguments.size() || !absl::SimpleAtoi(arguments[i], &number)) {
    return std::nullopt;
  }
  return number;
}

TypeWords ParseTypeWords(std::string_view native_type) {
  TypeWords out;
  std::string word;
  const auto end_word = [&out, &word] {
    if (word == "unsigned") {
      out.is_unsigned = true;
    } else if (!word.empty() && word != "signed" && word != "zerofill") {
      absl::StrAppend(&out.name, out.name.empty() ? "" : " ", word);
    }
    word.clear();
  };
  for (size_t i = 0; i < native_type.size();) {
    const char c = native_type[i];
    if (c == '(') {
      end_word();
      out.arguments = TakeArguments(native_type, &i);
      continue;
    }
    if (c == '[') {
      out.array = true;
      end_word();
    } else if (c == ' ') {
      end_word();
    } else if (c != ']') {
      word.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
    ++i;
  }
  end_word();
  return out;
}

TypeCapacity IntegerCapacity(int bits, bool is_unsigned) {
  TypeCapacity out = OfKind(Kind::kInteger);
  if (is_unsigned) {
    out.greatest.digits =
        bits == 64 ? "18446744073709551615"
                   : absl::StrCat((uint64_t{1} << bits) - 1);
    return out;
  }
  if (bits == 64) {
    out.least.digits = absl::StrCat(std::numeric_limits<int64_t>::min());
    out.greatest.digits = absl::StrCat(std::numeric_limits<int64_t>::max());
    return out;
  }
  const int64_t half = int64_t{1} << (bits - 1);
  out.least.digits = absl::StrCat(-half);
  out.greatest.digits = absl::StrCat(half - 1);
  return out;
}

TypeCapacity IntegerRange(int64_t least, int64_t greatest) {
  TypeCapacity out = OfKind(Kind::kInteger);
  out.least.digits = absl::StrCat(least);
  out.greatest.digits = absl::StrCat(greatest);
  return out;
}

TypeCapacity DecimalCapacity(int64_t precision, int64_t scale) {
  TypeCapacity out = OfKind(Kind::kDecimal);
  if (precision == kNoLimit) return out;
  out.whole_digits = precision - scale;
  out.fraction_digits = scale;
  return out;
}

TypeCapacity FloatCapacity(int mantissa_bits) {
  TypeCapacity out = OfKind(Kind::kFloat);
  out.mantissa_bits = mantissa_bits;
  return out;
}

TypeCapacity TextCapacity(int64_t characters, int64_t bytes, bool fixed) {
  TypeCapacity out = OfKind(Kind::kText);
  out.characters = characters;
  out.bytes = bytes;
  out.fixed = fixed;
  return out;
}

TypeCapacity BytesCapacity(int64_t bytes) {
  TypeCapacity out = OfKind(Kind::kBytes);
  out.bytes = bytes;
  return out;
}

TypeCapacity BitsCapacity(int64_t bits, bool fixed) {
  TypeCapacity out = OfKind(Kind::kBits);
  out.characters = bits;
  out.fixed = fixed;
  return out;
}

TypeCapacity TimeCapacity(Kind kind, int64_t fraction_digits) {
  TypeCapacity out = OfKind(kind);
  out.fraction_digits = fraction_digits;
  return out;
}

TypeCapacity LabelsCapacity(Kind kind, std::vector<std::string> labels) {
  TypeCapacity out = OfKind(kind);
  out.labels = std::move(labels);
  return out;
}

TypeCapacity CommonCapacity(const TypeWords& words) {
  const std::string& name = words.name;
  const auto is = [&name](std::initializer_list<const char*> names) {
    for (const char* candidate : names) {
      if (name == candidate) return true;
    }
    return false;
  };
  const auto limit = [&words] { return words.Number(0).value_or(kNoLimit); };
  if (words.array) {
    return is({"text", "character varying", "varchar", "character", "char"})
               ? OfKind(Kind::kTextList)
               : TypeCapacity{};
  }
  if (is({"boolean", "bool"})) return OfKind(Kind::kBoolean);
  if (is({"smallint", "int2"})) return IntegerCapacity(16, words.is_unsigned);
  if (is({"integer", "int", "int4"})) {
    return IntegerCapacity(32, words.is_unsigned);
  }
  if (is({"bigint", "int8"})) return IntegerCapacity(64, words.is_unsigned);
  if (is({"numeric", "decimal", "dec"})) {
    return DecimalCapacity(limit(), words.Number(1).value_or(0));
  }
  if (is({"real", "float4"})) return FloatCapacity(24);
  if (is({"double precision", "double", "float8"})) return FloatCapacity(53);
  if (is({"float"})) {
    return FloatCapacity(limit() != kNoLimit && limit() <= 24 ? 24 : 53);
  }
  if (is({"character", "char", "bpchar", "nchar"})) {
    // PostgreSQL's bare bpchar has no limit; char(n) always shows its n.
    return TextCapacity(limit(), kNoLimit, words.Number(0).has_value());
  }
  if (is({"character varying", "varchar", "nvarchar"})) {
    return TextCapacity(limit(), kNoLimit, false);
  }
  if (is({"text", "clob", "citext", "name"})) {
    return TextCapacity(kNoLimit, kNoLimit, false);
  }
  if (is({"enum"})) return LabelsCapacity(Kind::kLabels, words.arguments);
  if (is({"set"})) return LabelsCapacity(Kind::kLabelSet, words.arguments);
  if (is({"bytea", "blob"})) return BytesCapacity(kNoLimit);
  if (is({"binary", "varbinary"})) return BytesCapacity(limit());
  if (is({"bit"})) return BitsCapacity(words.Number(0).value_or(1), true);
  if (is({"bit varying", "varbit"})) return BitsCapacity(limit(), false);
  if (is({"date"})) return TimeCapacity(Kind::kDate, 0);
  if (absl::StartsWith(name, "timestamp")) {
    return TimeCapacity(Kind::kTimestamp, words.Number(0).value_or(6));
  }
  if (is({"time", "time without time zone"})) {
    return TimeCapacity(Kind::kTime, words.Number(0).value_or(6));
  }
  if (is({"uuid"})) return OfKind(Kind::kUuid);
  if (is({"json", "jsonb"})) return OfKind(Kind::kJson);
  return {};
}

}  // namespace assay::sql
