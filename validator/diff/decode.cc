// SPDX-License-Identifier: Apache-2.0
// The reverse of encode.cc, and what is compared by value.
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/diff/canonical.h"
#include "validator/diff/encode.h"
#include "validator/diff/temporal.h"
#include "validator/value/calendar.h"

namespace assay::diff {
namespace {

// Takes from the front of bytes that may be damaged.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::string_view rest() const { return rest_; }

  template <typename T>
  bool Fixed(T& value) {
    if (rest_.size() < sizeof value) return false;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return true;
  }
  bool Blob(std::string& value) {
    uint32_t size = 0;
    if (!Fixed(size) || rest_.size() < size) return false;
    value = std::string(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view rest_;
};

constexpr int64_t kFirstDay = -719162;  // 0001-01-01
constexpr int64_t kLastDay = 2932896;   // 9999-12-31

std::string UuidText(const unsigned char (&bytes)[16]) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
  return out;
}

std::optional<Value> ReadNumberSpecial(Reader& reader) {
  char which = 0;
  if (!reader.Fixed(which)) return std::nullopt;
  switch (which) {
    case 'n':
      return Value("NaN");
    case '+':
      return Value("Infinity");
    case '-':
      return Value("-Infinity");
    default:
      return std::nullopt;
  }
}

std::optional<Value> ReadValue(Reader& reader) {
  char tag = 0;
  if (!reader.Fixed(tag)) return std::nullopt;
  int64_t number = 0;
  std::string blob;
  switch (static_cast<Tag>(tag)) {
    case Tag::kNull:
      return Value(Null{});
    case Tag::kInteger:
      if (!reader.Fixed(number)) return std::nullopt;
      return Value(number);
    case Tag::kDecimal:
      if (!reader.Blob(blob)) return std::nullopt;
      return Value(Decimal{std::move(blob)});
    case Tag::kNumberSpecial:
      return ReadNumberSpecial(reader);
    case Tag::kDouble: {
      double value = 0;
      if (!reader.Fixed(value)) return std::nullopt;
      return Value(value);
    }
    case Tag::kBytes:
      if (!reader.Blob(blob)) return std::nullopt;
      return Value(Bytes{std::move(blob)});
    case Tag::kDate:
      if (!reader.Fixed(number)) return std::nullopt;
      if (number < kFirstDay || number > kLastDay) return DayText(number);
      return Value(Date{number});
    case Tag::kTime:
      if (!reader.Fixed(number)) return std::nullopt;
      return Value(TimeOfDay{number});
    case Tag::kTimestamp:
      if (!reader.Fixed(number)) return std::nullopt;
      if (number < kFirstDay * kMicrosPerDay ||
          number >= (kLastDay + 1) * kMicrosPerDay) {
        return MomentText(number);
      }
      return Value(Timestamp{number, /*zoned=*/true});
    case Tag::kUuid: {
      unsigned char bytes[16];
      if (!reader.Fixed(bytes)) return std::nullopt;
      return Value(Uuid{UuidText(bytes)});
    }
    case Tag::kText:
    case Tag::kJson:
    case Tag::kBits:
    case Tag::kTemporalSpecial:
      if (!reader.Blob(blob)) return std::nullopt;
      return Value(std::move(blob));
    case Tag::kOther: {
      char type = 0;
      if (!reader.Fixed(type) || !reader.Blob(blob)) return std::nullopt;
      if (type != 'b') return Value(std::move(blob));
      return Value(absl::StrCat("X'", ToText(Bytes{std::move(blob)}), "'"));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Value> DecodeValue(std::string_view& bytes) {
  Reader reader(bytes);
  std::optional<Value> value = ReadValue(reader);
  if (value.has_value()) bytes = reader.rest();
  return value;
}

bool WithinTolerance(const ColumnPolicy& policy, std::string_view source,
                     std::string_view target) {
  if (source == target) return true;
  const std::optional<Value> a = DecodeValue(source);
  const std::optional<Value> b = DecodeValue(target);
  if (!a.has_value() || !b.has_value()) return false;
  const std::optional<Decimal> x = ToDecimal(*a);
  const std::optional<Decimal> y = ToDecimal(*b);
  if (!x.has_value() || !y.has_value()) return false;
  const Decimal distance = Abs(Subtract(*x, *y));
  if (policy.tolerance.has_value() &&
      CompareDecimals(distance, *policy.tolerance) <= 0) {
    return true;
  }
  return policy.relative_tolerance.has_value() &&
         CompareDecimals(distance,
                         Multiply(*policy.relative_tolerance, Abs(*x))) <= 0;
}

}  // namespace assay::diff
