// SPDX-License-Identifier: Apache-2.0
// Text from a database made safe and aligned for a terminal, and the numbers
// and times of reports.
//
// Pure functions; thread-safe. Any bytes are accepted.
#ifndef ASSAY_VALIDATOR_REPORT_DISPLAY_H_
#define ASSAY_VALIDATOR_REPORT_DISPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "assay/v1/run.pb.h"
#include "assay/v1/value.pb.h"

namespace assay::report {

// Decodes one character of UTF-8 at the front of `text` and returns its bytes;
// 0 where the bytes are no valid character. REQUIRES: !text.empty().
size_t DecodeUtf8(std::string_view text, uint32_t* code_point);

// `text` as valid UTF-8, every byte that is none replaced by U+FFFD.
std::string ValidUtf8(std::string_view text);

// `text` on one line without anything that a terminal would obey: controls,
// escapes, invalid bytes and invisible or direction-changing characters become
// visible (\n, \x1b, \u{202e}).
std::string Escape(std::string_view text);

// Columns that `text` takes on a terminal. REQUIRES: `text` is escaped.
size_t DisplayWidth(std::string_view text);

// `text` cut to `width` columns, "…" as the last one where something was cut.
// REQUIRES: `text` is escaped.
std::string Cut(std::string_view text, size_t width);

// `text` and as many blanks as make it `width` columns.
std::string Pad(std::string_view text, size_t width);

// A cell of a sample: NULL bare, '' and texts that could be mistaken quoted,
// "…" behind a truncated value, *** for a masked one. Escaped.
std::string CellText(const v1::Cell& cell);

// "key=1 amount=-5" for one line; of a comparison "key=1, amount -5 → 5:
// changed". Escaped, at most `width` columns.
std::string SampleText(const v1::Sample& sample, size_t width);

// "16,044".
std::string Count(int64_t number);

// "420 ms", "2.3 s", "4 min 10 s", "2 h 5 min".
std::string Seconds(double seconds);

// "2026-01-02T03:04:05.678Z"; "" where unset or out of range.
std::string Iso8601(const google::protobuf::Timestamp& time);

// The table that a result speaks of, with its connection where that is known:
// "public.payment (warehouse)"; of a comparison its two sides. Escaped.
std::string TableText(const v1::RuleResult& result);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_DISPLAY_H_
