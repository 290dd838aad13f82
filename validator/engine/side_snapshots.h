// SPDX-License-Identifier: Apache-2.0
// Begins and ends the snapshots of both sides of a comparison.
#ifndef ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_
#define ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_

#include <vector>

#include "absl/status/status.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// Whether a session reads in a snapshot: as `wanted`, and always where a server
// cursor, which lives in a transaction, is how it reads.
bool ReadsInSnapshot(const connections::Session& session, bool wanted);

// Whether several sessions of one side can read the same rows: in a snapshot
// that they share, or in none at all.
bool SharesReading(const connections::Session& session, bool wanted);

// `more`: further sessions of the sides, which join their snapshots.
// REQUIRES: `more` is empty, or both sides share their reading.
absl::Status BeginSnapshots(connections::Session& source,
                            connections::Session& target, bool wanted,
                            const CancellationToken& cancel,
                            const std::vector<SessionPair>& more = {});
absl::Status EndSnapshots(connections::Session& source,
                          connections::Session& target, bool wanted,
                          const CancellationToken& cancel,
                          const std::vector<SessionPair>& more = {});

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_
