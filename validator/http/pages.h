// SPDX-License-Identifier: Apache-2.0
// The pages for people: /runs and /runs/ID.
//
// Thread-safe. What they show, the service gave to the same caller.
#ifndef ASSAY_VALIDATOR_HTTP_PAGES_H_
#define ASSAY_VALIDATOR_HTTP_PAGES_H_

#include <memory>

#include "validator/http/api.h"
#include "validator/http/exchange.h"
#include "validator/http/failure.h"
#include "validator/http/gateway.h"
#include "validator/http/message.h"
#include "validator/http/target.h"

namespace assay::http {

// Answers a GET of /runs or of /runs/ID; `answer` is called once, now or later
// on another thread. `gateway` must outlive the answer.
void AnswerPage(Gateway& gateway, const Request& request, const Target& target,
                const std::shared_ptr<Exchange>& exchange, Answer answer);

// The error as a page.
Response ToPage(const Failure& failure);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_PAGES_H_
