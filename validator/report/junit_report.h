// SPDX-License-Identifier: Apache-2.0
// A run as JUnit XML for CI systems: a test suite for each table, a test case
// for each rule. FAIL is <failure>, ERROR is <error>, WARN is <system-out> of a
// passing case. A run that may not proceed though no result says why has one
// more case, "run", with an <error>: an empty file would be green.
//
// Pure; thread-safe. Valid XML 1.0 for any bytes.
#ifndef ASSAY_VALIDATOR_REPORT_JUNIT_REPORT_H_
#define ASSAY_VALIDATOR_REPORT_JUNIT_REPORT_H_

#include <string>

#include "assay/v1/run.pb.h"

namespace assay::report {

std::string JunitReport(const v1::Run& run);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_JUNIT_REPORT_H_
