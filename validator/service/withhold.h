// SPDX-License-Identifier: Apache-2.0
// Results for callers that may not see values of the data ("samples").
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_WITHHOLD_H_
#define ASSAY_VALIDATOR_SERVICE_WITHHOLD_H_

#include "assay/v1/run.pb.h"

namespace assay::service {

// Whether a caller sees values of the data in results.
enum class Values { kShow, kWithhold };

// Takes away whatever may be a value of the data: samples, SQL (it may have
// values found in it), causes of differences, what rule kinds of
// KindSpec::finds_values found, messages of the database. Verdicts, counts and
// reasons stay.
void Withhold(v1::RuleResult& result);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_WITHHOLD_H_
