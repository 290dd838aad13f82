// SPDX-License-Identifier: Apache-2.0
// Results, requests and run status as the JSON text that the store keeps.
//
// Round-trips are exact: 64-bit integers stay integers, and text that is not
// valid UTF-8 (a sample's cell may hold any bytes) is kept as {"hex": "…"}
// instead of a string, so nothing is replaced or lost. Fields that hold their
// default are left out; unknown fields are ignored, so that an older server
// reads what a newer one wrote.
//
// Pure functions; thread-safe. Reading fails with kStoreFailed on damaged text.
#ifndef ASSAY_VALIDATOR_RUNS_RESULT_JSON_H_
#define ASSAY_VALIDATOR_RUNS_RESULT_JSON_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/verdict/result.h"
#include "validator/runs/run.h"

namespace assay::runs {

std::string ResultToJson(const Result& result);
absl::StatusOr<Result> ResultFromJson(std::string_view json);

// One string that may hold any bytes.
std::string TextToJson(const std::string& text);
absl::StatusOr<std::string> TextFromJson(std::string_view json);

// What does not change once a run is accepted: the request but for the rule
// set's text, and what was derived from it.
std::string RequestToJson(const Run& run);
// Fills the same fields of `run`.
absl::Status RequestFromJson(std::string_view json, Run& run);

// What changes: outcome, error, progress, times, attempts, sequence. The state
// has a column of its own.
std::string StatusToJson(const Run& run);
absl::Status StatusFromJson(std::string_view json, Run& run);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_RESULT_JSON_H_
