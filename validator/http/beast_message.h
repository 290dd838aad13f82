// SPDX-License-Identifier: Apache-2.0
// Our messages as Boost.Beast's, and back.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_BEAST_MESSAGE_H_
#define ASSAY_VALIDATOR_HTTP_BEAST_MESSAGE_H_

#include <string>
#include <utility>

#include "boost/beast/http/message.hpp"
#include "boost/beast/http/string_body.hpp"
#include "boost/system/error_code.hpp"
#include "validator/http/message.h"

namespace assay::http {

using BeastRequest =
    boost::beast::http::request<boost::beast::http::string_body>;
using BeastResponse =
    boost::beast::http::response<boost::beast::http::string_body>;

Request ToRequest(BeastRequest request, const Caller& caller);

// With the fields that each answer has: date, length, whether the connection
// goes on.
BeastResponse ToBeast(Response response, bool keep_alive);

// The HTTP status and the words for what the parser did not take.
std::pair<int, std::string> ParseRefusal(
    const boost::system::error_code& error);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_BEAST_MESSAGE_H_
