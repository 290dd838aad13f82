// SPDX-License-Identifier: Apache-2.0
// Is a text JSON, to the letter?
//
// protobuf's own reader takes more than JSON (bare keys, single quotes) and
// lets the last of two equal keys win. What decides over a migration is not
// guessed at: such texts are refused here, before it reads them.
//
// Stateless; thread-safe. Bounded stack and memory, whatever the text is.
#ifndef ASSAY_VALIDATOR_HTTP_JSON_CHECK_H_
#define ASSAY_VALIDATOR_HTTP_JSON_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace assay::http {

// kHttpRequestInvalid with the place where `text` is no JSON object, repeats a
// key of an object ("run_id" and "runId" of the outermost are the same key),
// nests deeper than 16 levels, or has more than 10 000 values.
absl::Status CheckJson(const std::string& text);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_JSON_CHECK_H_
