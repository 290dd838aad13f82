// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/side_snapshots.h"

#include <string>

#include "validator/base/status.h"

namespace assay::engine {

bool ReadsInSnapshot(const connections::Session& session, bool wanted) {
  return wanted ||
         session.dialect().stream_method() == sql::StreamMethod::kServerCursor;
}

bool SharesReading(const connections::Session& session, bool wanted) {
  return !ReadsInSnapshot(session, wanted) ||
         !session.dialect().BeginSharedSnapshot().empty();
}

namespace {

// One side's sessions, the first of which owns what they share.
absl::Status BeginSide(const std::vector<connections::Session*>& sessions,
                       bool wanted, const CancellationToken& cancel) {
  connections::Session& owner = *sessions.front();
  if (!ReadsInSnapshot(owner, wanted)) return absl::OkStatus();
  if (sessions.size() == 1) return owner.BeginSnapshot(cancel);
  ASSAY_ASSIGN_OR_RETURN(const std::string name,
                         owner.BeginSharedSnapshot(cancel));
  for (size_t i = 1; i < sessions.size(); ++i) {
    ASSAY_RETURN_IF_ERROR(sessions[i]->JoinSnapshot(name, cancel));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BeginSnapshots(connections::Session& source,
                            connections::Session& target, bool wanted,
                            const CancellationToken& cancel,
                            const std::vector<SessionPair>& more) {
  std::vector<connections::Session*> sources = {&source};
  std::vector<connections::Session*> targets = {&target};
  for (const SessionPair& pair : more) {
    sources.push_back(pair.source);
    targets.push_back(pair.target);
  }
  ASSAY_RETURN_IF_ERROR(BeginSide(sources, wanted, cancel));
  return BeginSide(targets, wanted, cancel);
}

absl::Status EndSnapshots(connections::Session& source,
                          connections::Session& target, bool wanted,
                          const CancellationToken& cancel,
                          const std::vector<SessionPair>& more) {
  std::vector<SessionPair> pairs = more;
  pairs.push_back({&source, &target});  // Last: the others are in its snapshot.
  for (const SessionPair& pair : pairs) {
    for (connections::Session* session : {pair.source, pair.target}) {
      if (!ReadsInSnapshot(*session, wanted)) continue;
      ASSAY_RETURN_IF_ERROR(session->EndSnapshot(cancel));
    }
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
