// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/client_options.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/base/trace_context.h"

namespace assay::cli {
namespace {

constexpr char kDefaultPort[] = ":7433";
constexpr std::string_view kEncrypted[] = {"https://", "grpcs://"};
constexpr std::string_view kPlain[] = {"http://", "grpc://"};
constexpr size_t kMaxFileBytes = 1 << 20;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadFile(const char* option,
                                     const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.assign(std::istreambuf_iterator<char>(file),
                std::istreambuf_iterator<char>());
  }
  if (!file || file.bad()) {
    return absl::InvalidArgumentError(absl::StrCat(
        option, ": cannot read '", path,
        "': ", errno == 0 ? "it is no file" : std::strerror(errno)));
  }
  if (text.empty() || text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": '", path, "' is ",
                     text.empty() ? "empty" : "larger than 1 MiB"));
  }
  return text;
}

absl::Status ReadToken(const GlobalOptions& global, ClientOptions& out) {
  std::string text = Environment("ASSAY_TOKEN");
  out.token_source = "ASSAY_TOKEN";
  if (!global.token_file.empty()) {
    ASSAY_ASSIGN_OR_RETURN(text, ReadFile("--token-file", global.token_file));
    out.token_source = absl::StrCat("'", global.token_file, "'");
  }
  out.token = std::string(absl::StripAsciiWhitespace(text));
  for (const char c : out.token) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(c))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the token of ", out.token_source,
                     " has characters that no token has; it must be the one "
                     "line that `assayd token create` printed"));
  }
  if (out.token.empty() && !global.token_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file: ", out.token_source, " has no token"));
  }
  return absl::OkStatus();
}

absl::Status ReadTls(const GlobalOptions& global, ClientOptions& out) {
  if (global.tls_cert.empty() != global.tls_key.empty()) {
    return absl::InvalidArgumentError(
        "--tls-cert and --tls-key go together: the client's certificate and "
        "its key");
  }
  if (global.tls_ca.empty()) out.ca = Environment("ASSAY_TLS_CA_PEM");
  if (global.tls_cert.empty()) {
    out.certificate = Environment("ASSAY_TLS_CERT_PEM");
    out.key = Environment("ASSAY_TLS_KEY_PEM");
    if (out.certificate.empty() != out.key.empty()) {
      return absl::InvalidArgumentError(
          "ASSAY_TLS_CERT_PEM and ASSAY_TLS_KEY_PEM go together: the client's "
          "certificate and its key");
    }
  }
  if (!global.tls_ca.empty()) {
    ASSAY_ASSIGN_OR_RETURN(out.ca, ReadFile("--tls-ca", global.tls_ca));
  }
  if (!global.tls_cert.empty()) {
    ASSAY_ASSIGN_OR_RETURN(out.certificate,
                           ReadFile("--tls-cert", global.tls_cert));
    ASSAY_ASSIGN_OR_RETURN(out.key, ReadFile("--tls-key", global.tls_key));
  }
  return absl::OkStatus();
}

}  // namespace

std::string NormalizeAddress(const std::string& address) {
  std::string out = address;
  for (const auto& schemes : {kPlain, kEncrypted}) {
    for (int i = 0; i < 2; ++i) {
      if (out.starts_with(schemes[i])) out = out.substr(schemes[i].size());
    }
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  if (out.rfind("unix:", 0) == 0 || out.find("://") != std::string::npos ||
      out.rfind("dns:", 0) == 0 || out.rfind("ipv4:", 0) == 0 ||
      out.rfind("ipv6:", 0) == 0) {
    return out;
  }
  if (!out.empty() && out[0] == '/') return absl::StrCat("unix:", out);
  const size_t bracket = out.rfind(']');
  const size_t colon = out.rfind(':');
  const bool port = colon != std::string::npos &&
                    (bracket == std::string::npos || colon > bracket);
  return port ? out : absl::StrCat(out, kDefaultPort);
}

bool IsLocal(const std::string& address) {
  if (address.starts_with("unix:")) return true;
  std::string host = address.substr(0, address.rfind(':'));
  for (const std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (!host.starts_with(scheme)) continue;
    host = host.substr(scheme.size());
    break;
  }
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

absl::StatusOr<ClientOptions> ReadClientOptions(const GlobalOptions& global) {
  ClientOptions out;
  out.address = NormalizeAddress(global.server);
  const bool local_socket = out.address.starts_with("unix:");
  for (const std::string_view scheme : kEncrypted) {
    out.tls |= global.server.starts_with(scheme);
  }
  out.tls |= global.tls || !global.tls_ca.empty() || !global.tls_cert.empty();
  for (const char* pem : {"ASSAY_TLS_CA_PEM", "ASSAY_TLS_CERT_PEM"}) {
    out.tls |= !Environment(pem).empty();
  }
  // The options may come from the environment, meant for another server.
  if (local_socket) out.tls = false;
  for (const std::string_view scheme : kPlain) {
    if (!out.tls || !global.server.starts_with(scheme)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--server ", global.server,
                     " asks for plaintext, and the TLS options do not; write "
                     "https://, or leave one out"));
  }
  if (out.tls) ASSAY_RETURN_IF_ERROR(ReadTls(global, out));
  out.traceparent = ParseTraceparent(Environment("TRACEPARENT"));
  ASSAY_RETURN_IF_ERROR(ReadToken(global, out));
  if (!out.token.empty() && !out.tls && !global.insecure &&
      !IsLocal(out.address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the token of ", out.token_source, " would travel to ", out.address,
        " without encryption, for everybody between to read; say --tls (or "
        "https://), or --insecure where the network itself is closed"));
  }
  return out;
}

GlobalOptions EnvironmentOptions() {
  GlobalOptions out;
  out.server = Environment("ASSAY_SERVER");
  out.token_file = Environment("ASSAY_TOKEN_FILE");
  out.tls =
      Environment("ASSAY_TLS") == "true" || Environment("ASSAY_TLS") == "1";
  out.tls_ca = Environment("ASSAY_TLS_CA");
  out.tls_cert = Environment("ASSAY_TLS_CERT");
  out.tls_key = Environment("ASSAY_TLS_KEY");
  return out;
}

}  // namespace assay::cli
