// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: any bytes as a value of any type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "tests/fuzz/fuzz_targets.h"
#include "validator/value/value.h"

namespace assay {
namespace {

void Demand(bool holds) {
  if (!holds) std::abort();
}

void FuzzArithmetic(const Decimal& a) {
  Demand(ParseDecimal(a.digits) == a);
  Demand(Subtract(Add(a, a), a) == a);
  Demand(Subtract(a, a).digits == "0");
  Demand(Multiply(a, Decimal{"1"}) == a);
  Demand(Multiply(a, Decimal{"2"}) == Add(a, a));
  Demand(CompareDecimals(Abs(a), Decimal{"0"}) >= 0);
}

}  // namespace

void FuzzValue(std::string_view text) {
  if (text.empty()) return;
  constexpr int kTypes = static_cast<int>(TypeClass::kJson) + 1;
  const auto type =
      static_cast<TypeClass>(static_cast<unsigned char>(text[0]) % kTypes);
  text.remove_prefix(1);
  const absl::StatusOr<Value> value = ParseValue(type, text);
  if (value.ok()) {
    const absl::StatusOr<Value> again = ParseValue(type, ToText(*value));
    Demand(again.ok());
    Demand(ToText(*again) == ToText(*value));
    const std::optional<int> order = Compare(*value, *again);
    Demand(!order.has_value() || *order == 0);
    if (std::optional<Decimal> exact = ToDecimal(*value)) {
      Demand(Compare(*value, Value(*exact)) == 0);
      if (exact->digits.size() < 2000) FuzzArithmetic(*exact);
    }
  }
  if (const auto micros = ParseDurationMicros(text)) {
    Demand(*micros >= 0);
    Demand(ParseDurationMicros(FormatDurationMicros(*micros)) == micros);
  }
  ParseTypeClass(text);
}

}  // namespace assay

#ifndef ASSAY_FUZZ_IN_TEST
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  assay::FuzzValue({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
