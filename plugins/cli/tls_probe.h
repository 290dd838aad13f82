// SPDX-License-Identifier: Apache-2.0
// Why client and server do not understand each other.
//
// gRPC says of a failed handshake little more than that it failed, and of one
// side without TLS that the socket was closed. Whoever is on call wants to
// know: another CA, another host name, an expired certificate, a certificate
// that the client lacks, or plaintext on one side.
#ifndef ASSAY_PLUGINS_CLI_TLS_PROBE_H_
#define ASSAY_PLUGINS_CLI_TLS_PROBE_H_

#include <string>

#include "plugins/cli/client_options.h"

namespace assay::cli {

// Connects once more, by itself, and says what about encryption is wrong; ""
// where that is not what keeps the two apart (no server, no network, or all is
// well by now). Takes at most about five seconds. Sends no token.
std::string ProbeTls(const ClientOptions& options);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_TLS_PROBE_H_
