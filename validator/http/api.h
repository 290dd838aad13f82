// SPDX-License-Identifier: Apache-2.0
// The RPCs as JSON: finds the route, reads the request, calls, writes the
// answer.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_API_H_
#define ASSAY_VALIDATOR_HTTP_API_H_

#include <functional>
#include <memory>

#include "validator/http/exchange.h"
#include "validator/http/gateway.h"
#include "validator/http/message.h"
#include "validator/http/target.h"

namespace assay::http {

using Answer = std::function<void(Response)>;

// Answers `request` for a path below /v1; `answer` is called once, now or
// later on another thread. A POST must say `Content-Type: application/json`,
// with a body or without: no form and no script of another site can.
void AnswerApi(Gateway& gateway, const Request& request, const Target& target,
               const std::shared_ptr<Exchange>& exchange, Answer answer);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_API_H_
