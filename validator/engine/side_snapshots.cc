// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/side_snapshots.h"

#include "validator/base/status.h"

namespace assay::engine {

bool ReadsInSnapshot(const connections::Session& session, bool wanted) {
  return wanted ||
         session.dialect().stream_method() == sql::StreamMethod::kServerCursor;
}

absl::Status BeginSnapshots(connections::Session& source,
                            connections::Session& target, bool wanted,
                            const CancellationToken& cancel) {
  for (connections::Session* session : {&source, &target}) {
    if (!ReadsInSnapshot(*session, wanted)) continue;
    ASSAY_RETURN_IF_ERROR(session->BeginSnapshot(cancel));
  }
  return absl::OkStatus();
}

absl::Status EndSnapshots(connections::Session& source,
                          connections::Session& target, bool wanted,
                          const CancellationToken& cancel) {
  for (connections::Session* session : {&source, &target}) {
    if (!ReadsInSnapshot(*session, wanted)) continue;
    ASSAY_RETURN_IF_ERROR(session->EndSnapshot(cancel));
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
