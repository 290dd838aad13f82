// SPDX-License-Identifier: Apache-2.0
// Tests of single values outside the database: RE2 patterns and types.
#ifndef ASSAY_VALIDATOR_ENGINE_VALUE_TEST_H_
#define ASSAY_VALIDATOR_ENGINE_VALUE_TEST_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/plan/plan.h"

namespace assay::engine {

// Returns whether a text passes. Thread-safe; cheap to copy.
using ValuePredicate = std::function<bool(std::string_view)>;

// kValueInvalid for a pattern that does not compile.
absl::StatusOr<ValuePredicate> CompileValueTest(const ValueTest& test);

// Whether the whole of `text` is a value of `type`, as rule kind `type` says.
bool HoldsType(TypeClass type, std::string_view text);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_VALUE_TEST_H_
