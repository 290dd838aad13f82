// SPDX-License-Identifier: Apache-2.0
// How to reach a server: its address, encryption, and who we are.
#ifndef ASSAY_PLUGINS_CLI_CLIENT_OPTIONS_H_
#define ASSAY_PLUGINS_CLI_CLIENT_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "plugins/cli/commands.h"

namespace assay::cli {

struct ClientOptions {
  std::string address;  // As gRPC wants it.
  bool tls = false;
  // PEM. An empty CA is the system's; the other two go together.
  std::string ca;
  std::string certificate;
  std::string key;
  std::string token;         // Empty: none is sent.
  std::string token_source;  // For messages: "ASSAY_TOKEN", "--token-file x".
  // W3C trace context of whoever started us; empty: none.
  std::string traceparent;
};

// "host", "host:port", "unix:/path": as gRPC wants it, with the default port.
// "https://" and "grpcs://" are left out, as are "http://" and "grpc://".
std::string NormalizeAddress(const std::string& address);

// Whether only this machine is behind `address`, which is normalized.
bool IsLocal(const std::string& address);

// Reads the files that `global` names, ASSAY_TOKEN and TRACEPARENT (which is
// ignored where it is malformed). Where `global` names no file,
// ASSAY_TLS_CA_PEM, ASSAY_TLS_CERT_PEM and ASSAY_TLS_KEY_PEM may hold the text
// of one, for containers without volumes. kInvalidArgument says what is wrong,
// also where a token would travel without encryption.
absl::StatusOr<ClientOptions> ReadClientOptions(const GlobalOptions& global);

// What the environment says of how to reach a server, for commands that parse
// no options of their own.
GlobalOptions EnvironmentOptions();

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_CLIENT_OPTIONS_H_
