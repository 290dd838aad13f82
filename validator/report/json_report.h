// SPDX-License-Identifier: Apache-2.0
// A run for programs. The schema is stable: keys are added, never removed or
// renamed within one `schema_version`; docs list them in this order.
//
//   schema_version   1
//   run_id, rule_set_name, rule_set_digest, migration, phase   strings
//   state            "PENDING" … "CANCELLED", "UNKNOWN"
//   verdict          "PASS" | "WARN" | "FAIL" | "ERROR"; null: not judged yet
//   decision         "PROCEED" | "HOLD" | "ROLLBACK"
//   retryable        boolean
//   error            {reason, message, retryable} or null
//   contradiction    what in the server's answer did not agree; absent: nothing
//   counts           {pass, warn, fail, error}
//   progress         {steps_done, steps_total, rows_read, rows_total,
//                     rows_per_second, activity, remaining_seconds}
//   as_of_time, start_time, end_time   ISO 8601 in UTC, or null
//   elapsed_seconds  number or null
//   request_id, correlation_id, recheck_of_run_id, attempt_count, sequence
//   labels, params   objects of strings
//   results          list of {rule_id, kind, description, owner, tags,
//                    connection, table, columns, verdict, error, expected,
//                    found, counters, threshold, measures, samples,
//                    samples_note, sql, consistency, confirmed, empty,
//                    rollback, same_as_rule_id, elapsed_seconds,
//                    attempt_count, line, target_connection, target_table,
//                    target_sql, target_consistency, diff,
//                    differences_count}
//   results_truncated
//   rule_set         the text, where the server sent it
//
// A sample is {cells: [{column, value, null, masked, truncated, key}], note};
// `value` is null for SQL NULL, and where the connection's policy masks it. In
// comparisons `value` is the source's, and a cell has also {target: {value,
// null, truncated} or null, differs, cause}.
//
// `diff` is null where no rows were compared, else {rows_source, rows_target,
// keys, missing, extra, changed, duplicate_keys_source, duplicate_keys_target,
// null_keys_source, null_keys_target, settled, unstable, lost, accepted,
// complete, incomplete_because, columns: [{column, rows}], causes: [{column,
// cause, rows, policy}], explained, source_only_columns, target_only_columns,
// notes}.
//
// Pure functions; thread-safe. Bytes that are no UTF-8 become U+FFFD.
#ifndef ASSAY_VALIDATOR_REPORT_JSON_REPORT_H_
#define ASSAY_VALIDATOR_REPORT_JSON_REPORT_H_

#include <string>
#include <vector>

#include "assay/v1/run.pb.h"

namespace assay::report {

// Indented; ends in a newline.
std::string JsonReport(const v1::Run& run);

// A list of runs, each as in JsonReport.
std::string JsonRuns(const std::vector<v1::Run>& runs);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_JSON_REPORT_H_
