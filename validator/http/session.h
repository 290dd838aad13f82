// SPDX-License-Identifier: Apache-2.0
// One connection: reads a request, has it answered, writes the answer, reads
// the next. Boost.Beast parses and writes; Boost.Asio waits.
//
// All that a connection does is done on its socket's executor, a strand: no
// lock, and no thread while it waits. A read is always open, also while a
// request is being answered, so that a client that goes away is noticed and its
// call ended.
#ifndef ASSAY_VALIDATOR_HTTP_SESSION_H_
#define ASSAY_VALIDATOR_HTTP_SESSION_H_

#include "boost/asio/generic/stream_protocol.hpp"
#include "validator/http/connections.h"
#include "validator/http/front.h"
#include "validator/http/message.h"
#include "validator/http/tls_context.h"

namespace assay::http {

using Socket = boost::asio::generic::stream_protocol::socket;

// Serves `socket`, whose executor is a strand; returns at once. `front` and
// `connections` must outlive the connection. `tls` is null for plain HTTP.
void Serve(Socket socket, const TlsContext& tls, Caller caller, Front* front,
           Connections* connections);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_SESSION_H_
