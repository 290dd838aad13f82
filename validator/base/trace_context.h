// SPDX-License-Identifier: Apache-2.0
// W3C trace context: which trace a request belongs to.
//
// Pure.
#ifndef ASSAY_VALIDATOR_BASE_TRACE_CONTEXT_H_
#define ASSAY_VALIDATOR_BASE_TRACE_CONTEXT_H_

#include <string>
#include <string_view>

namespace assay {

// The value of a `traceparent` as version 00 writes it,
// "00-<32 hex>-<16 hex>-<2 hex>", lower case; "" where `text` is none. What is
// returned has no other characters than 0-9, a-f and '-', whatever came in, so
// that it may stand in a log or in a comment of SQL. Of a later version the
// known part is taken, as the standard wants it.
std::string ParseTraceparent(std::string_view text);

// The trace's id, 32 hexadecimal digits; "" where `traceparent` is none.
std::string TraceIdOf(std::string_view traceparent);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_TRACE_CONTEXT_H_
