// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/session.h"

#include "absl/strings/str_cat.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/io.h"
#include "validator/base/status.h"

namespace assay::cli {

absl::StatusOr<std::unique_ptr<Session>> Session::Open(
    const GlobalOptions& options) {
  std::unique_ptr<Session> session(new Session);
  ClientOptions reach;
  if (options.embedded) {
    session->interrupt_ = &Interrupt::Install();
    ASSAY_ASSIGN_OR_RETURN(
        session->embedded_,
        EmbeddedServer::Start(options.config, options.connections,
                              *session->interrupt_));
    reach.address = NormalizeAddress(session->embedded_->address());
  } else if (!options.connections.empty() || !options.config.empty()) {
    return absl::InvalidArgumentError(
        "--connection and --config belong to a server of our own: add "
        "--embedded (a running assayd has its connections in its "
        "configuration)");
  }
  if (!options.embedded) {
    ASSAY_ASSIGN_OR_RETURN(reach, ReadClientOptions(options));
  }
  session->client_ = std::make_unique<Client>(std::move(reach));
  if (session->interrupt_ != nullptr) {
    Client* client = session->client_.get();
    session->interrupt_->SetOnFirst([client] { client->CancelCalls(); });
  }
  return session;
}

Session::~Session() {
  // The callback holds the client.
  if (interrupt_ != nullptr) interrupt_->SetOnFirst(nullptr);
}

absl::Status Session::Explain(const absl::Status& status) {
  if (GetReason(status) != ErrorReason::kServerUnreachable) return status;
  if (embedded_ != nullptr) {
    return MakeError(
        ErrorReason::kServerUnreachable,
        absl::StrCat("the embedded assayd ",
                     embedded_->Died() ? "ended" : "does not answer", ": ",
                     embedded_->LogTail()));
  }
  return MakeError(
      ErrorReason::kServerUnreachable,
      absl::StrCat(std::string(status.message()),
                   "\n  Start it with `assayd --config assayd.yaml`, name "
                   "another with --server or ASSAY_SERVER, or use --embedded "
                   "with --connection NAME=ODBC-STRING."));
}

int Fail(const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    const int number = Interrupt::Received();
    if (number != 0) return 128 + number;
  }
  Complain(std::string(status.message()));
  return ExitCodeOf(status);
}

}  // namespace assay::cli
